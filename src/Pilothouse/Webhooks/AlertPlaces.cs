namespace Pilothouse.Webhooks;

/// <summary>What an alert may say: the placeholders of a template, and the fields of a JSON message that hold the same.</summary>
internal static class AlertPlaces
{
    public const string Pair = "pair";
    public const string Exchange = "exchange";
    public const string Action = "action";
    public const string Price = "price";

    /// <summary>The moment of the alert.</summary>
    public const string Time = "time";

    /// <summary>When the bar of the alert began.</summary>
    public const string Bar = "bar";

    public const string Interval = "interval";
    public const string Strength = "strength";
    public const string Strategy = "strategy";

    /// <summary>A text that no other alert has.</summary>
    public const string Id = "id";

    public static readonly string[] All = [Pair, Exchange, Action, Price, Time, Bar, Interval, Strength, Strategy, Id];

    /// <summary>Without these no alert is a signal.</summary>
    public static readonly string[] Needed = [Pair, Action, Price];

    /// <summary>The names that fields of a JSON message have, where the webhook says nothing else; the first that a message has counts.</summary>
    private static readonly Dictionary<string, string[]> UsualNames = new()
    {
        [Pair] = ["pair", "trading_pair", "ticker", "symbol"],
        [Exchange] = ["exchange"],
        [Action] = ["action", "side", "signal", "signal_type", "strategy.order.action"],
        [Price] = ["price", "close"],
        [Time] = ["time", "timenow", "timestamp"],
        [Bar] = ["bar", "bar_time"],
        [Interval] = ["interval", "timeframe"],
        [Strength] = ["strength", "signal_strength"],
        [Strategy] = ["strategy", "strategy_name"],
        [Id] = ["id", "alert_id"],
    };

    /// <summary>Returns what a JSON message says, by the names of the placeholders.</summary>
    /// <param name="fields">The fields of the message by their names.</param>
    /// <param name="named">The fields that the webhook names; null for none.</param>
    public static Dictionary<string, string> Of(Dictionary<string, string> fields, Dictionary<string, string?>? named)
    {
        var places = new Dictionary<string, string>();
        foreach (var place in All)
        {
            string[] names = named?.GetValueOrDefault(place) is { } name ? [name] : UsualNames[place];
            if (Array.Find(names, fields.ContainsKey) is { } found)
            {
                places[place] = fields[found];
            }
        }

        return places;
    }

    /// <summary>How a message names a placeholder, for a refusal.</summary>
    public static string NamesOf(string place, Dictionary<string, string?>? named) =>
        named?.GetValueOrDefault(place) is { } name ? name : string.Join(", ", UsualNames[place]);
}

/// <summary>The fields of an alert in JSON, for the OpenAPI document. Each may have one of several names.</summary>
internal sealed record AlertForm(
    string? Ticker = null, string? Exchange = null, string? Action = null, string? Price = null, string? Time = null,
    string? Bar = null, string? Interval = null, string? Strength = null, string? Strategy = null, string? Id = null, string? Secret = null);
