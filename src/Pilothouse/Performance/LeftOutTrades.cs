namespace Pilothouse.Performance;

/// <summary>
/// The accounts whose trades count but are left out of the percent figures, because no balance was reported for them. Their names are made
/// when a report is made, because later reports of a bot can tell more about its modes.
/// </summary>
internal sealed class LeftOutTrades
{
    private const int MostNamed = 5;

    private static readonly string[] PercentFields = ["max_drawdown_percent", "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio"];

    private readonly HashSet<(string? Bot, string? Mode)> owners = [];

    public bool Any => owners.Count > 0;

    public void Add(string? bot, string? mode) => owners.Add((bot, mode));

    /// <summary>Returns the names of the accounts.</summary>
    public IReadOnlyList<string> Names(AccountBook? book) =>
        book is null || !Any ? [] : [.. owners.Select(owner => book.NameOf(owner.Bot, owner.Mode)).Distinct().Order(StringComparer.Ordinal)];

    public static string Sentence(IReadOnlyList<string> names)
    {
        var more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "";
        return $"leaves out the trades of {string.Join(", ", names.Take(MostNamed))}{more}, for which no balance was reported";
    }

    /// <summary>Adds a note to every percent figure that trades were left out of, even if the figure is known.</summary>
    public static void Note(IReadOnlyList<string> names, Dictionary<string, string> undefined)
    {
        foreach (var field in names.Count == 0 ? [] : PercentFields)
        {
            undefined.TryAdd(field, Sentence(names));
        }
    }
}
