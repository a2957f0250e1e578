using System.Buffers;

namespace Pilothouse.Storage.Move;

/// <summary>
/// Moves all tables from one database to another. Everything is read in one snapshot and stored in one transaction, and both sides are
/// compared before that is committed.
/// </summary>
/// <param name="source">The database that is moved.</param>
/// <param name="target">The database that receives it.</param>
/// <param name="setAside">Takes the rows that cannot be moved.</param>
/// <param name="progress">Receives the progress.</param>
internal sealed class Mover(MoveSource source, MoveTarget target, SetAsideFile setAside, IMoveProgress progress)
{
    private const int RowsAtOnce = 5000;

    private readonly RowFilter filter = new(target);
    private readonly List<string> problems = [];

    /// <summary>Reads everything, and changes nothing.</summary>
    /// <returns>What a move would do.</returns>
    /// <exception cref="DatabaseRefusedException">It would be refused.</exception>
    public MoveReport Try(CancellationToken cancel)
    {
        var notes = source.Begin(dryRun: true);
        var found = target.Look();
        return new([.. MovedTables.All.Select(table => Pass(table, store: false, cancel))], [found, .. notes], null);
    }

    /// <summary>Moves everything.</summary>
    /// <exception cref="DatabaseRefusedException">It cannot be moved, or what was stored differs. The target has no rows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. The target has no rows.</exception>
    public MoveReport Run(CancellationToken cancel)
    {
        var notes = source.Begin(dryRun: false);
        target.Begin();
        setAside.RemoveLeftovers();
        try
        {
            MovedTableReport[] tables = [.. MovedTables.All.Select(table => Pass(table, store: true, cancel))];
            progress.Begin("Indexes and numbers");
            var numbered = MovedTables.All.Where(static table => table.NumberOfId >= 0);
            target.Finish([.. numbered.Select(table => (table, source.LastNumber(table)))]);
            foreach (var table in tables)
            {
                Compare(table, cancel);
            }

            source.DemandUnchanged();
            setAside.Finish();
            cancel.ThrowIfCancellationRequested();
            progress.Begin("Making it permanent");
            target.Commit();
            return new(tables, notes, setAside.Path);
        }
        catch
        {
            setAside.Remove();
            throw;
        }
    }

    /// <summary>Reads a table once, and stores what can be moved.</summary>
    private MovedTableReport Pass(MovedTable table, bool store, CancellationToken cancel)
    {
        progress.Begin($"{(store ? "Moving" : "Reading")} {table.Name}");
        var all = Math.Max(1, source.Count(table));
        var reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var batch = new RowBatch(table, RowsAtOnce);
        using var digest = new TableDigest();
        using (var cursor = source.Read(table))
        {
            for (var number = 0L; cursor.Next(); number++)
            {
                if (!filter.Read(cursor, batch, number, problems))
                {
                    SetAside(batch, batch.Count, problems, reasons);
                    continue;
                }

                batch.Accept();
                if (batch.IsFull)
                {
                    Flush(batch, store, digest, reasons);
                    progress.Report(Math.Min(1, (double)number / all));
                    cancel.ThrowIfCancellationRequested();
                }
            }
        }

        Flush(batch, store, digest, reasons);
        cancel.ThrowIfCancellationRequested();
        return new(table.Name, digest.Rows, digest.Finish(), reasons);
    }

    private void Flush(RowBatch batch, bool store, TableDigest digest, SortedDictionary<string, long> reasons)
    {
        var refused = new Dictionary<int, string>();
        if (store && batch.Count > 0)
        {
            target.Store(batch, refused.Add);
        }

        for (var row = 0; row < batch.Count; row++)
        {
            if (refused.TryGetValue(row, out var why))
            {
                filter.Refuse(batch, row);
                SetAside(batch, row, ["the target refuses it", why], reasons);
                continue;
            }

            filter.Moved(batch, row);
            digest.Add(batch.Table, batch[row]);
        }

        batch.Clear();
    }

    private void SetAside(RowBatch batch, int row, List<string> why, SortedDictionary<string, long> reasons)
    {
        reasons[why[0]] = reasons.GetValueOrDefault(why[0]) + 1;
        setAside.Add(source, batch, row, why);
    }

    /// <summary>Compares what the target reads with what was read from the source.</summary>
    /// <exception cref="DatabaseRefusedException">They differ. The sentence names the first row.</exception>
    private void Compare(MovedTableReport report, CancellationToken cancel)
    {
        var table = MovedTables.All.First(one => one.Name == report.Table);
        progress.Begin($"Comparing {table.Name}");
        using var digest = new TableDigest();
        var row = new MovedValue[table.Columns.Count];
        using (var stored = target.Read(table))
        {
            while (stored.Next())
            {
                problems.Clear();
                stored.Read(row, problems);
                digest.Add(table, row);
                if (digest.Rows % RowsAtOnce == 0)
                {
                    progress.Report(Math.Min(1, (double)digest.Rows / Math.Max(1, report.Moved)));
                    cancel.ThrowIfCancellationRequested();
                }
            }
        }

        if (digest.Finish() != report.Checksum)
        {
            var id = FirstDifference(table);
            throw new DatabaseRefusedException($"The checksums of {table.Name} differ: the first row that is not the same in "
                + $"{target.Place} as in {source.Place} has the id {id}. Nothing of the move stays. "
                + "A rule or a changed column of the target may be the reason.");
        }
    }

    /// <summary>Reads both sides side by side up to the first row that differs.</summary>
    private string FirstDifference(MovedTable table)
    {
        var batch = new RowBatch(table, 1);
        var theirs = new MovedValue[table.Columns.Count];
        ArrayBufferWriter<byte> left = new(), right = new();
        using var cursor = source.Read(table);
        using var stored = target.Read(table);
        for (var number = 0L; cursor.Next(); number++)
        {
            if (!filter.Read(cursor, batch, number, problems))
            {
                continue;
            }

            if (!stored.Next())
            {
                return RowBatch.KeyOf(table, batch.Next);
            }

            stored.Read(theirs, problems);
            if (!TableDigest.TextOf(table, batch.Next, left).SequenceEqual(TableDigest.TextOf(table, theirs, right)))
            {
                return RowBatch.KeyOf(table, batch.Next);
            }
        }

        if (!stored.Next())
        {
            return "unknown";
        }

        stored.Read(theirs, problems);
        return RowBatch.KeyOf(table, theirs);
    }
}
