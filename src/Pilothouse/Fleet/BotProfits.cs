using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Fleet;

/// <summary>What a bot earned in one asset.</summary>
internal readonly record struct Profit(string Asset, MoneySum Today, MoneySum Total);

/// <summary>
/// The profits of the closed trades of each bot, by mode and settle asset. All trades are read once, and later only those that have closed
/// since; all again if a closed trade was changed. Callers take turns.
/// </summary>
internal sealed class BotProfits(MoneyUnits units)
{
    private const int MostAtOnce = 10_000;

    private Dictionary<(string Bot, string Mode, string Asset), Sums>? sums;
    private long position;

    /// <summary>Brings the sums up to the snapshot that the session reads.</summary>
    public async ValueTask UpdateAsync(Session session)
    {
        var newest = await ChangeLog.NewestAsync(session);
        if (sums is not null && await ClosedTrades.ClosedSinceAsync(session, position, MostAtOnce) is { } rows)
        {
            // Nothing awaits from here on, so that a read that is interrupted and begun again adds no trade twice.
            rows.ForEach(row => Add(sums, row));
            position = newest;
            return;
        }

        var all = new Dictionary<(string Bot, string Mode, string Asset), Sums>();
        await ClosedTrades.EachAsync(session, new ClosedTradeFilter(), TradesBeside.OfAll, row => Add(all, row));
        (sums, position) = (all, newest);
    }

    /// <summary>Returns the profits of a bot by asset, in order of their names.</summary>
    /// <param name="botName">The bot.</param>
    /// <param name="mode">The mode in lower case; null for all.</param>
    /// <param name="day">Today.</param>
    public List<Profit> Of(string botName, string? mode, DateOnly day) =>
    [
        .. (sums ?? []).Where(entry => entry.Key.Bot == botName && (mode is null || entry.Key.Mode == mode))
            .GroupBy(static entry => entry.Key.Asset, static entry => entry.Value).OrderBy(static group => group.Key, StringComparer.Ordinal)
            .Select(group => new Profit(
                group.Key,
                group.Aggregate(default(MoneySum), (sum, one) => sum.Plus(one.Days.GetValueOrDefault(day))),
                group.Aggregate(default(MoneySum), static (sum, one) => sum.Plus(one.Total)))),
    ];

    private void Add(Dictionary<(string Bot, string Mode, string Asset), Sums> to, TradeClosing row)
    {
        var key = (row.BotName ?? "", row.Mode ?? "", units.Of(row.Asset));
        if (!to.TryGetValue(key, out var sum))
        {
            to[key] = sum = new Sums();
        }

        // A trade without a time of its close counts when it was opened, and one without a profit as 0 (docs/metrics.md).
        var pnl = row.Pnl ?? 0;
        sum.Total = sum.Total.Plus(pnl);
        if ((row.ClosedAt ?? row.OpenedAt) is { } at)
        {
            var day = DateOnly.FromDateTime(at.UtcDateTime);
            sum.Days[day] = sum.Days.GetValueOrDefault(day).Plus(pnl);
        }
    }

    private sealed class Sums
    {
        public MoneySum Total { get; set; }

        public Dictionary<DateOnly, MoneySum> Days { get; } = [];
    }
}
