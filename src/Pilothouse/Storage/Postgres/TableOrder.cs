namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Which writes of a group have used a table already. The statements of a group run in rounds and not write by write; the result is the
/// same as long as no statement comes after one of a later write that does not go with it.
/// </summary>
internal sealed class TableOrder
{
    private static readonly int Uses = Enum.GetValues<TableUse>().Length;

    /// <summary>For each table and use: the last place in the group of a write that has used it so.</summary>
    private readonly Dictionary<string, int[]> last = [];

    public void Clear() => last.Clear();

    /// <summary>Remembers what the next statement of a write does with its tables, unless it comes too late for one of them.</summary>
    /// <param name="place">The place of its write in the group.</param>
    /// <param name="next">The statement.</param>
    /// <returns>False if it comes too late.</returns>
    public bool Note(int place, PostgresSql next)
    {
        foreach (var (table, use) in next.Uses)
        {
            if (!last.TryGetValue(table, out var places))
            {
                places = new int[Uses];
                Array.Fill(places, -1);
                last.Add(table, places);
            }

            for (var other = 0; other < Uses; other++)
            {
                if (places[other] > place && !GoTogether(use, (TableUse)other))
                {
                    return false;
                }
            }
        }

        foreach (var (table, use) in next.Uses)
        {
            ref var at = ref last[table][(int)use];
            at = Math.Max(at, place);
        }

        return true;
    }

    /// <summary>Reads do not affect each other, and two new rows do not either.</summary>
    private static bool GoTogether(TableUse one, TableUse other) => one == other && one != TableUse.Change;
}
