using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>
/// Keeps the sums of all stored uses of outside APIs by day. It follows the log of changes, which triggers write whichever program stores a
/// use, and adds only what is new. The uses of a day are read again if one of them was changed or removed, or is of another agent now, and all
/// of them if most of that was. What retention deletes is no change, so it is noticed by the oldest use, and by the end of the nightly work.
/// Thread-safe.
/// </summary>
internal sealed class CostLedger(Database database) : IKeptFigures, IDisposable
{
    private const int MostAtOnce = 10_000;

    /// <summary>Reading all uses is less work than following more changes than this, of whichever table.</summary>
    private const int MostChanges = 200_000;

    /// <summary>So few uses are read in no time.</summary>
    private const long Few = 20_000;

    /// <summary>The uses of more days than this are not read one day after the other.</summary>
    private const int MostDays = 60;

    private static readonly Sql Changed = new("SELECT row_id FROM changes WHERE seq > @seq AND table_name = 'cost_analytics'");

    /// <summary>The uses whose decision came, went or is another agent's now. What else changes of a decision is nothing to them.</summary>
    private static readonly Sql OfOtherAgents = new("""
        SELECT cost_analytics.id FROM changes CROSS JOIN cost_analytics
        WHERE changes.seq > @seq AND changes.table_name = 'agent_decisions' AND changes.kind <> 'changed' AND cost_analytics.decision_id = changes.row_id
        """);

    private readonly SemaphoreSlim gate = new(1);
    private volatile CostCube? cube;
    private DateTimeOffset? cleanedAt;
    private string? oldest;
    private long position;

    /// <summary>Reads from the sums, which contain everything that was committed before the call.</summary>
    /// <param name="read">Reads from the sums. They must not be used after it.</param>
    /// <param name="cancel">Cancelled when nobody waits any more.</param>
    public async ValueTask<T> ReadAsync<T>(Func<CostCube, T> read, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            while (!(cube is not null && await database.SnapshotAsync(ReadKind.Known, UpdateAsync, CancellationToken.None)))
            {
                await LoadAsync();
            }

            return read(cube!);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask KeepAsync(CancellationToken cancel)
    {
        if (cube is not null || await database.ReadAsync(CostUses.RangeAsync, cancel) is { Last: > Few })
        {
            await ReadAsync(static _ => true, cancel);
        }
    }

    public void Dispose() => gate.Dispose();

    /// <summary>
    /// Reads all uses, two halves at once and each in pieces, so that no snapshot is held for long. The position is that of the beginning:
    /// what changes meanwhile is followed afterwards, and a use that was counted already is then counted anew with its day.
    /// </summary>
    private async ValueTask LoadAsync()
    {
        var (begun, cleaned, first, range) = await database.ReadAsync(async session => (
            await ChangeLog.NewestAsync(session), await MaintenanceStore.CleanedAtAsync(session), await CostUses.OldestAsync(session), await CostUses.RangeAsync(session)));
        var (lowest, highest) = range ?? default;
        var middle = IdRange.Middle(lowest, highest);
        var halves = await PatientThread.RunAll(() => LoadAsync(long.MinValue, middle), () => LoadAsync(middle, long.MaxValue));
        halves[0].Add(halves[1]);
        (cube, oldest, position, cleanedAt) = (halves[0], first, begun, cleaned);
    }

    /// <summary>Reads the uses behind an id, up to another one.</summary>
    private async Task<CostCube> LoadAsync(long after, long last)
    {
        var (part, uses, piece) = (new CostCube(), new CostUses(), new List<CostUse>());
        do
        {
            var from = after;
            await database.ReadAsync(async session =>
            {
                // The engine may run this again.
                piece.Clear();
                await uses.EachAfterAsync(session, from, last, MostAtOnce, piece.Add);
                return true;
            });
            piece.ForEach(use => part.Add(use));
            after = piece.Count > 0 ? piece[^1].Id : after;
        }
        while (piece.Count == MostAtOnce);
        return part;
    }

    /// <summary>
    /// Brings the sums up to the snapshot. A read may be interrupted and begun again, so it changes them after its last statement only.
    /// </summary>
    /// <returns>False if reading all uses is less work.</returns>
    private async ValueTask<bool> UpdateAsync(Session session)
    {
        var newest = await ChangeLog.NewestAsync(session);
        var first = await CostUses.OldestAsync(session);
        if (newest - position > MostChanges || await MaintenanceStore.CleanedAtAsync(session) != cleanedAt || !await ChangeLog.ReachesAsync(session, position))
        {
            return false;
        }

        var changes = await session.Prepare(Changed).Set("seq", (long?)position).ListAsync(static row => row.Id(0));
        var ofOthers = await session.Prepare(OfOtherAgents).Set("seq", (long?)position).ListAsync(static row => row.Id(0));
        if (await FollowAsync(session, cube!, changes, ofOthers, first, oldest) is not { } apply)
        {
            return false;
        }

        apply();
        (oldest, position) = (first, newest);
        return true;
    }

    /// <summary>Reads what the changes are about.</summary>
    /// <returns>Takes it into the sums; null if reading all uses is less work.</returns>
    private static async ValueTask<Action?> FollowAsync(Session session, CostCube known, List<long> changes, List<long> ofOthers, string? first, string? oldest)
    {
        var reader = new CostUses();
        var ids = new SortedSet<long>(changes);
        var uses = ids.Count == 0 ? [] : await reader.OfIdsAsync(session, ids);
        var again = ofOthers.Where(id => !ids.Contains(id)).Select(known.DayOf).OfType<DateOnly>().ToHashSet();
        var counted = ids.Where(id => known.DayOf(id) is not null).ToHashSet();
        again.UnionWith(counted.Select(id => known.DayOf(id)!.Value));
        again.UnionWith(uses.Where(use => counted.Contains(use.Id) && use.Day is not null).Select(static use => use.Day!.Value));
        var begins = CostUses.DayOf(first);
        if (first != oldest && begins is { } day)
        {
            // A time with a zone sorts up to a day away from where it belongs.
            again.UnionWith([CostUses.Beside(day, -1), day, CostUses.Beside(day, 1)]);
        }

        if (again.Count > MostDays)
        {
            return null;
        }

        var days = new List<(DateOnly Day, List<CostUse> Uses)>(again.Count);
        foreach (var one in again)
        {
            days.Add((one, await reader.OfDayAsync(session, one)));
        }

        return () =>
        {
            foreach (var id in counted)
            {
                known.Forget(id);
            }

            known.ForgetBefore(begins is { } begin ? CostUses.Beside(begin, -1) : DateOnly.MaxValue);
            foreach (var use in uses.Where(use => use.Day is { } at && !again.Contains(at)))
            {
                known.Add(use);
            }

            days.ForEach(one => known.Replace(one.Day, one.Uses));
        };
    }
}
