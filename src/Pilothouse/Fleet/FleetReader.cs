using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Fleet;

/// <summary>Puts together how the bots are doing now, from their reports, trades, costs and controls. Thread-safe.</summary>
internal sealed class FleetReader(Database database, Settings settings, TimeProvider clock) : IDisposable
{
    private static readonly Sql OpenTrades = new(
        "SELECT bot_name, coalesce(lower(mode), ''), count(*) FROM trades WHERE lower(status) = 'open' AND bot_name IS NOT NULL GROUP BY bot_name, coalesce(lower(mode), '')");

    private readonly SemaphoreSlim gate = new(1);
    private readonly MoneyUnits money = MoneyUnits.Of(settings);
    private readonly BotProfits profits = new(MoneyUnits.Of(settings));
    private readonly BotCosts costs = new();

    /// <summary>Returns every bot that has reported, or one of them, the one that reported last first.</summary>
    /// <param name="botName">The bot; null for all.</param>
    /// <param name="cancel">Cancelled when nobody waits any more.</param>
    public async Task<List<BotOverview>> ReadAsync(string? botName, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            return await database.SnapshotAsync(ReadKind.Known, session => ReadAsync(session, botName), CancellationToken.None);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async ValueTask<List<BotOverview>> ReadAsync(Session session, string? botName)
    {
        var now = clock.GetUtcNow();
        await profits.UpdateAsync(session);
        await costs.UpdateAsync(session, now);
        var open = await session.Prepare(OpenTrades).ListAsync(static row => (Bot: row.Text(0), Mode: row.Text(1) ?? "", Count: row.Whole(2) ?? 0));
        var bots = new List<BotOverview>();
        foreach (var pulses in await ModePulse.ReadAsync(session, botName, settings.BotStaleAfter, now))
        {
            var name = pulses[0].BotName;
            bots.Add(Overview(
                name, pulses, mode => open.Where(one => one.Bot == name && (mode is null || one.Mode == mode)).Sum(static one => one.Count),
                await ControlService.ReadOrdersAsync(session, name), now));
        }

        return [.. bots.OrderByDescending(static bot => bot.ReportedAt ?? DateTimeOffset.MinValue)];
    }

    private BotOverview Overview(string botName, List<ModePulse> pulses, Func<string?, long> open, BotOrders orders, DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        var first = pulses[0];
        var earned = profits.Of(botName, null, day);
        var (today, total, currency) = SumOf(earned);
        var undefined = new Dictionary<string, string>();
        if (currency is null)
        {
            var reason = $"its trades settle in {string.Join(" and ", earned.Select(static profit => profit.Asset))}, which cannot be added; pnl_by_currency has each";
            (undefined["today_pnl"], undefined["total_pnl"], undefined["currency"]) = (reason, reason, reason);
        }

        var current = pulses.Where(static pulse => !pulse.IsLeft && pulse.Mode.Length > 0).Select(static pulse => pulse.Mode).ToList();
        string[] warnings = current.Count > 1
            ? [$"Two bots report under this name, in the modes {string.Join(" and ", current.Order(StringComparer.Ordinal))}. They share controls and figures: give each a name of its own."]
            : [];
        return new(
            botName, first.Status, NewBotStatus.Modes.Normal(first.Report.Mode), first.At, Seconds(first.Age), first.ExpectedEvery,
            pulses.Exists(static pulse => pulse.IsSilent), open(null), today, total, currency,
            [.. earned.Select(static profit => new AssetPnl(profit.Asset, profit.Today.Value, profit.Total.Value))], costs.Of(botName),
            [.. pulses.Select(pulse => ModeOf(botName, pulse, open, day))], orders, first.Report, warnings, undefined);
    }

    private ModeOverview ModeOf(string botName, ModePulse pulse, Func<string?, long> open, DateOnly day)
    {
        var mode = pulse.Mode.Length > 0 ? pulse.Mode : null;
        var (today, total, _) = SumOf(profits.Of(botName, mode, day));
        return new(mode, pulse.Status, pulse.At, Seconds(pulse.Age), pulse.ExpectedEvery, pulse.IsSilent, pulse.IsLeft, open(mode), today, total);
    }

    /// <summary>Returns the sums and their currency; nulls if amounts of different currencies cannot be added.</summary>
    private (decimal? Today, decimal? Total, string? Currency) SumOf(List<Profit> earned)
    {
        var units = earned.Select(profit => money.UnitOf(profit.Asset)).Distinct().ToList();
        return units.Count > 1
            ? (null, null, null)
            : (earned.Aggregate(default(MoneySum), static (sum, profit) => sum.Plus(profit.Today)).Value,
                earned.Aggregate(default(MoneySum), static (sum, profit) => sum.Plus(profit.Total)).Value,
                earned is [var only] ? only.Asset : units is [var unit] ? unit : money.Reporting);
    }

    private static double? Seconds(TimeSpan? age) => age is { } known ? Math.Round(known.TotalSeconds, 3) : null;
}
