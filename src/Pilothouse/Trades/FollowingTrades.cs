using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>A closed trade that names the signal which it followed.</summary>
/// <param name="Pnl">Its profit; 0 where none is stored.</param>
/// <param name="Asset">In which the profit counts; null if neither the trade nor its pair names one.</param>
/// <param name="Percentage">The profit in percent of the margin; null if the figures of the trade do not allow it.</param>
internal readonly record struct FollowingTrade(long Id, long SignalId, decimal Pnl, string? Asset, decimal? Percentage);

/// <summary>Reads the closed trades that followed signals.</summary>
internal static class FollowingTrades
{
    private const string Columns = $"{ClosedTrades.Columns}, 1, {ClosedTrades.TraitColumns}, signal_id";

    private static readonly Sql Part = new($"""
        SELECT {Columns} FROM trades WHERE id > @after AND signal_id IS NOT NULL AND lower(status) = 'closed' ORDER BY id LIMIT @limit
        """);

    private static readonly Sql One = new($"SELECT {Columns} FROM trades WHERE id = @id AND signal_id IS NOT NULL AND lower(status) = 'closed'");

    /// <summary>Returns those with an id behind <paramref name="after"/>, in the order of their ids, at most <paramref name="most"/>.</summary>
    public static ValueTask<List<FollowingTrade>> PartAsync(Session session, long after, int most) =>
        session.Prepare(Part).Set("after", (long?)after).Set("limit", (long)most).ListAsync(Read);

    /// <summary>Returns the trade; null if it is not closed, is voided, or names no signal.</summary>
    public static async ValueTask<FollowingTrade?> FindAsync(Session session, long id) =>
        await session.Prepare(One).Set("id", (long?)id).FirstAsync(static row => (FollowingTrade?)Read(row));

    private static FollowingTrade Read(Row row)
    {
        var trade = ClosedTrades.Read(row);
        return new(trade.Id, row.Whole(ClosedTrades.AfterTraits) ?? 0, trade.Pnl ?? 0, trade.Asset, ClosedTrades.PercentageOf(row));
    }
}
