namespace Pilothouse.Storage;

/// <summary>The lowest and the highest id of a table, by which a long read is split.</summary>
internal static class IdRange
{
    /// <summary>Returns the statement for a table. It has two looks: for both in one, SQLite walks through all rows.</summary>
    public static Sql Of(string table) => new($"SELECT (SELECT min(id) FROM {table}), (SELECT max(id) FROM {table})");

    /// <summary>Returns the lowest and the highest id; null if the table is empty.</summary>
    /// <param name="session">Reads.</param>
    /// <param name="range">The statement of the table, from <see cref="Of"/>.</param>
    public static ValueTask<(long First, long Last)?> ReadAsync(Session session, Sql range) =>
        session.Prepare(range).FirstAsync(static row => row.Whole(0) is { } first ? ((long, long)?)(first, row.Id(1)) : null);

    /// <summary>Returns the id in the middle.</summary>
    public static long Middle(long first, long last) => (long)(((Int128)first + last) / 2);
}
