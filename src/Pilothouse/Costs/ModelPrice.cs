using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>What the tokens of a model cost from some time on, as a client posts it.</summary>
internal record NewModelPrice : IInput<NewModelPrice>
{
    /// <summary>The model as uses name it, in any case.</summary>
    public string? Model { get; set; }

    /// <summary>From when it holds, until the next price of the model; the time of the request if it is left out. It may lie ahead.</summary>
    public DateTimeOffset? ValidFrom { get; set; }

    /// <summary>Of a million tokens of input.</summary>
    public decimal? InputPerMillion { get; set; }

    /// <summary>Of a million tokens of output.</summary>
    public decimal? OutputPerMillion { get; set; }

    /// <summary>Of a million tokens that the API's own cache served; those of input, if it is left out.</summary>
    public decimal? CachedPerMillion { get; set; }

    /// <summary>USD, the currency of all costs.</summary>
    public string? Currency { get; set; }

    /// <summary>Where the price is from.</summary>
    public string? Note { get; set; }

    public static readonly Choices Currencies = new("USD");

    public static InputRules<NewModelPrice> Rules => ModelPriceStore.Table.Rules;
}

/// <summary>A stored price. A value of another program that the API would not accept is read as null.</summary>
internal sealed record ModelPrice : NewModelPrice
{
    private const decimal Million = 1_000_000m;

    /// <summary>A double holds so many digits exactly, so that both engines store the same.</summary>
    private const int Digits = 15;

    [JsonPropertyOrder(-1)]
    public long Id { get; set; }

    /// <summary>
    /// Returns what tokens cost: the sum of each kind × its price ÷ 1,000,000, exact up to 15 digits. Null if the price cannot be read.
    /// </summary>
    public decimal? CostOf(long? input, long? output, long? cached)
    {
        if (InputPerMillion is not >= 0 || OutputPerMillion is not >= 0 || CachedPerMillion is < 0)
        {
            return null;
        }

        try
        {
            var sum = ((input ?? 0) * InputPerMillion.Value) + ((output ?? 0) * OutputPerMillion.Value) + ((cached ?? 0) * (CachedPerMillion ?? InputPerMillion.Value));
            return Exact.ToDigits(sum / Million, Digits);
        }
        catch (OverflowException)
        {
            // Another program stored a number of tokens or a price that is none.
            return null;
        }
    }
}

/// <summary>The answer to a stored price.</summary>
/// <param name="Before">The price that it corrects: of the same model, from the same time; left out for a new one.</param>
internal sealed record ModelPriceStored(
    bool Success, string Message, long PriceId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ModelPrice? Before = null) : WriteAnswer;
