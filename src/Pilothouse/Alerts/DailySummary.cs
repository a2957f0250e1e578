using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Costs;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Alerts;

/// <summary>Tells once a day what the trades that have closed since the last summary brought, what is open, and what stands still.</summary>
internal sealed class DailySummary(Database database, AlertSettings settings, AlertHours hours, MoneyUnits units, AlertOutbox outbox, TimeProvider clock)
{
    private const string NoMode = "no mode";

    /// <summary>Of more modes, currencies or bots it tells the number only.</summary>
    private const int MostNames = 6;

    private static readonly Sql OpenTrades = new("""
        SELECT coalesce(lower(mode), ''), count(*) FROM trades WHERE lower(status) = 'open' GROUP BY coalesce(lower(mode), '') ORDER BY coalesce(lower(mode), '')
        """);
    private static readonly Sql SilentBots = new("SELECT DISTINCT bot_name FROM bot_presence WHERE silent = 1 ORDER BY bot_name");
    private static readonly Sql StoppedBots = new("""
        SELECT bot_name FROM circuit_breaker_events WHERE cleared_at IS NULL AND triggered_by IS NOT NULL AND coalesce(dry_run, 0) = 0 ORDER BY id
        """);

    private long told;

    /// <summary>Stores the summary as an alert if its time has come and no server has told it.</summary>
    public async Task TellIfDueAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (hours.SummaryDueAt(now)?.ToUnixTimeSeconds() is not { } due || due <= told)
        {
            return;
        }

        var (before, note) = await database.SnapshotAsync(ReadKind.Own, async session =>
        {
            var last = await AlertStore.PositionAsync(session, AlertStore.Days);
            return (last, last is null || last.Position >= due ? null : await NoteAsync(session, Time(last.Position), Time(due)));
        }, cancel);
        if (before is null || note is not null)
        {
            await database.WriteAsync(async session => before is null
                ? await AlertStore.BeginAtAsync(session, AlertStore.Days, due) > 0
                : await AlertStore.MoveAsync(session, AlertStore.Days, before, due) && await outbox.NoteAsync(session, note!, now), cancel);
        }

        told = due;
    }

    private static DateTimeOffset Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    /// <summary>Returns the summary of the time from <paramref name="from"/> to <paramref name="to"/>, which itself is of the next.</summary>
    private async ValueTask<AlertNote> NoteAsync(Session session, DateTimeOffset from, DateTimeOffset to)
    {
        var modes = new SortedDictionary<string, Results>(StringComparer.Ordinal);
        await ClosedTrades.EachAsync(session, new ClosedTradeFilter(from, To: to), TradesBeside.OfAll, row =>
        {
            // A trade without a time of its close counts when it was opened (docs/metrics.md).
            if ((row.ClosedAt ?? row.OpenedAt) is { } at && at >= from && at < to)
            {
                var mode = row.Mode ?? "";
                (modes.TryGetValue(mode, out var results) ? results : modes[mode] = new()).Add(row.Pnl ?? 0, units.Of(row.Asset));
            }
        });
        var lines = new List<string> { $"The day from {Local(from)} to {Local(to)} ({settings.Zone.Id})." };
        lines.AddRange(modes.Count == 0 ? ["No trade was closed."] : Some(modes.Select(static mode => $"{Name(mode.Key)}: {mode.Value}"), "more modes"));
        lines.Add(await OpenAsync(session));
        lines.Add(Listed(await session.Prepare(StoppedBots).ListAsync(static row => row.Text(0) is { Length: > 0 } bot and not "*" ? bot : "all bots"), "Trading is stopped", "Trading is not stopped."));
        lines.Add(Listed(await session.Prepare(SilentBots).ListAsync(static row => row.Text(0) ?? ""), "Silent", "No bot is silent."));
        lines.Add(await CostsAsync(session, from, to));
        return new(AlertSettings.Summary, "summary.daily", string.Join('\n', lines)) { IsUrgent = true };
    }

    private static async ValueTask<string> OpenAsync(Session session)
    {
        var open = await session.Prepare(OpenTrades).ListAsync(static row => (Mode: row.Text(0) ?? "", Count: row.Id(1)));
        return open.Count == 0 ? "No trade is open."
            : $"Open now: {string.Join(", ", Some(open.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Count} {Name(one.Mode)}")), "more modes"))}.";
    }

    private static async ValueTask<string> CostsAsync(Session session, DateTimeOffset from, DateTimeOffset to)
    {
        // The filter takes uses up to its end and with it; times are stored to the millisecond.
        var filter = new ApiCostFilter(from, to.AddMilliseconds(-1), null, null, null, null);
        var sum = (await CostStore.TotalsAsync(session, filter)).Aggregate(default(MoneySum), static (sum, one) => one.TotalCost is { } cost ? sum.Plus(cost) : new MoneySum(0, true));
        var unpriced = await CostStore.UnpricedAsync(session, filter);
        return $"Outside APIs: {Money(sum)} dollars{(unpriced is null ? "" : string.Create(CultureInfo.InvariantCulture, $", and {unpriced.Uses} uses whose price is not known"))}.";
    }

    private static string Listed(List<string> names, string head, string none) =>
        names.Count == 0 ? none : $"{head}: {string.Join(", ", Some(names.Distinct().Select(Shown), "more"))}.";

    private static List<string> Some(IEnumerable<string> texts, string more)
    {
        var list = texts.ToList();
        return list.Count <= MostNames ? list : [.. list.Take(MostNames), string.Create(CultureInfo.InvariantCulture, $"and {list.Count - MostNames} {more}")];
    }

    private static string Name(string mode) => mode.Length == 0 ? NoMode : Shown(mode);

    private static string Shown(string text) => PrintableText.Of(text.Length > 40 ? text[..40] + "..." : text);

    private static string Money(MoneySum sum) => sum.Value?.ToString("#,0.########", CultureInfo.InvariantCulture) ?? "more than can be added up";

    private string Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, settings.Zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>What the trades of one mode brought, by the asset of their results.</summary>
    private sealed class Results
    {
        private readonly SortedDictionary<string, MoneySum> sums = new(StringComparer.Ordinal);
        private long closed;
        private long won;
        private long lost;

        public void Add(decimal pnl, string asset)
        {
            closed++;
            won += pnl > 0 ? 1 : 0;
            lost += pnl < 0 ? 1 : 0;
            sums[asset] = sums.GetValueOrDefault(asset).Plus(pnl);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{closed} closed, {won} won, {lost} lost, result {string.Join(", ", Some(sums.Select(static one => $"{(one.Value.Value > 0 ? "+" : "")}{Money(one.Value)} {Shown(one.Key)}"), "more currencies"))}");
    }
}
