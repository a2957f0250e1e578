namespace Pilothouse.Storage.Move;

/// <summary>What a column holds.</summary>
internal enum MovedKind
{
    /// <summary>A whole number of 64 bits.</summary>
    Whole,

    /// <summary>A double that is not money.</summary>
    Number,

    /// <summary>An exact amount.</summary>
    Money,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A moment.</summary>
    Time,

    /// <summary>A JSON value.</summary>
    Json,
}

/// <summary>A column of a table that is moved.</summary>
/// <param name="Name">Its name, the same on both sides.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="IsRequired">Whether it must not be null.</param>
/// <param name="RefersTo">The table to whose id it refers by a foreign key; null if there is none.</param>
internal sealed record MovedColumn(string Name, MovedKind Kind, bool IsRequired, string? RefersTo);

/// <summary>A table that is moved.</summary>
internal sealed class MovedTable
{
    /// <param name="name">The name of the table.</param>
    /// <param name="key">The columns of its key, with spaces between; rows are read in their order.</param>
    /// <param name="columns">All columns: the name, a colon, the kind, an exclamation mark where null is refused, and behind &gt; the table
    /// that a foreign key refers to.</param>
    public MovedTable(string name, string key, string columns)
    {
        Name = name;
        Columns = [.. columns.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        Key = [.. key.Split(' ').Select(IndexOf)];
        NumberOfId = Key is [var only] && Columns[only].Kind == MovedKind.Whole ? only : -1;
    }

    public string Name { get; }

    public IReadOnlyList<MovedColumn> Columns { get; }

    /// <summary>The indexes of the columns of the key.</summary>
    public IReadOnlyList<int> Key { get; }

    /// <summary>The index of the column that numbers the rows; -1 if the key is a text.</summary>
    public int NumberOfId { get; }

    /// <summary>The SQL that sorts by the key. Both engines sort texts by their bytes.</summary>
    public string Order => string.Join(", ", Key.Select(at => Quote(Columns[at].Name)));

    /// <summary>The names of all columns for SQL, with a comma between.</summary>
    public string ColumnList => string.Join(", ", Columns.Select(static column => Quote(column.Name)));

    /// <summary>A name for SQL.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The index of a column.</summary>
    public int IndexOf(string column) => Columns.Index().First(found => found.Item.Name == column).Index;

    private static MovedColumn Parse(string text)
    {
        var (rest, refersTo) = text.Split('>') is [var before, var after] ? (before, after) : (text, null);
        var (name, kind) = rest.TrimEnd('!').Split(':') is [var first, var second] ? (first, second) : throw new FormatException(text);
        return new(name, Enum.Parse<MovedKind>(kind, ignoreCase: true), rest.EndsWith('!'), refersTo);
    }
}
