namespace Pilothouse.Agents;

/// <summary>
/// What a decision says, as far as it can be judged (docs/metrics.md, "Agents"). Agents write it in many ways: BUY, enter_long, SKIP, no-trade,
/// "Reject: spread too wide". Its words are looked for in a few lists.
/// </summary>
/// <param name="IsAgainst">Whether it is against trading.</param>
/// <param name="Way">1 if it names a rise, -1 a fall; 0 if it names neither, so that what it is about says it.</param>
/// <param name="IsKnown">Whether any of its words is known.</param>
internal readonly record struct Stance(bool IsAgainst, int Way, bool IsKnown)
{
    private static readonly HashSet<string> Against = Words(
        "skip skipped skipping hold holding wait waiting reject rejected rejecting veto vetoed deny denied decline declined avoid ignore ignored block blocked "
        + "cancel cancelled canceled abort aborted refuse refused no not dont never neutral flat");

    private static readonly HashSet<string> Up = Words("buy bought buying long bullish up pump rise call");

    private static readonly HashSet<string> Down = Words("sell sold selling short bearish down dump fall put");

    private static readonly HashSet<string> For = Words(
        "trade traded enter entered entry execute executed approve approved accept accepted confirm confirmed proceed open go yes take allow allowed");

    /// <summary>Reads the words of a decision: its letters, in any case, whatever stands between them.</summary>
    public static Stance Of(string? decision)
    {
        var (isAgainst, way, isFor) = (false, 0, false);
        var text = (decision ?? "").Replace("'", "", StringComparison.Ordinal).Replace("\u2019", "", StringComparison.Ordinal).ToLowerInvariant();
        for (var i = 0; i < text.Length; i++)
        {
            var begin = i;
            while (i < text.Length && char.IsAsciiLetterLower(text[i]))
            {
                i++;
            }

            var word = text[begin..i];
            isAgainst |= Against.Contains(word);
            isFor |= For.Contains(word);
            way = way != 0 ? way : Up.Contains(word) ? 1 : Down.Contains(word) ? -1 : 0;
        }

        return new(isAgainst, way, isAgainst || isFor || way != 0);
    }

    /// <summary>Returns the way that the price must go for the decision to be right: 1 up, -1 down, 0 if that cannot be told.</summary>
    /// <param name="about">The way of what it is about: 1 for a signal to buy and a pump, -1 for a signal to sell and a dump.</param>
    public int WayOf(int about)
    {
        var way = Way != 0 ? Way : IsKnown ? about : 0;
        return IsAgainst ? -way : way;
    }

    private static HashSet<string> Words(string words) => [.. words.Split(' ')];
}
