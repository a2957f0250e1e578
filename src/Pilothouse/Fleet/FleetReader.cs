using System.Globalization;
using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Costs;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Fleet;

/// <summary>Puts together how the bots are doing now, from their reports, trades, costs and controls. Thread-safe.</summary>
internal sealed class FleetReader(Database database, CostLedger costs, Settings settings, MoneyUnits money, TimeProvider clock) : IDisposable
{
    private static readonly Sql OpenTrades = new(
        "SELECT bot_name, coalesce(lower(mode), ''), count(*) FROM trades WHERE lower(status) = 'open' AND bot_name IS NOT NULL GROUP BY bot_name, coalesce(lower(mode), '')");

    private readonly SemaphoreSlim gate = new(1);
    private readonly BotProfits profits = new(money);

    /// <summary>Returns every bot that has reported, or one of them, the one that reported last first.</summary>
    /// <param name="botName">The bot; null for all.</param>
    /// <param name="cancel">Cancelled when nobody waits any more.</param>
    public async Task<List<BotOverview>> ReadAsync(string? botName, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
            var spent = await costs.ReadAsync(cube => cube.OfMonthByBot(today.AddDays(1 - today.Day)), cancel);
            return await database.SnapshotAsync(ReadKind.Known, session => ReadAsync(session, botName, spent), CancellationToken.None);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async ValueTask<List<BotOverview>> ReadAsync(Session session, string? botName, Dictionary<string, CostSums> spent)
    {
        var now = clock.GetUtcNow();
        await profits.UpdateAsync(session, now);
        var open = await session.Prepare(OpenTrades).ListAsync(static row => (Bot: row.Text(0), Mode: row.Text(1) ?? "", Count: row.Whole(2) ?? 0));
        var bots = new List<BotOverview>();
        foreach (var pulses in await ModePulse.ReadAsync(session, botName, settings.BotStaleAfter, now))
        {
            var name = pulses[0].BotName;
            bots.Add(Overview(
                name, pulses, mode => open.Where(one => one.Bot == name && (mode is null || one.Mode == mode)).Sum(static one => one.Count),
                await ControlService.ReadOrdersAsync(session, name), spent.GetValueOrDefault(name), now));
        }

        return [.. bots.OrderByDescending(static bot => bot.ReportedAt ?? DateTimeOffset.MinValue)];
    }

    private BotOverview Overview(string botName, List<ModePulse> pulses, Func<string?, long> open, BotOrders orders, CostSums? spent, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        var first = pulses[0];
        var earned = profits.Of(botName, null, day);
        var undefined = new Dictionary<string, string>();
        var (today, total) = SumsOf(botName, earned, "", undefined);
        var current = pulses.Where(static pulse => !pulse.IsLeft && pulse.Mode.Length > 0).Select(static pulse => pulse.Mode).ToList();
        string[] warnings = current.Count > 1
            ? [$"Two bots report under this name, in the modes {string.Join(" and ", current.Order(StringComparer.Ordinal))}. They share controls and figures: give each a name of its own."]
            : [];
        if (spent?.UnpricedUses is > 0 and var unpriced)
        {
            warnings = [.. warnings, string.Create(CultureInfo.InvariantCulture,
                $"The price of {unpriced} uses of outside APIs in this month is not known, so they are not in ai_cost_month: POST /api/model-prices stores the price of a model.")];
        }

        return new(
            botName, first.Status, NewBotStatus.Modes.Normal(first.Report.Mode), first.At, Seconds(first.Age), first.ExpectedEvery,
            pulses.Exists(static pulse => pulse.IsSilent), open(null), today, total, CurrencyOf(botName, earned),
            [.. earned.Select(static profit => new AssetPnl(profit.Asset, profit.Today.Value, profit.Total.Value))], spent is null ? 0 : spent.Cost.Value,
            [.. pulses.Select((pulse, i) => ModeOf(botName, pulse, open, day, $"modes[{i}].", undefined))], orders, first.Report, warnings, undefined);
    }

    private ModeOverview ModeOf(
        string botName, ModePulse pulse, Func<string?, long> open, DateOnly day, string path, Dictionary<string, string> undefined)
    {
        var mode = pulse.Mode.Length > 0 ? pulse.Mode : null;
        var (today, total) = SumsOf(botName, profits.Of(botName, mode, day), path, undefined);
        return new(mode, pulse.Status, pulse.At, Seconds(pulse.Age), pulse.ExpectedEvery, pulse.IsSilent, pulse.IsLeft, open(mode), today, total);
    }

    /// <summary>Returns the sums, in the reporting currency where the bot earned in several units. What is not known gets its reason.</summary>
    private (decimal? Today, decimal? Total) SumsOf(string botName, List<Profit> earned, string path, Dictionary<string, string> undefined)
    {
        var isOfSeveral = profits.IsOfSeveral(botName);
        return (SumOf("today_pnl", static profit => profit.Today, static profit => profit.WorthToday), SumOf("total_pnl", static profit => profit.Total, static profit => profit.WorthTotal));

        decimal? SumOf(string field, Func<Profit, MoneySum> own, Func<Profit, Worth> worth)
        {
            var missing = new MissingPrices();
            if (isOfSeveral)
            {
                earned.ForEach(profit => missing.Add(money.UnitOf(profit.Asset), "trade", worth(profit).Unpriced));
            }

            var sum = missing.Any ? null : earned.Aggregate(default(MoneySum), (all, profit) => all.Plus(isOfSeveral ? worth(profit).Sum : own(profit))).Value;
            if (sum is null)
            {
                undefined[path + field] = missing.Any ? missing.Sentence(money.Reporting) : "the sum is too large to state exactly";
            }

            return sum;
        }
    }

    /// <summary>The asset in which all trades of the bot settle, or the unit of all of them, or the reporting currency.</summary>
    private string CurrencyOf(string botName, List<Profit> earned) =>
        profits.IsOfSeveral(botName) || earned.Count == 0 ? money.Reporting : earned is [var only] ? only.Asset : money.UnitOf(earned[0].Asset);

    private static double? Seconds(TimeSpan? age) => age is { } known ? Math.Round(known.TotalSeconds, 3) : null;
}
