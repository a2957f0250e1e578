using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Correlation;

/// <summary>Computes the correlations of assets from stored prices, and stores them.</summary>
internal sealed class CorrelationComputer(Settings settings, CorrelationService correlations, TimeProvider clock)
{
    /// <summary>The most assets of a matrix for which nobody named any.</summary>
    public const int UsualMost = 30;

    private readonly IReadOnlyCollection<string> quotes = MoneyUnits.Of(settings).Quotes;

    /// <summary>The end of the last complete hour.</summary>
    public static DateTimeOffset LastHour(DateTimeOffset now) => new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>Computes a matrix up to the last complete hour.</summary>
    /// <param name="session">A snapshot.</param>
    /// <param name="asked">The assets in any case; null for those with the most hours that have a price.</param>
    /// <param name="periodDays">Over how many days.</param>
    public async ValueTask<CorrelationMatrix> ComputeAsync(Session session, IEnumerable<string>? asked, long periodDays)
    {
        var now = clock.GetUtcNow();
        var to = LastHour(now);
        var from = to.AddDays(-periodDays);
        var prices = await HourlyPrices.ReadAsync(session, asked is null ? null : [.. asked.Select(TradingPair.Upper)], from, (int)periodDays * 24, quotes, now);
        if (asked is null)
        {
            prices = prices.Select(static asset => (Asset: asset, Hours: asset.Value.Count(static price => !double.IsNaN(price))))
                .Where(static one => one.Hours > Pearson.FewestReturns).OrderByDescending(static one => one.Hours).ThenBy(static one => one.Asset.Key, StringComparer.Ordinal)
                .Take(UsualMost).ToDictionary(static one => one.Asset.Key, static one => one.Asset.Value, StringComparer.Ordinal);
        }

        return CorrelationMatrix.Of(prices, periodDays, now, from, to);
    }

    /// <summary>Stores a matrix, and each of its correlations as a record.</summary>
    /// <returns>How many records were stored.</returns>
    public async ValueTask<int> StoreAsync(Session session, Caller caller, CorrelationMatrix matrix)
    {
        await MatrixStore.StoreAsync(session, matrix);
        var count = 0;
        foreach (var (asset1, asset2, value, samples) in matrix.Pairs().Where(static pair => pair.Value is not null))
        {
            await correlations.RecordAsync(session, caller, new NewCorrelation
            {
                Timestamp = matrix.ComputedAt,
                Asset1 = asset1,
                Asset2 = asset2,
                CorrelationValue = value,
                PeriodDays = matrix.PeriodDays,
                Samples = samples,
            });
            count++;
        }

        return count;
    }
}
