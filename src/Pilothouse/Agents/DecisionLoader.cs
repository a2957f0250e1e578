using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>
/// Reads all decisions, and judges them, on two threads and in pieces, so that no snapshot is held for long. What changes meanwhile is
/// followed afterwards.
/// </summary>
internal static class DecisionLoader
{
    private const int RowsAtOnce = 10_000;

    /// <summary>So few are read on one thread.</summary>
    private const long Few = 20_000;

    /// <summary>Whether reading all decisions takes so long that nobody should wait for it.</summary>
    public static async ValueTask<bool> IsLongAsync(Database database) => await RangeAsync(database) is var (first, last) && last - (Int128)first > Few;

    /// <summary>Reads everything that was committed before the call.</summary>
    public static async Task<DecisionBook> ReadAsync(Database database, DateTimeOffset now)
    {
        if (await RangeAsync(database) is not var (first, last))
        {
            return new();
        }

        if (last - (Int128)first <= Few)
        {
            return await ReadAsync(database, long.MinValue, last, now);
        }

        var middle = IdRange.Middle(first, last);
        var halves = await PatientThread.RunAll(() => ReadAsync(database, long.MinValue, middle, now), () => ReadAsync(database, middle, last, now));
        halves[0].Add(halves[1]);
        return halves[0];
    }

    private static ValueTask<(long First, long Last)?> RangeAsync(Database database) => database.ReadAsync(DecisionRows.RangeAsync);

    private static async Task<DecisionBook> ReadAsync(Database database, long after, long last, DateTimeOffset now)
    {
        var book = new DecisionBook();
        var rows = new DecisionRows(book);
        for (long? next = after; next is { } from;)
        {
            var known = book.Count;
            next = await database.ReadAsync(session =>
            {
                // The engine may run this again.
                book.CutTo(known);
                return rows.AddAsync(session, from, last, RowsAtOnce);
            });
        }

        int[] all = [.. Enumerable.Range(0, book.Count)];
        await database.ReadAsync(session => DecisionJudge.JudgeAsync(session, book, all, now));
        return book;
    }
}
