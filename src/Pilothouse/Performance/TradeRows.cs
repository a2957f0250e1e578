using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>The closed trades that a snapshot sees.</summary>
/// <param name="Session">The snapshot.</param>
/// <param name="Tape">The same trades in memory; null reads them from the database.</param>
internal sealed record TradeRows(Session Session, TradeTape? Tape)
{
    /// <summary>
    /// Passes on every closed trade that the filter selects, and those <paramref name="beside"/> them, in the order of their closes; from
    /// the database in that of the stored text.
    /// </summary>
    public ValueTask EachAsync(ClosedTradeFilter filter, TradesBeside beside, TraitsRead traits, Action<TradeClosing> take, CancellationToken cancel)
    {
        if (Tape is { } tape && (traits != TraitsRead.ExitReason || tape.HasReasons) && (traits != TraitsRead.All || tape.HasPercentages))
        {
            tape.Each(filter, beside, take, cancel);
            return default;
        }

        return ClosedTrades.EachAsync(Session, filter, beside, row =>
        {
            cancel.ThrowIfCancellationRequested();
            take(row);
        }, traits);
    }
}
