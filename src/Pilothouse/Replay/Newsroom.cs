using System.Globalization;

namespace Pilothouse.Replay;

/// <summary>
/// Writes about what the prices did, from the candles alone, and says in each title that the replay wrote it: on the hour about each asset
/// that moved by 1 % or more in the hour, and every six hours about all of them.
/// </summary>
internal sealed class Newsroom(ModelMeter meter)
{
    private const decimal LeastMove = 1;
    private const int HoursOfSummary = 6;
    private const string Mark = " (written by pilothouse replay from its candles)";

    /// <summary>Returns the articles of a full hour.</summary>
    /// <param name="now">The hour.</param>
    /// <param name="market">The prices so far.</param>
    public IEnumerable<ArticleWritten> At(DateTimeOffset now, MarketMemory market)
    {
        foreach (var asset in market.Assets)
        {
            if (market.Change(asset, now, TimeSpan.FromHours(1)) is { } move && Math.Abs(move) >= LeastMove)
            {
                yield return Article(now, asset, $"{asset} {Moved(move)} in an hour", move, [asset]);
            }
        }

        if (now.Hour % HoursOfSummary == 0)
        {
            var moves = market.Assets.Select(asset => (Asset: asset, Move: market.Change(asset, now, TimeSpan.FromHours(HoursOfSummary))))
                .Where(static one => one.Move is not null).ToList();
            if (moves.Count > 0)
            {
                yield return Article(
                    now, "market", $"Six hours: {string.Join(", ", moves.Select(static one => $"{one.Asset} {Moved(one.Move!.Value)}"))}",
                    moves.Average(static one => one.Move!.Value), [.. moves.Select(static one => one.Asset)]);
            }
        }
    }

    private ArticleWritten Article(DateTimeOffset at, string about, string title, decimal move, IReadOnlyList<string> assets)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{about.ToLowerInvariant()}-{at:yyyyMMdd'T'HHmm}");
        return new(
            at, name, title + Mark, move >= LeastMove ? "bullish" : move <= -LeastMove ? "bearish" : "neutral",
            (double)Math.Round(Math.Min(0.95m, 0.5m + (Math.Abs(move) / 10)), 4), assets, meter.Write(name, at, title));
    }

    private static string Moved(decimal move) =>
        string.Create(CultureInfo.InvariantCulture, $"{(move < 0 ? "fell" : "rose")} {Math.Abs(move):0.0} %");
}
