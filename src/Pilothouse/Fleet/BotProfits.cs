using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Fleet;

/// <summary>What a bot earned in one asset.</summary>
/// <param name="Asset">The asset.</param>
/// <param name="Today">What it earned today, in the asset.</param>
/// <param name="Total">What it earned, in the asset.</param>
/// <param name="WorthToday">What it earned today, in the reporting currency; only of a bot that earned in several units.</param>
/// <param name="WorthTotal">What it earned, in the reporting currency; only of a bot that earned in several units.</param>
internal readonly record struct Profit(string Asset, MoneySum Today, MoneySum Total, Worth WorthToday, Worth WorthTotal);

/// <summary>Amounts in the reporting currency, each at the price of its time.</summary>
/// <param name="Sum">The sum of those that have a price.</param>
/// <param name="Unpriced">How many have none.</param>
internal readonly record struct Worth(MoneySum Sum, long Unpriced)
{
    public Worth Plus(decimal? amount) => amount is { } known ? this with { Sum = Sum.Plus(known) } : this with { Unpriced = Unpriced + 1 };

    public Worth Plus(Worth other) => new(Sum.Plus(other.Sum), Unpriced + other.Unpriced);
}

/// <summary>
/// The profits of the closed trades of each bot, by mode and settle asset, and where a bot earned in several units also in the reporting
/// currency (docs/metrics.md, "Which money"). All trades are read once, and later only those that have closed since; all again if a closed
/// trade was changed, or if a price is found that was missing. Callers take turns.
/// </summary>
internal sealed class BotProfits(MoneyUnits units)
{
    private const int MostAtOnce = 10_000;

    /// <summary>While a price is missing, it is looked for again after so long.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private Dictionary<(string Bot, string Mode, string Asset), Sums>? sums;
    private Dictionary<string, HashSet<string>> unitsOf = [];
    private AssetPrices prices = new(units);
    private DateTimeOffset lookedAt;
    private long position;

    /// <summary>Brings the sums up to the snapshot that the session reads.</summary>
    public async ValueTask UpdateAsync(Session session, DateTimeOffset now)
    {
        var newest = await ChangeLog.NewestAsync(session);
        if (sums is not null && await ClosedTrades.ClosedSinceAsync(session, position, MostAtOnce) is { } rows
            && rows.TrueForAll(StaysInItsUnits) && !await FindsMoreAsync(session, newest, now))
        {
            await prices.FindOnlyAsync(session, rows.Where(IsOfSeveral).Select(static row => (row.Asset, ClosedAt(row))), now);

            // Nothing awaits from here on, so that a read that is interrupted and begun again adds no trade twice.
            rows.ForEach(row => Add(sums, row));
            rows.FindAll(IsOfSeveral).ForEach(row => AddWorth(sums, row, prices));
            position = newest;
            return;
        }

        var all = new Dictionary<(string Bot, string Mode, string Asset), Sums>();
        await EachAsync(session, row => Add(all, row));
        var inUnits = all.Keys.GroupBy(static key => key.Bot).ToDictionary(static bot => bot.Key, bot => bot.Select(key => units.UnitOf(key.Asset)).ToHashSet());
        var of = new AssetPrices(units);
        if (inUnits.Values.Any(static one => one.Count > 1))
        {
            var foreign = new List<TradeClosing>();
            await EachAsync(session, row =>
            {
                if (inUnits[row.BotName!].Count < 2)
                {
                    return;
                }

                if (units.IsReporting(row.Asset))
                {
                    AddWorth(all, row, of);
                }
                else
                {
                    foreign.Add(row);
                }
            });
            await of.FindAsync(session, foreign.Select(static row => (row.Asset, ClosedAt(row))), now);
            foreign.ForEach(row => AddWorth(all, row, of));
        }

        (sums, unitsOf, prices, position, lookedAt) = (all, inUnits, of, newest, now);
    }

    /// <summary>Whether a bot earned in several units, so that its sums are in the reporting currency.</summary>
    public bool IsOfSeveral(string botName) => unitsOf.TryGetValue(botName, out var own) && own.Count > 1;

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
                group.Aggregate(default(MoneySum), static (sum, one) => sum.Plus(one.Total)),
                group.Aggregate(default(Worth), (sum, one) => sum.Plus(one.WorthOfDays.GetValueOrDefault(day))),
                group.Aggregate(default(Worth), static (sum, one) => sum.Plus(one.Worth)))),
    ];

    private static ValueTask EachAsync(Session session, Action<TradeClosing> take) =>
        ClosedTrades.EachAsync(session, new ClosedTradeFilter(), TradesBeside.OfAll, row =>
        {
            if (!string.IsNullOrEmpty(row.BotName))
            {
                take(row);
            }
        });

    /// <summary>A trade without a time of its close counts when it was opened (docs/metrics.md).</summary>
    private static DateTimeOffset ClosedAt(TradeClosing row) => row.ClosedAt ?? row.OpenedAt ?? DateTimeOffset.MinValue;

    private bool IsOfSeveral(TradeClosing row) => row.BotName is { } bot && IsOfSeveral(bot);

    /// <summary>Whether a further trade leaves it as it is whether its bot earned in several units.</summary>
    private bool StaysInItsUnits(TradeClosing row) => row.BotName is not { Length: > 0 } bot || IsOfSeveral(bot)
        || (unitsOf.TryGetValue(bot, out var own) && own.Contains(units.UnitOf(row.Asset)));

    private async ValueTask<bool> FindsMoreAsync(Session session, long newest, DateTimeOffset now)
    {
        if (newest == position || (now - lookedAt).Duration() < LookAgainAfter)
        {
            return false;
        }

        lookedAt = now;
        return await prices.FindsMoreAsync(session, now);
    }

    private void Add(Dictionary<(string Bot, string Mode, string Asset), Sums> to, TradeClosing row)
    {
        if (string.IsNullOrEmpty(row.BotName))
        {
            return;
        }

        var key = KeyOf(row);
        if (!to.TryGetValue(key, out var sum))
        {
            to[key] = sum = new Sums();
        }

        // A trade without a profit counts as 0 (docs/metrics.md).
        var (pnl, day) = (row.Pnl ?? 0, DateOnly.FromDateTime(ClosedAt(row).UtcDateTime));
        sum.Total = sum.Total.Plus(pnl);
        sum.Days[day] = sum.Days.GetValueOrDefault(day).Plus(pnl);
    }

    private void AddWorth(Dictionary<(string Bot, string Mode, string Asset), Sums> to, TradeClosing row, AssetPrices of)
    {
        if (to.TryGetValue(KeyOf(row), out var sum))
        {
            var (worth, day) = (of.ValueOf(row.Pnl ?? 0, row.Asset, ClosedAt(row)), DateOnly.FromDateTime(ClosedAt(row).UtcDateTime));
            sum.Worth = sum.Worth.Plus(worth);
            sum.WorthOfDays[day] = sum.WorthOfDays.GetValueOrDefault(day).Plus(worth);
        }
    }

    private (string Bot, string Mode, string Asset) KeyOf(TradeClosing row) => (row.BotName ?? "", row.Mode ?? "", units.Of(row.Asset));

    private sealed class Sums
    {
        public MoneySum Total { get; set; }

        public Dictionary<DateOnly, MoneySum> Days { get; } = [];

        public Worth Worth { get; set; }

        public Dictionary<DateOnly, Worth> WorthOfDays { get; } = [];
    }
}
