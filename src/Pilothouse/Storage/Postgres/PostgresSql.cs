using System.Text;
using System.Text.RegularExpressions;

namespace Pilothouse.Storage.Postgres;

/// <summary>What a statement does with a table.</summary>
internal enum TableUse
{
    /// <summary>It reads rows.</summary>
    Read,

    /// <summary>It stores a row that nobody else's statement has read or stored.</summary>
    Insert,

    /// <summary>It changes or removes rows.</summary>
    Change,
}

/// <summary>A statement in the words of PostgreSQL: its parameters are numbered, and it is known which tables it uses.</summary>
internal sealed partial class PostgresSql
{
    /// <summary>The end of the name of a parameter that is true if the value of the parameter without this end is null.</summary>
    private const string IsNull = "_is_null";

    private const string NoTime = "'-infinity'::timestamptz";

    /// <param name="text">The text that every engine understands (<see cref="Sql"/>).</param>
    /// <exception cref="ArgumentException">The text contains a word that cannot be expanded.</exception>
    public PostgresSql(string text)
    {
        var names = new List<string>();
        Text = Parameter().Replace(NullTest().Replace(Expand(text), $"@$1{IsNull}"), match =>
        {
            var name = match.Groups[1].Value;
            var at = names.IndexOf(name);
            if (at < 0)
            {
                at = names.Count;
                names.Add(name);
            }

            return $"${at + 1}";
        });
        Names = [.. names];
        NullTests = [.. names.Select(name => name.EndsWith(IsNull, StringComparison.Ordinal) ? names.IndexOf(name[..^IsNull.Length]) : -1)];
        Uses = [.. UsesOf(text)];
        ReturnsRows = Rows().IsMatch(text);
        ForManyRows = ManyRows.TextOf(Text, Names.Length);
        MustBeAlone = Uses.Any(static use => use.Table == "changes_paused");
    }

    public string Text { get; }

    /// <summary>
    /// The statement that inserts many such rows (<see cref="ManyRows"/>); null if this one does something else, or if PostgreSQL was found
    /// not to take the values in that form.
    /// </summary>
    public string? ForManyRows { get; set; }

    /// <summary>The names of the parameters, in the order of their numbers.</summary>
    public string[] Names { get; }

    /// <summary>
    /// For each parameter: -1, or the index of the parameter of which it says whether it is null. PostgreSQL cannot find the type of a
    /// parameter in <c>@name IS NULL</c>.
    /// </summary>
    public int[] NullTests { get; }

    /// <summary>The tables that it names, and what it does with each.</summary>
    public IReadOnlyList<(string Table, TableUse Use)> Uses { get; }

    /// <summary>
    /// Whether a write that runs it may share no round with others. That is learnt when a write that began with it would have gone wrong; of
    /// what keeps the triggers of other writes from logging it is known from the beginning.
    /// </summary>
    public bool MustBeAlone { get; set; }

    /// <summary>Whether it has a result of rows, even if there are none.</summary>
    public bool ReturnsRows { get; }

    /// <summary>Expands the words that differ between engines. A column with times has the type timestamptz here.</summary>
    public static string Expand(string text) => Sql.Expand(text, Expand, unindexed: "", coveredBy: "");

    private static string Expand(string word, string column, string second) => word switch
    {
        "time_of" => column,
        "hour_key" => $"date_trunc('hour',{column},'UTC')",
        "may_have_zone" => "false",
        "has_time" => $"{column} IS NOT NULL",
        "first_time_key" => $"coalesce({column},{second},{NoTime})",
        "in_other_month" => $"date_trunc('month',coalesce({column},{second}) AT TIME ZONE 'UTC') <> date_trunc('month',{second} AT TIME ZONE 'UTC')",
        "set_time" => $"{column} = {second}",
        _ => $"coalesce({column},{NoTime})",
    };

    private static IEnumerable<(string Table, TableUse Use)> UsesOf(string text) =>
        from match in Used().Matches(text)
        select (match.Groups[2].Value, match.Groups[1].Value switch
        {
            "INSERT INTO" => TableUse.Insert,
            "UPDATE" or "DELETE FROM" => TableUse.Change,
            _ => TableUse.Read,
        });

    [GeneratedRegex(@"@(\w+) IS NULL")]
    private static partial Regex NullTest();

    [GeneratedRegex(@"@(\w+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\b(INSERT INTO|DELETE FROM|(?<!DELETE )FROM|JOIN|UPDATE)\s+([a-z_]+)")]
    private static partial Regex Used();

    [GeneratedRegex(@"^\s*(SELECT|WITH)\b|\bRETURNING\b")]
    private static partial Regex Rows();
}
