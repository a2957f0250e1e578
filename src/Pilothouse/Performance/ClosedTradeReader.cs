using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Reads closed trades from the database and computes figures over them.</summary>
internal static class ClosedTradeReader
{
    /// <summary>
    /// Returns the figures of all closed trades that match the filter. It needs one pass, unless another program stored times whose text
    /// does not sort by time.
    /// </summary>
    /// <param name="end">The end of the window; null for the last close.</param>
    public static async ValueTask<PerformanceFigures> ReadAsync(
        Session session, ClosedTradeFilter filter, EquitySource source, TimeZoneInfo zone, DateTimeOffset? end, CancellationToken cancel)
    {
        var assets = new AssetCounts();
        var openings = await OpeningsAsync(session, source, assets);
        var window = new TradeWindow(filter, source, openings, assets, zone, end);
        var inOrder = true;
        await EachAsync(session, filter, source, row => inOrder = inOrder && window.TryAdd(row), cancel);
        if (inOrder)
        {
            return window.Figures();
        }

        var rows = new List<TradeClosing>();
        await EachAsync(session, filter, source, rows.Add, cancel);
        window = new TradeWindow(filter, source, openings, assets, zone, end);
        foreach (var row in rows.OrderBy(static row => Of(row).ClosedAt).ThenBy(static row => row.Id))
        {
            window.TryAdd(row);
        }

        return window.Figures();
    }

    /// <summary>Returns the trade of a row. A missing closing time is the timestamp, a missing pnl or fee is 0 (docs/metrics.md).</summary>
    public static ClosedTrade Of(TradeClosing row)
    {
        var closed = row.ClosedAt ?? row.OpenedAt ?? DateTimeOffset.MinValue;
        return new(row.Id, row.OpenedAt ?? closed, closed, row.Pnl ?? 0, row.Fees ?? 0, row.Asset);
    }

    /// <summary>Returns the opening equity of each account, and adds the assets of the trades that it was computed from.</summary>
    private static async ValueTask<List<MoneySum>> OpeningsAsync(Session session, EquitySource source, AssetCounts assets)
    {
        var openings = new List<MoneySum>();
        foreach (var account in source.Accounts)
        {
            openings.Add(await account.OpeningAsync(session, openings.Count == 0, assets));
        }

        return openings;
    }

    private static ValueTask EachAsync(
        Session session, ClosedTradeFilter filter, EquitySource source, Action<TradeClosing> take, CancellationToken cancel) =>
        ClosedTrades.EachAsync(session, source.NeedsEarlier ? filter with { From = null } : filter, source.Beside(filter), row =>
        {
            cancel.ThrowIfCancellationRequested();
            take(row);
        });
}

/// <summary>
/// Computes the figures of a time window over closed trades, which come in the order of their closes. Trades before the window only change
/// the equity at its start.
/// </summary>
internal sealed class TradeWindow(
    ClosedTradeFilter filter, EquitySource source, IReadOnlyList<MoneySum> openings, AssetCounts earlierAssets, TimeZoneInfo zone, DateTimeOffset? end)
{
    private PerformanceFigures? figures;
    private MoneySum earlier;
    private bool isEarlier;

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
                earlier = earlier.Plus(trade.Pnl);
                earlierAssets.Add(trade.Asset);
            }

            return true;
        }

        figures ??= Begin();
        var isAsked = filter.Currency is null || filter.Currency == (row.Asset ?? SettleAsset.Reporting);
        return Add(figures, source, isAsked ? row : row with { Fits = false });
    }

    /// <summary>Adds a trade to figures that are kept up to date.</summary>
    /// <returns>False if the trade closed before the one that was added last.</returns>
    public static bool Add(PerformanceFigures figures, EquitySource source, in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        var account = source.Find(row);
        var part = (row.Fits ? TradePart.Counts : 0) | (source.IsOne || account is not null ? TradePart.MovesEquity : 0);
        if (part == TradePart.None)
        {
            return true;
        }

        if (!figures.CanAppend(trade))
        {
            return false;
        }

        figures.Add(trade, part, account?.OpensAt);
        if (part == TradePart.Counts && source.Accounts.Count > 0)
        {
            figures.LeaveOut(row.BotName, row.Mode);
        }

        return true;
    }

    public PerformanceFigures Figures() => figures ??= Begin();

    private PerformanceFigures Begin() => new(Plan() with { EarlierAssets = earlierAssets }, zone);

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
        var joining = new List<AccountOpening>();
        for (var i = 0; i < accounts.Count; i++)
        {
            if (accounts[i].OpensAt <= begins)
            {
                start = start.Plus(openings[i]);
            }
            else if (!(accounts[i].OpensAt > end))
            {
                joining.Add(new(accounts[i].OpensAt, openings[i].Amount));
                start = openings[i].Overflowed ? openings[i] : start;
            }
        }

        return Planned(start, begins, joining, accounts.Count(account => !(account.OpensAt > end)));
    }

    private EquityPlan Planned(MoneySum start, DateTimeOffset? begins, IReadOnlyList<AccountOpening> joining, int accounts) =>
        new(start.Value, Day(begins), Day(end), joining, accounts, start.Overflowed ? Reasons.TooLarge : null);

    private DateOnly? Day(DateTimeOffset? time) =>
        time is { } moment ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime) : null;
}
