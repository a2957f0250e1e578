namespace Pilothouse.Storage.Move;

/// <summary>Some rows of a table on their way, in the order of the source. It is filled, stored and cleared, again and again.</summary>
/// <param name="table">Their table.</param>
/// <param name="most">How many rows it holds.</param>
internal sealed class RowBatch(MovedTable table, int most)
{
    private readonly MovedValue[] values = new MovedValue[most * table.Columns.Count];

    public MovedTable Table => table;

    public int Count { get; private set; }

    public bool IsFull => Count == most;

    /// <summary>The number of each row within its table, as the source counts them from 0.</summary>
    public long[] Numbers { get; } = new long[most];

    /// <summary>Where the source finds each row again.</summary>
    public long[] Places { get; } = new long[most];

    /// <summary>The values of a row.</summary>
    public ReadOnlySpan<MovedValue> this[int row] => values.AsSpan(row * table.Columns.Count, table.Columns.Count);

    /// <summary>The values of the row behind the last one, to be filled; <see cref="Accept"/> keeps them.</summary>
    public Span<MovedValue> Next => values.AsSpan(Count * table.Columns.Count, table.Columns.Count);

    public void Accept() => Count++;

    public void Clear() => Count = 0;

    /// <summary>The key of a row for people.</summary>
    public string KeyOf(int row) => KeyOf(table, this[row]);

    /// <summary>The key of a row for people: its id, or the parts of its key with a slash between.</summary>
    public static string KeyOf(MovedTable table, ReadOnlySpan<MovedValue> row)
    {
        var parts = new List<string>();
        foreach (var at in table.Key)
        {
            parts.Add(row[at].ToString(table.Columns[at].Kind));
        }

        return string.Join('/', parts);
    }
}
