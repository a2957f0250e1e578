namespace Pilothouse.Contract;

/// <summary>The words that an enumerated field may hold, in the spelling in which they are stored.</summary>
internal sealed class Choices(params string[] all)
{
    public IReadOnlyList<string> All { get; } = all;

    /// <summary>Synonyms that clients may send, and the word that each stands for.</summary>
    public IReadOnlyDictionary<string, string> Also { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the words are stored in capitals (true) or in small letters (false).</summary>
    public bool AreCapitals { get; } = !all.Any(static word => word.Any(char.IsAsciiLetterLower));

    /// <summary>Returns the word as it is stored, or null if it is unknown.</summary>
    public string? Find(string text)
    {
        foreach (var choice in all)
        {
            if (choice.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        foreach (var (other, choice) in Also)
        {
            if (other.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        return null;
    }

    /// <summary>
    /// Returns the SQL that reads a column as one of these words: in any case, and a synonym as the word that it stands for, because other
    /// programs store those. Indexes contain exactly this expression, so a change of the words needs a migration that creates them again.
    /// </summary>
    public string ReadFrom(string column)
    {
        var text = AreCapitals ? $"upper({column})" : $"lower({column})";
        return Also.Count == 0 ? text
            : $"CASE {text} {string.Concat(Also.Select(pair => $"WHEN '{InCase(pair.Key)}' THEN '{pair.Value}' "))}ELSE {text} END";
    }

    private string InCase(string word) => AreCapitals ? word.ToUpperInvariant() : word.ToLowerInvariant();

    /// <summary>Returns the word as it is stored, or null if it is unknown or null.</summary>
    public string? Normal(string? text) => text is null ? null : Find(text);

    public override string ToString() => string.Join(", ", all);
}
