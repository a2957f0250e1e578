using Pilothouse.Bots;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// What the equity of the selected accounts was made of before the closes of a window: what each account opened with, and what had closed
/// before the window. It is read once per question, before the trades of the window.
/// </summary>
/// <param name="Openings">The opening equity of each account, in the order of the accounts.</param>
/// <param name="Assets">The assets of the trades from which the openings, and the profit before the window, were computed.</param>
/// <param name="BeforeWindow">The profit of the trades that closed before the window and changed the equity; null if they must be read
/// with the window.</param>
/// <param name="AnyBefore">Whether any of those trades closed before the window.</param>
internal sealed record AccountHistory(IReadOnlyList<MoneySum> Openings, AssetCounts Assets, MoneySum? BeforeWindow, bool AnyBefore)
{
    /// <summary>The units of accounts whose opening equity could not be converted.</summary>
    public AssetCounts UnpricedBalances { get; } = new();

    /// <summary>Reads it in the reporting currency, without the trades before the window. Its assets are those without a price.</summary>
    public static async ValueTask<AccountHistory> ReadAsync(Session session, EquitySource source, Conversion conversion)
    {
        var history = new AccountHistory([], new AssetCounts(), null, false);
        var openings = new List<MoneySum>();
        foreach (var account in source.Accounts)
        {
            openings.Add(await OpeningAsync(session, source, account, conversion, history.Assets, history.UnpricedBalances));
        }

        return history with { Openings = openings };
    }

    /// <summary>Returns the equity with which an account opened, in the reporting currency.</summary>
    /// <param name="unpriced">Receives the assets of trades without a price.</param>
    /// <param name="unpricedBalances">Receives the unit of the account, if its opening equity has no price.</param>
    public static async ValueTask<MoneySum> OpeningAsync(
        Session session, EquitySource source, Account account, Conversion conversion, AssetCounts unpriced, AssetCounts unpricedBalances)
    {
        if (conversion.IsForeign(account))
        {
            // All that the account has is of one unit, so its opening equity is exact in that unit, and is converted as one amount.
            var unit = conversion.UnitOf(account);
            var own = await OpeningAsync(session, source, account, null, isFirst: false, new AssetCounts());
            if (conversion.Of(0, unit, account.OpensAt) is null)
            {
                unpricedBalances.Add(unit);
            }

            return own.Value is not { } amount ? own : new(conversion.Of(amount, unit, account.OpensAt) ?? 0, false);
        }

        var profit = await account.ProfitUntilAsync(session, account.ReportedAt, few: false, unpriced, conversion);
        var flows = source.FlowsOf(account).Where(flow => flow.At <= account.ReportedAt).Select(flow => conversion.Of(flow, account));
        return flows.Aggregate(new MoneySum(account.Balance, false).Minus(profit), static (all, flow) => all.Plus(-flow.Amount));
    }

    /// <summary>
    /// Reads it. With <paramref name="closes"/> it needs a few trades per account; without them it may read every earlier trade.
    /// </summary>
    /// <param name="filter">Selects the trades, with the start of the window.</param>
    public static async ValueTask<AccountHistory> ReadAsync(Session session, EquitySource source, ClosedTradeFilter filter, EarlierCloses? closes)
    {
        var assets = new AssetCounts();
        var openings = new List<MoneySum>();
        foreach (var account in source.Accounts)
        {
            openings.Add(await OpeningAsync(session, source, account, closes, isFirst: openings.Count == 0, assets));
        }

        if (closes is null || filter.From is not { } from || !source.NeedsEarlier)
        {
            return new(openings, assets, null, false);
        }

        var (before, any) = (default(MoneySum), false);
        foreach (var sum in await closes.UntilAsync(session, from, isIncluded: false))
        {
            if (source.IsOne ? IsOf(filter, sum.Owner) : source.Book!.Find(sum.Owner.Bot, sum.Owner.Mode) is not null)
            {
                (before, any) = (before.Plus(sum.Pnl), true);
                assets.Add(sum.Owner.Asset, sum.Trades);
            }
        }

        return new(openings, assets, before, any);
    }

    /// <summary>
    /// Returns the equity with which an account opened: the first reported balance, less what had closed and what had flowed in before
    /// that report.
    /// </summary>
    /// <param name="isFirst">Whether no account is older. Then only few trades had closed before its report.</param>
    /// <param name="assets">Receives the assets of these trades.</param>
    public static async ValueTask<MoneySum> OpeningAsync(
        Session session, EquitySource source, Account account, EarlierCloses? closes, bool isFirst, AssetCounts assets)
    {
        var profit = await ProfitUntilAsync(session, source, account, closes, account.ReportedAt, isFirst, assets);
        return source.FlowsOf(account).Where(flow => flow.At <= account.ReportedAt)
            .Aggregate(new MoneySum(account.Balance, false).Minus(profit), static (all, flow) => all.Plus(-flow.Amount));
    }

    /// <summary>Returns the profit of an account's trades that closed until a time, inclusive.</summary>
    /// <param name="few">Whether only few trades of all bots had closed until then.</param>
    /// <param name="assets">Receives the assets of these trades.</param>
    public static async ValueTask<MoneySum> ProfitUntilAsync(
        Session session, EquitySource source, Account account, EarlierCloses? closes, DateTimeOffset time, bool few, AssetCounts assets)
    {
        if (closes is null)
        {
            return await account.ProfitUntilAsync(session, time, few, assets);
        }

        var profit = default(MoneySum);
        foreach (var sum in await closes.UntilAsync(session, time, isIncluded: true))
        {
            if (source.Book!.Find(sum.Owner.Bot, sum.Owner.Mode) == account)
            {
                profit = profit.Plus(sum.Pnl);
                assets.Add(sum.Owner.Asset, sum.Trades);
            }
        }

        return profit;
    }

    private static bool IsOf(ClosedTradeFilter filter, SumOwner owner) =>
        (filter.BotName is null || filter.BotName == owner.Bot) && (filter.Mode is null || filter.Mode == owner.Mode);
}

/// <summary>
/// The last reported balances less the equity that was computed for the moments of these reports: what trades and flows do not explain.
/// What had closed until the first report of an account is remembered.
/// </summary>
internal sealed class UnexplainedBalance
{
    private readonly Dictionary<Account, MoneySum> untilFirstReport = [];

    /// <summary>Returns it; null without reports, and if it is too large to state.</summary>
    /// <param name="end">The end of the window; null for none.</param>
    public async ValueTask<decimal?> ReadAsync(Session session, EquitySource source, EarlierCloses? closes, DateTimeOffset? end)
    {
        MoneySum? all = null;
        foreach (var account in source.Accounts)
        {
            FirstReport? last = source.Book!.LatestOf(account);
            if (last.Value.At > end)
            {
                last = await BalanceReports.LatestUntilAsync(session, account.Bot, account.OnlyOwnMode, end!.Value);
            }

            if (last is { Balance: { } balance, At: var at } && at >= account.ReportedAt)
            {
                all = (all ?? default).Plus(balance).Plus(-account.Balance).Minus(await ChangeAsync(session, source, account, closes, at));
            }
        }

        return all?.Value;
    }

    /// <summary>Returns what trades and flows changed between the first report of an account and a time.</summary>
    private async ValueTask<MoneySum> ChangeAsync(Session session, EquitySource source, Account account, EarlierCloses? closes, DateTimeOffset until)
    {
        if (until == account.ReportedAt)
        {
            return default;
        }

        var ignored = new AssetCounts();
        if (!untilFirstReport.TryGetValue(account, out var before))
        {
            untilFirstReport[account] = before =
                await AccountHistory.ProfitUntilAsync(session, source, account, closes, account.ReportedAt, few: false, ignored);
        }

        var profit = await AccountHistory.ProfitUntilAsync(session, source, account, closes, until, few: false, ignored);
        return source.FlowsOf(account).Where(flow => flow.At > account.ReportedAt && flow.At <= until)
            .Aggregate(profit.Minus(before), static (all, flow) => all.Plus(flow.Amount));
    }
}
