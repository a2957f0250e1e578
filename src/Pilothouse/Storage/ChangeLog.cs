namespace Pilothouse.Storage;

/// <summary>One row of the log of changes: what became of a row of a record table.</summary>
/// <param name="Sequence">Its position in the log; positions grow in the order of the commits.</param>
/// <param name="Table">The record table.</param>
/// <param name="RowId">The id in that table.</param>
/// <param name="Kind">recorded, opened, closed, changed or removed.</param>
/// <param name="WasClosed">Whether the row was a closed trade before.</param>
internal readonly record struct Change(long Sequence, string Table, long RowId, string Kind, bool WasClosed);

/// <summary>Whoever follows the log of changes: it is not shortened beyond what each of them has read.</summary>
internal interface IChangeFollower
{
    /// <summary>Reads up to the newest change.</summary>
    /// <returns>The position that it has come to; null where it follows nothing at the moment.</returns>
    ValueTask<long?> CatchUpAsync(CancellationToken cancel);
}

/// <summary>
/// The table <c>changes</c>. The database's own triggers write it, so that a row that another program stores counts like one of ours.
/// Each follower keeps a position of its own.
/// </summary>
internal static class ChangeLog
{
    private const int PurgedAtOnce = 2000;

    private static readonly Sql Newest = new("SELECT max(seq) FROM changes");

    private static readonly Sql Oldest = new("SELECT min(seq) FROM changes");

    private static readonly Sql After = new("SELECT seq, table_name, row_id, kind, was_closed FROM changes WHERE seq > @seq ORDER BY seq LIMIT @limit");

    private static readonly Sql Eldest = new("SELECT seq, at FROM changes WHERE seq < @end ORDER BY seq LIMIT @limit");

    private static readonly Sql Purge = new("DELETE FROM changes WHERE seq <= @seq");

    private static readonly Sql Pause = new("INSERT INTO changes_paused(reason) VALUES (@reason)");

    private static readonly Sql Resume = new("DELETE FROM changes_paused");

    /// <summary>The position of the newest change; 0 where there is none.</summary>
    public static ValueTask<long> NewestAsync(Session session) => session.Prepare(Newest).FirstAsync(static row => row.Whole(0) ?? 0);

    /// <summary>
    /// Whether somebody who has read up to <paramref name="position"/> can go on from there. Not where changes behind it were purged, nor
    /// where the log ends before it, as that of a restored backup does.
    /// </summary>
    public static async ValueTask<bool> ReachesAsync(Session session, long position) =>
        position <= await NewestAsync(session) && !(await session.Prepare(Oldest).FirstAsync(static row => row.Whole(0)) > position + 1);

    /// <summary>The changes after <paramref name="position"/> in their order, at most <paramref name="most"/>.</summary>
    public static ValueTask<List<Change>> AfterAsync(Session session, long position, int most) =>
        session.Prepare(After).Set("seq", position).Set("limit", (long)most).ListAsync(Read);

    /// <summary>Reads seq, table_name, row_id, kind, was_closed.</summary>
    public static Change Read(Row row) => new(row.Id(0), row.Text(1) ?? "", row.Id(2), row.Text(3) ?? "", row.Whole(4) == 1);

    /// <summary>
    /// Removes some changes from before <paramref name="before"/>, up to position <paramref name="last"/>; never the newest one, as the
    /// positions of an empty log would begin at 1 again.
    /// </summary>
    /// <returns>How many; 0 when there are no more.</returns>
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

    /// <summary>Runs work whose removed rows are no changes, as those of retention are not, inside a transaction.</summary>
    public static async ValueTask<T> WithoutAsync<T>(Session session, string reason, Func<ValueTask<T>> work)
    {
        await session.Prepare(Pause).Set("reason", reason).ExecuteAsync();
        var result = await work();
        await session.Prepare(Resume).ExecuteAsync();
        return result;
    }
}
