using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <content>What is new since the figures were made, and whether it can be added to them.</content>
internal sealed partial class PerformanceLedger
{
    /// <summary>
    /// Returns the accounts that opened, and the deposits and withdrawals that were made, after the last close; null if the equity of the
    /// past has changed.
    /// </summary>
    /// <param name="assets">Receives the assets of the trades from which the opening equity of these accounts was computed.</param>
    private async ValueTask<List<(EquityFlow Flow, bool Joins)>?> JoiningAsync(Session session, EquitySource now, AssetCounts assets)
    {
        if (source!.Amount != now.Amount || source.Source != now.Source)
        {
            return null;
        }

        var joining = new List<(EquityFlow Flow, bool Joins)>();
        if (now.Book is not { } book)
        {
            return joining;
        }

        if (book.AddedTo(source.Book!) is not { } added || added.Any(account => IsPast(account.OpensAt)))
        {
            return null;
        }

        foreach (var account in added)
        {
            if ((await AccountHistory.OpeningAsync(session, now, account, null, isFirst: false, assets)).Value is not { } equity)
            {
                return null;
            }

            joining.Add((new(account.OpensAt, equity), true));
        }

        if (ReferenceEquals(source.Flows, now.Flows) && added.Count == 0)
        {
            return joining;
        }

        var known = source.FlowsOfAll().ToHashSet();
        var flows = now.FlowsOfAll().ToList();
        var fresh = flows.Where(flow => !known.Contains(flow)).ToList();

        // A flow from before the first report of its account changes what the account opened with.
        if (flows.Count - fresh.Count != known.Count
            || fresh.Any(flow => IsPast(flow.At) || (book.Find(flow.BotName, flow.Mode) is { } account && flow.At <= account.ReportedAt && !added.Contains(account))))
        {
            return null;
        }

        joining.AddRange(fresh.Select(static flow => (new EquityFlow(flow.At, flow.Amount, flow.Asset), false)));
        return joining;
    }

    /// <summary>Whether a time is not after what was added.</summary>
    private bool IsPast(DateTimeOffset time) => !(time > figures!.Last?.ClosedAt) || time < figures.FlowedUntil;

    /// <summary>Returns the trades that closed since then, in order; null if all trades must be read again.</summary>
    private async ValueTask<List<TradeClosing>?> ClosedSinceAsync(Session session, EquitySource now)
    {
        // A trade that closed before the first balance report of its account changes the account's opening equity.
        if (await ClosedTrades.ClosedSinceAsync(session, position, MostAtOnce) is not { } rows
            || rows.Exists(row => ClosedTradeReader.Of(row).ClosedAt <= now.Find(row)?.ReportedAt || ClosedTradeReader.Of(row).ClosedAt < figures!.FlowedUntil))
        {
            return null;
        }

        rows.Sort(static (a, b) =>
            (ClosedTradeReader.Of(a).ClosedAt, a.Id).CompareTo((ClosedTradeReader.Of(b).ClosedAt, b.Id)));
        return rows.Count > 0 && !figures!.CanAppend(ClosedTradeReader.Of(rows[0])) ? null : rows;
    }

    /// <summary>Finds the prices that new trades need.</summary>
    /// <returns>Whether they, and what joins, can be added: what is of another currency than all before can change every figure.</returns>
    private async ValueTask<bool> PriceAsync(
        Session session, PerformanceFigures current, EquitySource now, List<(EquityFlow Flow, bool Joins)> joining, AssetCounts assets, List<TradeClosing> rows)
    {
        var moved = rows.Where(row => now.IsOne || now.Find(row) is not null).Select(static row => row.Asset)
            .Concat(assets.Select(static one => (string?)one.Key)).Concat(joining.Where(static flow => flow.Flow.Asset is not null).Select(static flow => flow.Flow.Asset));
        if (!current.Currencies!.Takes(rows.Select(static row => row.Asset), moved))
        {
            return false;
        }

        if (current.Conversion is { } conversion)
        {
            if (joining.Count > 0 || rows.Any(row => !conversion.Fits(row, now.Find(row))))
            {
                return false;
            }

            foreach (var each in folds.Values.Select(static fold => fold.Conversion).Append(conversion))
            {
                await (each?.FindAsync(session, rows, clock.GetUtcNow()) ?? ValueTask.CompletedTask);
            }
        }

        return true;
    }

    /// <summary>Whether trades lacked a price, which may have been stored since.</summary>
    private bool MayFindPrices(PerformanceFigures current) =>
        current.Currencies is { LacksPrices: true } && (clock.GetUtcNow() - readAt).Duration() >= LookForPricesAfter;
}
