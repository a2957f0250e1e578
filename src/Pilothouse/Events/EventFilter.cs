using Pilothouse.Contract;

namespace Pilothouse.Events;

/// <summary>Selects the events that a listener wants.</summary>
/// <param name="Names">The names of the events; null for all.</param>
/// <param name="TradingPair">Only of this pair, in capitals; null for all.</param>
/// <param name="BotName">Only of this bot; null for all.</param>
internal sealed record EventFilter(IReadOnlySet<string>? Names, string? TradingPair, string? BotName)
{
    /// <summary>What stands for all bots in a control.</summary>
    private const string AllBots = "*";

    /// <summary>
    /// Whether the listener gets the event. An event of a record that is gone passes the filters of pair and bot, because a listener that
    /// keeps records must learn that one of them is gone.
    /// </summary>
    public bool Takes(LiveEvent one) =>
        Names?.Contains(one.Name) != false
        && (one.IsGone
            || ((TradingPair is null || (one.TradingPair is { } pair && Contract.TradingPair.Upper(pair) == TradingPair))
                && (BotName is null || one.BotName == BotName || one.BotName == AllBots)));

    /// <summary>Reads <c>types=</c>: names separated by commas, such as <c>trade.opened,bot.*</c>.</summary>
    /// <exception cref="Refusal">A name is no event (400).</exception>
    public static IReadOnlySet<string>? ReadNames(string? sent, IReadOnlyCollection<string> known)
    {
        if (sent is null)
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach (var part in sent.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var meant = known.Where(name => part == "*" || string.Equals(name, part, StringComparison.OrdinalIgnoreCase)
                || (part.EndsWith(".*", StringComparison.Ordinal) && name.StartsWith(part[..^1], StringComparison.OrdinalIgnoreCase))).ToList();
            if (meant.Count == 0)
            {
                throw Refusal.Invalid("types", $"must name events, and {PrintableText.Name(part)} is none; there are {string.Join(", ", known.Order(StringComparer.Ordinal))}");
            }

            names.UnionWith(meant);
        }

        return names.Count > 0 ? names : throw Refusal.Invalid("types", "must name at least one event, such as trade.opened or bot.*");
    }
}
