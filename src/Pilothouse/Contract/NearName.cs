namespace Pilothouse.Contract;

/// <summary>
/// Finds the known name that an unknown one most probably means: the same name apart from case, underscores and plural, or one edit away
/// from a name of 5 to 7 letters, or two from a longer one. An edit adds, removes or replaces a letter, or swaps two neighbours (Damerau).
/// Names that differ only in digits never match: <c>ema20</c> does not mean <c>ema21</c>.
/// </summary>
internal static class NearName
{
    /// <summary>The longest name that is compared. No known name is as long, and this bounds the cost.</summary>
    private const int Longest = 64;

    private const int MostEdits = 2;

    /// <summary>Returns the nearest of the <paramref name="known"/> names, or null if none is near.</summary>
    public static string? Find(string name, IEnumerable<string> known)
    {
        if (name.Length > Longest)
        {
            return null;
        }

        var plain = Plain(name);
        string? nearest = null;
        var fewest = MostEdits + 1;
        foreach (var candidate in known)
        {
            if (Edits(plain, candidate) is { } edits && edits < fewest)
            {
                (nearest, fewest) = (candidate, edits);
            }
        }

        return nearest;
    }

    /// <summary>Returns how many edits turn one name into the other; null if there are too many for a misspelling.</summary>
    private static int? Edits(string plain, string known)
    {
        var right = Plain(known);
        if (plain == right || IsPlural(plain, right) || IsPlural(right, plain))
        {
            return 0;
        }

        var allowed = right.Count(char.IsLetter) switch { < 5 => 0, < 8 => 1, _ => MostEdits };
        if (allowed == 0 || Math.Abs(plain.Length - right.Length) > allowed || DifferInDigitsOnly(plain, right))
        {
            return null;
        }

        var edits = Distance(plain, right);
        return edits <= allowed ? edits : null;
    }

    private static string Plain(string name)
    {
        Span<char> plain = stackalloc char[Longest];
        var length = 0;
        foreach (var c in name)
        {
            if (c is not ('_' or '-' or ' '))
            {
                plain[length++] = char.ToLowerInvariant(c);
            }
        }

        return new string(plain[..length]);
    }

    private static bool IsPlural(ReadOnlySpan<char> many, ReadOnlySpan<char> one) =>
        one.Length > 0 && (Ends(many, one, "s") || Ends(many, one, "es") || (one[^1] == 'y' && Ends(many, one[..^1], "ies")));

    private static bool Ends(ReadOnlySpan<char> name, ReadOnlySpan<char> stem, ReadOnlySpan<char> ending) =>
        name.Length == stem.Length + ending.Length && name.StartsWith(stem) && name.EndsWith(ending);

    private static bool DifferInDigitsOnly(string a, string b) =>
        a.Where(static c => !char.IsDigit(c)).SequenceEqual(b.Where(static c => !char.IsDigit(c)));

    /// <summary>The restricted Damerau-Levenshtein distance: no letter is edited twice (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var width = b.Length + 1;
        Span<int> cells = stackalloc int[3 * (Longest + 1)];
        var before = cells[..width];
        var last = cells.Slice(width, width);
        var row = cells.Slice(2 * width, width);
        for (var j = 0; j < width; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j < width; j++)
            {
                var cell = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                var isSwap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                row[j] = isSwap ? Math.Min(cell, before[j - 2] + 1) : cell;
            }

            var spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[^1];
    }
}
