using System.Text.RegularExpressions;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Storage;

/// <summary>
/// One SQL statement, written once as a constant in words that every engine understands. Parameters are <c>@name</c>.
/// Times: <c>time_key(column)</c> stands for the expression by which they sort, <c>time_of(column)</c> for the time itself,
/// <c>has_time(column)</c> is true if there is one, <c>first_time_key(column, other)</c> takes that of the other column where there is none,
/// <c>may_have_zone(column)</c> is true where it may be a text with a zone, which does not sort by time.
/// <c>hour_key(column)</c> is the key of the begin of its hour, <c>in_other_month(column, other)</c> is true if this is in another month than the other, and <c>set_time(column, @value)</c> sets it.
/// <c>unindexed:</c> before an expression keeps SQLite from using an index for it, and <c>covered_by:index</c> behind a table has SQLite read that
/// index, which holds all that is asked for, where the key would lead it to the wide rows. Connections keep the prepared form by <see cref="Id"/>, so create one
/// instance per statement and keep it.
/// </summary>
internal sealed partial class Sql
{
    private const string Words = @"\b(time_of|time_key|own_time_key|hour_key|has_time|first_time_key|in_other_month|set_time|may_have_zone)\(";
    private static int last = -1;
    private readonly string text;
    private string? sqlite;
    private PostgresSql? postgres;

    public Sql(string text)
    {
        this.text = text;
        Id = Interlocked.Increment(ref last);
    }

    /// <summary>The index of the prepared form among a connection's statements.</summary>
    public int Id { get; }

    /// <summary>The text for SQLite.</summary>
    public string ForSqlite => sqlite ??= ExpandForSqlite(text);

    /// <summary>The form for PostgreSQL.</summary>
    public PostgresSql ForPostgres => postgres ??= new PostgresSql(text);

    /// <summary>
    /// Expands the words that differ between engines. Bots write times with a space or a T, with and without a Z. T sorts after a space and
    /// Z after a fraction, so the expression of time_key removes both differences. The indexes contain exactly this expression.
    /// </summary>
    /// <exception cref="ArgumentException">The text contains a word that cannot be expanded.</exception>
    public static string ExpandForSqlite(string text) => Expand(text, Expand, unindexed: "+", coveredBy: "INDEXED BY $1");

    /// <summary>Expands the words that differ between engines.</summary>
    /// <param name="text">The text.</param>
    /// <param name="write">Returns what a word stands for, from the word, its column, and its second column or value, which may be empty.</param>
    /// <param name="unindexed">What keeps the engine from using an index for an expression.</param>
    /// <param name="coveredBy">What has the engine read an index, whose name is $1.</param>
    /// <exception cref="ArgumentException">The text contains a word that cannot be expanded.</exception>
    public static string Expand(string text, Func<string, string, string, string> write, string unindexed, string coveredBy)
    {
        var written = Word().Replace(text, match => write(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value))
            .Replace("unindexed:", unindexed, StringComparison.Ordinal);
        written = CoveredBy().Replace(written, coveredBy);
        return LeftOver().Match(written) is { Success: true } left
            ? throw new ArgumentException($"{left.Groups[1].Value} takes the names of columns: {text}", nameof(text))
            : written;
    }

    /// <summary>A migration from before those columns; the one that adds them makes its indexes anew.</summary>
    public static string ExpandWithoutForeignTimes(string text) => ExpandForSqlite(OfForeign().Replace(text, "own_time_key("));

    /// <summary>An index from before those columns with the expression that holds since; the same text where it has no time.</summary>
    public static string WithForeignTimes(string index) =>
        OwnKey().Replace(index, static match => Expand("time_key", match.Groups[1].Value, ""));

    private static string Expand(string macro, string column, string second) => macro switch
    {
        "has_time" => $"{Key(column)} > '0'",
        "first_time_key" => FirstKey(column, second),
        "in_other_month" => $"substr({FirstKey(column, second)}, 1, 7) <> substr({Key(second)}, 1, 7)",
        "set_time" => $"{column} = {second}, {column}{ForeignTimes.Suffix} = NULL",
        "hour_key" => $"substr({Key(column)}, 1, 13)",
        "may_have_zone" => $"({column} LIKE '%+%' OR {column} LIKE '%:%-%')",
        "time_of" => $"coalesce({column}{ForeignTimes.Suffix},{column})",
        "time_key" => Key(column),
        _ => $"coalesce(replace(replace({column},'T',' '),'Z',''),'')",
    };

    private static string Key(string column) => $"coalesce({column}{ForeignTimes.Suffix},replace(replace({column},'T',' '),'Z',''),'')";

    private static string FirstKey(string column, string second) => $"coalesce(nullif({Key(column)}, ''), {Key(second)})";

    public override string ToString() => text;

    [GeneratedRegex(Words + @"(\w+(?:\.\w+)?)(?:, (@?\w+(?:\.\w+)?))?\)")]
    private static partial Regex Word();

    [GeneratedRegex(@"\bcovered_by:(\w+)")]
    private static partial Regex CoveredBy();

    [GeneratedRegex(@"\btime_key\(")]
    private static partial Regex OfForeign();

    [GeneratedRegex(Words)]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"coalesce\(replace\(replace\((\w+),'T',' '\),'Z',''\),''\)")]
    private static partial Regex OwnKey();
}
