using Pilothouse.CashFlows;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// Computes the figures of a time window over closed trades, which come in the order of their closes. Trades before the window only change
/// the equity at its start.
/// </summary>
internal sealed class TradeWindow(WindowQuestion question, EquitySource source, AccountHistory history, Conversion? conversion = null)
{
    private readonly ClosedTradeFilter filter = question.Filter;
    private readonly DateTimeOffset? end = question.End;
    private PerformanceFigures? figures;
    private MoneySum earlier = history.BeforeWindow ?? default;
    private bool isEarlier = history.AnyBefore;

    /// <summary>Whether the trades had to be sorted, because the text of their times does not sort by time.</summary>
    public bool IsSorted { get; init; }

    /// <summary>Adds a trade; returns false if it closed before the one that was added last.</summary>
    public bool TryAdd(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        if (trade.ClosedAt > filter.To)
        {
            return true;
        }

        if (trade.ClosedAt < filter.From)
        {
            isEarlier = true;
            if (source.NeedsEarlier && (source.IsOne || source.Find(row) is not null))
            {
                var pnl = conversion is null ? trade.Pnl : conversion.Of(trade.Pnl, trade.Asset, trade.ClosedAt);
                earlier = earlier.Plus(pnl ?? 0);
                if (conversion is null || pnl is null)
                {
                    history.Assets.Add(trade.Asset);
                }
            }

            return true;
        }

        figures ??= Begin();
        var isAsked = filter.Currency is null || filter.Currency == question.Units.Of(row.Asset);
        return Add(figures, source, row, trade, row.Fits && isAsked, conversion);
    }

    /// <summary>Adds a trade to figures that are kept up to date.</summary>
    /// <returns>False if the trade closed before the one that was added last.</returns>
    public static bool Add(PerformanceFigures figures, EquitySource source, in TradeClosing row, Conversion? conversion) =>
        Add(figures, source, row, ClosedTradeReader.Of(row), row.Fits, conversion);

    private static bool Add(
        PerformanceFigures figures, EquitySource source, in TradeClosing row, in ClosedTrade read, bool counts, Conversion? conversion)
    {
        var account = source.Find(row);
        var part = (counts ? TradePart.Counts : 0) | (source.IsOne || account is not null ? TradePart.MovesEquity : 0);
        if (part == TradePart.None)
        {
            return true;
        }

        if (!figures.CanAppend(read))
        {
            return false;
        }

        figures.Add(conversion is null ? read : conversion.Price(read), part, account?.OpensAt);
        if (part == TradePart.Counts && source.Accounts.Count > 0)
        {
            figures.LeaveOut(row.BotName, row.Mode);
        }

        return true;
    }

    public PerformanceFigures Figures()
    {
        figures ??= Begin();
        figures.IsSorted = IsSorted;
        figures.FlowUntil(end ?? question.Now);
        return figures;
    }

    private PerformanceFigures Begin() =>
        new(Plan() with
        {
            EarlierAssets = history.Assets,
            UnpricedBalances = history.UnpricedBalances,
            Units = question.Units,
            Converted = conversion?.Kind ?? Converted.None,
        }, question.Zone)
        { Series = question.WithSeries ? new EquitySeries() : null };

    private EquityPlan Plan()
    {
        if (source.IsOne)
        {
            // The account of the setting opened with its first trade, that of the parameter with the window.
            var opened = isEarlier || source.Source == EquitySource.Parameter;
            return Planned(new MoneySum(source.Amount!.Value, false).Plus(earlier), opened ? filter.From : null, [], 1);
        }

        var accounts = source.Accounts;
        if (accounts.Count == 0 || accounts[0].OpensAt > end)
        {
            return new(null, null, Day(end), [], 0, accounts.Count == 0 && filter.Mode is not null ? Reasons.NoBalanceInMode : null);
        }

        // The equity starts with the accounts that had opened when the window began; if there were none, with the first one that opens.
        var begins = filter.From > accounts[0].OpensAt ? filter.From.Value : accounts[0].OpensAt;
        var start = earlier;
        var flows = new List<EquityFlow>();
        for (var i = 0; i < accounts.Count; i++)
        {
            if (accounts[i].OpensAt <= begins)
            {
                start = start.Plus(history.Openings[i]);
            }
            else if (!(accounts[i].OpensAt > end))
            {
                flows.Add(new(accounts[i].OpensAt, history.Openings[i].Amount));
                start = history.Openings[i].Overflowed ? history.Openings[i] : start;
            }
        }

        var earlierFlows = new AssetCounts();
        foreach (var flow in source.FlowsOfAll().Select(FlowOf))
        {
            if (flow.At <= begins)
            {
                start = start.Plus(flow.Amount);
                earlierFlows.AddNamed(flow.Asset);
            }
            else if (!(flow.At > end))
            {
                flows.Add(flow);
            }
        }

        var plan = Planned(start, begins, [.. flows.OrderBy(static flow => flow.At)], accounts.Count(account => !(account.OpensAt > end)));
        return plan with { EarlierFlowAssets = earlierFlows };
    }

    private EquityFlow FlowOf(Flow flow) =>
        conversion is null ? new(flow.At, flow.Amount, flow.Asset) : conversion.Of(flow, source.Book!.Find(flow.BotName, flow.Mode)!);

    private EquityPlan Planned(MoneySum start, DateTimeOffset? begins, IReadOnlyList<EquityFlow> flows, int accounts) =>
        new(start.Value, Day(begins), Day(end), flows, accounts, start.Overflowed ? Reasons.TooLarge : null) { StartsAt = begins };

    private DateOnly? Day(DateTimeOffset? time) =>
        time is { } moment ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, question.Zone).DateTime) : null;
}
