using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Correlation;

/// <summary>What is to be computed.</summary>
internal sealed record NewComputation : IInput<NewComputation>
{
    public const int MostAssets = 100;

    /// <summary>Which assets, as BTC; if it is left out, the 30 with the most hours that have a price.</summary>
    public IReadOnlyList<string?>? Assets { get; set; }

    /// <summary>Over how many days; 7 if it is left out.</summary>
    public long? PeriodDays { get; set; }

    /// <summary>What was computed from the stored prices before the transaction began.</summary>
    [JsonIgnore]
    public CorrelationMatrix? Matrix { get; set; }

    public static InputRules<NewComputation> Rules { get; } = new InputRules<NewComputation>()
        .Whole("period_days", static asked => asked.PeriodDays, 1, 365)
        .Words("assets", MostAssets)
        .Also("assets", static asked => asked.Assets switch
        {
            null => null,
            { Count: < 2 or > MostAssets } => $"must be 2 to {MostAssets} assets",
            var assets when assets.Any(static asset => asset is not { Length: > 0 and <= CorrelationStore.LongestAsset } || TradingPair.Problem(asset) is not null) =>
                $"must be assets of 1 to {CorrelationStore.LongestAsset} printable characters, such as BTC",
            var assets when assets.Select(static asset => TradingPair.Upper(asset!)).Distinct(StringComparer.Ordinal).Count() < assets.Count => "must not have an asset twice",
            _ => null,
        });
}

/// <summary>The correlations of assets with each other (docs/metrics.md, "Correlation").</summary>
/// <param name="PeriodDays">Over how many days.</param>
/// <param name="ComputedAt">When it was computed.</param>
/// <param name="From">The begin of the first hour whose price counts.</param>
/// <param name="To">The end of the last one.</param>
/// <param name="Assets">The assets, in alphabetical order.</param>
/// <param name="Matrix">Pearson's r: a row and a column for each asset in their order; null where it cannot be known.</param>
/// <param name="Samples">In how many hours both of the two have a return.</param>
/// <param name="Undefined">Of each pair of assets without a figure, as <c>BTC/SOL</c>, the reason.</param>
internal sealed record CorrelationMatrix(
    long PeriodDays, DateTimeOffset ComputedAt, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Assets, double?[][] Matrix, int[][] Samples,
    IReadOnlyDictionary<string, string> Undefined)
{
    /// <summary>Each two assets once, with their figures.</summary>
    public IEnumerable<(string Asset1, string Asset2, double? Value, int Samples)> Pairs() =>
        from row in Enumerable.Range(0, Assets.Count)
        from column in Enumerable.Range(row + 1, Assets.Count - row - 1)
        select (Assets[row], Assets[column], Matrix[row][column], Samples[row][column]);

    /// <summary>Computes it from the prices of assets in each hour.</summary>
    /// <param name="prices">By asset; NaN where an hour has none.</param>
    public static CorrelationMatrix Of(IReadOnlyDictionary<string, double[]> prices, long periodDays, DateTimeOffset now, DateTimeOffset from, DateTimeOffset to)
    {
        string[] assets = [.. prices.Keys.Order(StringComparer.Ordinal)];
        var returns = Array.ConvertAll(assets, asset => Pearson.ReturnsOf(prices[asset]));
        var matrix = Array.ConvertAll(assets, _ => new double?[assets.Length]);
        var samples = Array.ConvertAll(assets, _ => new int[assets.Length]);
        for (var row = 0; row < assets.Length; row++)
        {
            for (var column = row; column < assets.Length; column++)
            {
                var value = Pearson.Of(returns[row], returns[column], out var count);
                matrix[row][column] = matrix[column][row] = value is not null && row == column ? 1 : value;
                samples[row][column] = samples[column][row] = count;
            }
        }

        return Of(periodDays, now, from, to, assets, matrix, samples);
    }

    /// <summary>Makes one of its figures, with the reasons for those that are not known.</summary>
    public static CorrelationMatrix Of(
        long periodDays, DateTimeOffset computedAt, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<string> assets, double?[][] matrix, int[][] samples)
    {
        var undefined = new Dictionary<string, string>();
        var made = new CorrelationMatrix(periodDays, computedAt, from, to, assets, matrix, samples, undefined);
        foreach (var (one, other, _, count) in made.Pairs().Where(static pair => pair.Value is null))
        {
            undefined[$"{one}/{other}"] = count < Pearson.FewestReturns
                ? $"needs {Pearson.FewestReturns} hours in which both have a return, and has {count}" : "one of the two did not change in these hours";
        }

        return made;
    }
}

/// <summary>The answer to a computation.</summary>
/// <param name="Count">How many correlations were stored: one for each two assets that have one.</param>
internal sealed record CorrelationsComputed(bool Success, string Message, int Count, CorrelationMatrix Data) : WriteAnswer;

/// <summary>What the audit log keeps of a computation.</summary>
internal sealed record ComputationRecord(long PeriodDays, IReadOnlyList<string> Assets, int Count);
