namespace Pilothouse.Storage.Move;

/// <summary>
/// Decides which rows of the source are moved: those that mean the same on the other side, and refer only to rows that are moved too.
/// </summary>
/// <param name="target">The database that receives them.</param>
internal sealed class RowFilter(MoveTarget target)
{
    private static readonly HashSet<string> ReferredTo =
        [.. MovedTables.All.SelectMany(static table => table.Columns).Select(static column => column.RefersTo).OfType<string>()];

    /// <summary>The ids of the moved rows of each table that others refer to, in their order.</summary>
    private readonly Dictionary<string, List<long>> moved = ReferredTo.ToDictionary(static name => name, static _ => new List<long>());

    /// <summary>The numbers of the rows that the target itself has refused.</summary>
    private readonly Dictionary<string, HashSet<long>> refused = [];

    /// <summary>Reads the present row of a cursor into the batch, behind its last row.</summary>
    /// <param name="cursor">The cursor of the source.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="number">The number of the row in its table, from 0.</param>
    /// <param name="problems">Receives why the row is not moved.</param>
    /// <returns>Whether it is moved; the caller accepts it then.</returns>
    public bool Read(MoveCursor cursor, RowBatch batch, long number, List<string> problems)
    {
        problems.Clear();
        batch.Numbers[batch.Count] = number;
        batch.Places[batch.Count] = cursor.Place;
        cursor.Read(batch.Next, problems);
        var columns = batch.Table.Columns;
        for (var at = 0; at < columns.Count; at++)
        {
            var value = batch.Next[at];
            if (!value.HasValue)
            {
                continue;
            }

            if (target.Objection(columns[at].Kind, value) is { } objection)
            {
                problems.Add($"{columns[at].Name}: {objection}");
            }

            if (columns[at].RefersTo is { } other && moved[other].BinarySearch(value.Whole) < 0)
            {
                problems.Add($"{columns[at].Name}: it refers to a row of {other} that is missing or set aside");
            }
        }

        return problems.Count == 0 && !(refused.TryGetValue(batch.Table.Name, out var numbers) && numbers.Contains(number));
    }

    /// <summary>Notes that the target has refused a row, which this filter keeps back from now on.</summary>
    public void Refuse(RowBatch batch, int row)
    {
        if (!refused.TryGetValue(batch.Table.Name, out var numbers))
        {
            refused.Add(batch.Table.Name, numbers = []);
        }

        numbers.Add(batch.Numbers[row]);
    }

    /// <summary>Notes that a row was moved, so that others may refer to it.</summary>
    public void Moved(RowBatch batch, int row)
    {
        if (moved.TryGetValue(batch.Table.Name, out var ids))
        {
            ids.Add(batch[row][batch.Table.NumberOfId].Whole);
        }
    }
}
