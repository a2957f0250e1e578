using System.Text.RegularExpressions;

namespace Pilothouse.Storage;

/// <summary>
/// One SQL statement, written once as a constant and understood by every engine. Parameters are <c>@name</c>.
/// <c>time_key(column)</c> stands for the engine's expression under which that column's times sort in order, and <c>unindexed:</c> before an
/// expression keeps the engine from looking for it in an index.
/// Connections keep the prepared form by <see cref="Id"/>, so make one instance per statement and keep it.
/// </summary>
internal sealed partial class Sql
{
    private static int last = -1;
    private readonly string text;
    private string? sqlite;

    public Sql(string text)
    {
        this.text = text;
        Id = Interlocked.Increment(ref last);
    }

    /// <summary>Position of the prepared form among a connection's statements.</summary>
    public int Id { get; }

    /// <summary>The text for SQLite.</summary>
    public string ForSqlite => sqlite ??= ExpandForSqlite(text);

    /// <summary>
    /// Writes out what differs between engines. The seed's bots write times with a space, with a T, with and without a Z: T sorts after a space and Z
    /// after a fraction, so both are folded before comparing. The indexes hold this very expression.
    /// </summary>
    /// <exception cref="ArgumentException">A word of ours is left that cannot be written out.</exception>
    public static string ExpandForSqlite(string text)
    {
        var written = TimeKey().Replace(text, "coalesce(replace(replace($1,'T',' '),'Z',''),'')").Replace("unindexed:", "+", StringComparison.Ordinal);
        return written.Contains("time_key(", StringComparison.Ordinal) ? throw new ArgumentException($"time_key takes the name of a column: {text}", nameof(text)) : written;
    }

    public override string ToString() => text;

    [GeneratedRegex(@"time_key\((\w+(?:\.\w+)?)\)")]
    private static partial Regex TimeKey();
}
