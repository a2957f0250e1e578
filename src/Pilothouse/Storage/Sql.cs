using System.Text.RegularExpressions;

namespace Pilothouse.Storage;

/// <summary>
/// One SQL statement, written once as a constant and understood by every engine. Parameters are <c>@name</c>.
/// Of a column whose times other programs write too, <c>time_of(column)</c> stands for the time in UTC, and <c>time_key(column)</c> for
/// the engine's expression under which those times sort in order; <c>own_time_key(column)</c> is the same for a column that the server alone
/// writes.
/// <c>unindexed:</c> before an expression keeps the engine from looking for it in an index.
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
    /// after a fraction, so both are folded before comparing. The indexes hold this very expression. A local time has its UTC in a column
    /// beside it (<see cref="ForeignTimes"/>).
    /// </summary>
    /// <exception cref="ArgumentException">A word of ours is left that cannot be written out.</exception>
    public static string ExpandForSqlite(string text)
    {
        var written = TimeMacro().Replace(text, static match => Expand(match.Groups[1].Value, match.Groups[2].Value))
            .Replace("unindexed:", "+", StringComparison.Ordinal);
        return LeftOver().IsMatch(written)
            ? throw new ArgumentException($"time_key and time_of take the name of a column: {text}", nameof(text))
            : written;
    }

    /// <summary>A migration from before those columns; the one that adds them makes its indexes anew.</summary>
    public static string ExpandWithoutForeignTimes(string text) => ExpandForSqlite(OfForeign().Replace(text, "own_time_key("));

    /// <summary>An index from before those columns with the expression that holds since; the same text where it has no time.</summary>
    public static string WithForeignTimes(string index) =>
        OwnKey().Replace(index, static match => Expand("time_key", match.Groups[1].Value));

    private static string Expand(string macro, string column) => macro switch
    {
        "time_of" => $"coalesce({column}{ForeignTimes.Suffix},{column})",
        "time_key" => $"coalesce({column}{ForeignTimes.Suffix},replace(replace({column},'T',' '),'Z',''),'')",
        _ => $"coalesce(replace(replace({column},'T',' '),'Z',''),'')",
    };

    public override string ToString() => text;

    [GeneratedRegex(@"\b(time_of|time_key|own_time_key)\((\w+(?:\.\w+)?)\)")]
    private static partial Regex TimeMacro();

    [GeneratedRegex(@"\btime_key\(")]
    private static partial Regex OfForeign();

    [GeneratedRegex(@"\b(time_of|time_key|own_time_key)\(")]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"coalesce\(replace\(replace\((\w+),'T',' '\),'Z',''\),''\)")]
    private static partial Regex OwnKey();
}
