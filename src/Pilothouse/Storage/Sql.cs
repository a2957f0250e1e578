using System.Text.RegularExpressions;

namespace Pilothouse.Storage;

/// <summary>
/// One SQL statement, written once as a constant in words that every engine understands. Parameters are <c>@name</c>.
/// <c>time_key(column)</c> stands for the engine's expression by which the times of that column sort in order, and <c>unindexed:</c> before
/// an expression keeps the engine from using an index for it. Connections keep the prepared form by <see cref="Id"/>, so create one
/// instance per statement and keep it.
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

    /// <summary>The index of the prepared form among a connection's statements.</summary>
    public int Id { get; }

    /// <summary>The text for SQLite.</summary>
    public string ForSqlite => sqlite ??= ExpandForSqlite(text);

    /// <summary>
    /// Expands the words that differ between engines. Bots write times with a space or a T, with and without a Z. T sorts after a space and
    /// Z after a fraction, so the expression of time_key removes both differences. The indexes contain exactly this expression.
    /// </summary>
    /// <exception cref="ArgumentException">The text contains a word that cannot be expanded.</exception>
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
