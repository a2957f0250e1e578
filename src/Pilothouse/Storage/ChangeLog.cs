namespace Pilothouse.Storage;

/// <summary>One row of the log of changes: what happened to a row of a record table.</summary>
/// <param name="Sequence">Its position in the log. Positions grow in the order of the commits.</param>
/// <param name="Table">The record table.</param>
/// <param name="RowId">The id in that table.</param>
/// <param name="Kind">recorded, opened, closed, changed or removed.</param>
/// <param name="WasClosed">Whether the row was a closed trade before the change.</param>
internal readonly record struct Change(long Sequence, string Table, long RowId, string Kind, bool WasClosed);

/// <summary>A reader that follows the log of changes. Changes are not purged before every follower has read them.</summary>
internal interface IChangeFollower
{
    /// <summary>Reads up to the newest change.</summary>
    /// <returns>The position up to which it has read; null if it does not follow the log at the moment.</returns>
    ValueTask<long?> CatchUpAsync(CancellationToken cancel);
}

/// <summary>
/// The table <c>changes</c>. Triggers of the database write it, so that a row that another program stores is logged like one of ours. Each
/// follower keeps a position of its own.
/// </summary>
internal static class ChangeLog
{
    /// <summary>What a join with the log selects the changes of a table by, from behind @seq up to @last; the name of the table follows.</summary>
    public const string Between = "changes.seq > @seq AND changes.seq <= @last AND changes.table_name =";

    private const int PurgedAtOnce = 2000;

    private static readonly Sql Newest = new("SELECT max(seq) FROM changes");

    private static readonly Sql Oldest = new("SELECT min(seq) FROM changes");

    private static readonly Sql After = new("SELECT seq, table_name, row_id, kind, was_closed FROM changes WHERE seq > @seq ORDER BY seq LIMIT @limit");

    private static readonly Sql Before = new("SELECT seq, table_name, row_id, kind, was_closed FROM changes WHERE seq < @seq ORDER BY seq DESC LIMIT @limit");

    private static readonly Sql Eldest = new("SELECT seq, at FROM changes WHERE seq < @end ORDER BY seq LIMIT @limit");

    private static readonly Sql Purge = new("DELETE FROM changes WHERE seq <= @seq");

    private static readonly Sql Pause = new("INSERT INTO changes_paused(reason) VALUES (@reason)");

    private static readonly Sql Resume = new("DELETE FROM changes_paused");

    /// <summary>Returns the position of the newest change; 0 if there is none.</summary>
    public static ValueTask<long> NewestAsync(Session session) => session.Prepare(Newest).FirstAsync(static row => row.Whole(0) ?? 0);

    /// <summary>
    /// Whether a follower that has read up to <paramref name="position"/> can continue from there. It cannot if changes after that position
    /// were purged, or if the log ends before it, as the log of a restored backup does.
    /// </summary>
    public static async ValueTask<bool> ReachesAsync(Session session, long position) =>
        position <= await NewestAsync(session) && !(await session.Prepare(Oldest).FirstAsync(static row => row.Whole(0)) > position + 1);

    /// <summary>Returns the changes after <paramref name="position"/> in their order, at most <paramref name="most"/>.</summary>
    public static ValueTask<List<Change>> AfterAsync(Session session, long position, int most) =>
        session.Prepare(After).Set("seq", position).Set("limit", (long)most).ListAsync(Read);

    /// <summary>Returns the changes before <paramref name="position"/>, newest first, at most <paramref name="most"/>.</summary>
    public static ValueTask<List<Change>> BeforeAsync(Session session, long position, int most) =>
        session.Prepare(Before).Set("seq", position).Set("limit", (long)most).ListAsync(Read);

    /// <summary>Reads a change from the columns seq, table_name, row_id, kind, was_closed.</summary>
    public static Change Read(Row row) => new(row.Id(0), row.Text(1) ?? "", row.Id(2), row.Text(3) ?? "", row.Whole(4) == 1);

    /// <summary>
    /// Removes a batch of changes from before <paramref name="before"/>, up to the position <paramref name="last"/>. The newest change is
    /// never removed, because the positions of an empty log would start at 1 again.
    /// </summary>
    /// <returns>How many were removed; 0 if there are no more.</returns>
    public static async ValueTask<int> PurgeAsync(Session session, DateTimeOffset before, long last)
    {
        var end = Math.Min(last + 1, await NewestAsync(session));
        long? purged = null;
        foreach (var (sequence, at) in await session.Prepare(Eldest).Set("end", end).Set("limit", (long)PurgedAtOnce)
            .ListAsync(static row => (Sequence: row.Id(0), At: row.Time(1))))
        {
            if (at >= before)
            {
                break;
            }

            purged = sequence;
        }

        return purged is { } seq ? await session.Prepare(Purge).Set("seq", seq).ExecuteAsync() : 0;
    }

    /// <summary>
    /// Runs work inside a transaction without logging the rows that it changes, for example the rows that retention removes.
    /// </summary>
    public static async ValueTask<T> WithoutAsync<T>(Session session, string reason, Func<ValueTask<T>> work)
    {
        await session.Prepare(Pause).Set("reason", reason).ExecuteAsync();
        var result = await work();
        await session.Prepare(Resume).ExecuteAsync();
        return result;
    }
}
