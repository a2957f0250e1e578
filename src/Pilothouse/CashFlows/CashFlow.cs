using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.CashFlows;

/// <summary>A deposit into a bot's account, or a withdrawal from it, as a client posts it.</summary>
internal record NewCashFlow : IInput<NewCashFlow>
{
    /// <summary>When the money came or went; the time of the request if it is left out.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? BotName { get; set; }

    /// <summary>auto, manual or paper: the account of the bot in this mode.</summary>
    public string? Mode { get; set; }

    /// <summary>Positive for a deposit, negative for a withdrawal; never 0.</summary>
    public decimal? Amount { get; set; }

    /// <summary>The asset of the amount, in capitals, such as USDC; if it is left out, the currency of the account.</summary>
    public string? Asset { get; set; }

    public string? Note { get; set; }

    /// <summary>The client's own name for the flow. The same flow under the same name is stored once.</summary>
    public string? ExternalId { get; set; }

    public static readonly Choices Modes = new("auto", "manual", "paper");

    public static InputRules<NewCashFlow> Rules => CashFlowStore.Rules;
}

/// <summary>A stored cash flow.</summary>
internal sealed record CashFlow : NewCashFlow
{
    [JsonPropertyOrder(-1)]
    public long Id { get; set; }
}

/// <summary>The answer to a stored cash flow.</summary>
internal sealed record CashFlowStored(bool Success, string Message, long CashFlowId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewCashFlow))]
[JsonSerializable(typeof(BatchOf<NewCashFlow>))]
[JsonSerializable(typeof(CashFlowStored))]
[JsonSerializable(typeof(Page<CashFlow>))]
internal sealed partial class CashFlowJson : JsonSerializerContext;
