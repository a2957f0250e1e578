using System.Text.RegularExpressions;

namespace Pilothouse.Storage;

/// <summary>
/// One SQL statement, written once as a constant and understood by every engine. Parameters are <c>@name</c>.
/// <c>time_key(column)</c> stands for the engine's expression under which that column's times sort in order.
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
    public static string ExpandForSqlite(string text) =>
        TimeKey().Replace(text, "coalesce(replace(replace($1,'T',' '),'Z',''),'')");

    public override string ToString() => text;

    [GeneratedRegex(@"time_key\((\w+(?:\.\w+)?)\)")]
    private static partial Regex TimeKey();
}
