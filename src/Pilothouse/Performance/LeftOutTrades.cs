namespace Pilothouse.Performance;

/// <summary>
/// Whose trades count and stay out of the percent figures, since nobody reported a balance of theirs. They are named when a report is
/// made, because later reports of a bot say more of its modes.
/// </summary>
internal sealed class LeftOutTrades
{
    private const int MostNamed = 5;

    private static readonly string[] PercentFields = ["max_drawdown_percent", "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio"];

    private readonly HashSet<(string? Bot, string? Mode)> owners = [];

    public bool Any => owners.Count > 0;

    public void Add(string? bot, string? mode) => owners.Add((bot, mode));

    /// <summary>The accounts, by name.</summary>
    public IReadOnlyList<string> Names(AccountBook? book) =>
        book is null || !Any ? [] : [.. owners.Select(owner => book.NameOf(owner.Bot, owner.Mode)).Distinct().Order(StringComparer.Ordinal)];

    public static string Sentence(IReadOnlyList<string> names)
    {
        var more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "";
        return $"leaves out the trades of {string.Join(", ", names.Take(MostNamed))}{more}, for which no balance was reported";
    }

    /// <summary>Percent figures that leave trades out say so, also where there is a figure.</summary>
    public static void Note(IReadOnlyList<string> names, Dictionary<string, string> undefined)
    {
        foreach (var field in names.Count == 0 ? [] : PercentFields)
        {
            undefined.TryAdd(field, Sentence(names));
        }
    }
}
