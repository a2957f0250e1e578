using System.Globalization;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;

namespace Pilothouse.Alerts;

/// <summary>What is told of what happens. Names of bots and reasons are text that others chose: they are cut, and hold no line breaks.</summary>
internal static class AlertRules
{
    /// <summary>The tables whose changes may be told. The others are not read.</summary>
    public static readonly IReadOnlySet<string> Tables = new HashSet<string>
    {
        "circuit_breaker_events", "bot_presence", "bot_status", "cost_budget_marks", "consent_requests", "trades", "notices",
    };

    /// <summary>Parts of the server that are told in another way, or that are this part.</summary>
    private static readonly HashSet<string> Untold = ["budgets", "circuit-breaker", "alerts"];

    /// <summary>Returns what an event tells; null for nothing.</summary>
    /// <param name="name">The name of the event on the live stream.</param>
    /// <param name="data">Its record.</param>
    public static AlertNote? Of(string name, JsonElement data)
    {
        var (id, bot) = (Text(data, "id"), Text(data, "bot_name") is { Length: > 0 } named ? named : null);
        var who = bot is null or "*" ? "all bots" : $"the bot {Shown(bot)}";
        switch (name)
        {
            case "breaker.triggered":
                var rehearsal = Text(data, "dry_run") == "1" ? "Rehearsal: " : "";
                return new(AlertSettings.Breaker, name, $"{rehearsal}Trading of {who} is stopped. {Shown(Text(data, "trigger_reason"))}", bot, $"breaker:{id}") { IsUrgent = true };
            case "breaker.cleared":
                return new(AlertSettings.Breaker, name, $"Trading of {who} goes on: the circuit breaker was cleared.", bot, $"breaker:{id}") { IsUrgent = true, IsResolved = true };
            case "bot.silent":
                return new(AlertSettings.Bots, name, $"{Begin(who)} is silent. Its last report came at {Time(data, "last_report_at")}.", bot, $"silent:{bot}:{Text(data, "mode")}");
            case "bot.back":
                return new(AlertSettings.Bots, name, $"{Begin(who)} reports again.", bot, $"silent:{bot}:{Text(data, "mode")}") { IsResolved = true };
            case "bot.reported" when Text(data, "status").Equals("error", StringComparison.OrdinalIgnoreCase):
                return new(AlertSettings.Bots, "bot.error", $"{Begin(who)} reports an error: {Shown(Text(data, "message"))}", bot, $"error:{bot}");
            case "bot.reported":
                return new(AlertSettings.Bots, "bot.well", $"{Begin(who)} reports {Shown(Text(data, "status"))} after an error.", bot, $"error:{bot}") { IsResolved = true };
            case "budget.reached":
                return new(AlertSettings.Budgets, name, $"{Text(data, "percent")} percent of the budget of {who} for outside APIs are spent: {Text(data, "spent")} of {Text(data, "monthly_budget")} dollars in {Text(data, "month")}.", bot);
            case "consent.asked":
                return new(AlertSettings.Consents, name, $"{Shown(Text(data, "asked_by_name") is { Length: > 0 } asker ? asker : Text(data, "asked_by"))} asks for your consent to {Text(data, "consent")} (request {id}), until {Time(data, "expires_at")}.", bot);
            case "trade.opened":
                return new(AlertSettings.Trades, name, $"{Begin(who)} opened {Text(data, "side")} {Text(data, "quantity")} {Shown(Text(data, "trading_pair"))} at {Text(data, "entry_price")} (trade {id}).", bot);
            case "trade.closed":
                return new(AlertSettings.Trades, name, $"{Begin(who)} closed {Shown(Text(data, "trading_pair"))} at {Text(data, "exit_price")}, result {Text(data, "pnl")} {Text(data, "settle_asset")} (trade {id}).", bot);
            case "backup.made":
                return new(AlertSettings.Backups, name, "A backup was made and verified.");
            default:
                return null;
        }
    }

    /// <summary>Returns what the condition of a part of this server tells; null if it is well.</summary>
    public static AlertNote? Of(Condition condition, string machine) => condition.State == ConditionState.Ok || Untold.Contains(condition.Name) ? null
        : new(AlertSettings.Conditions, condition.State == ConditionState.Failed ? "condition.failed" : "condition.warning",
            $"{machine}: {condition.Name}. {condition.Message}", null, $"condition:{machine}:{condition.Name}:{condition.State}")
        { IsUrgent = condition.Name is "database" or "integrity" };

    public static AlertNote Unheard(long control, string bot) => new(
        AlertSettings.Emergency, "control.unheard", $"{(bot == "*" ? "No bot has" : $"The bot {Shown(bot)} has not")} heard the emergency close within a minute: {(bot == "*" ? "close the trades" : "close its trades")} at the exchange by hand.",
        bot, string.Create(CultureInfo.InvariantCulture, $"control:{control}"))
    { IsUrgent = true };

    public static AlertNote TriedOften(string client) => new(
        AlertSettings.Logins, "login.refused", $"The PIN was tried so often that further attempts are refused ({Shown(client)}). If it was not you, look at the log, and close this port to strangers.", null, $"login:{client}");

    /// <summary>Returns what tells that a trouble has ended that is looked for, and not heard of as an event; null if that is not told.</summary>
    public static AlertNote? EndOf(string key)
    {
        var parts = key.Split(':');
        return parts switch
        {
            ["condition", var machine, var name, _] => new(AlertSettings.Conditions, "condition.well", $"{machine}: {name} is well again.", null, key) { IsResolved = true },
            ["control", var control] => new(AlertSettings.Emergency, "control.heard", $"The emergency close (control {control}) was heard, or is a day old.", null, key) { IsResolved = true, IsUrgent = true },
            _ => null,
        };
    }

    /// <summary>Whether the trouble is one that is looked for anew at each look.</summary>
    public static bool IsLookedFor(string key, string machine) =>
        key.StartsWith("control:", StringComparison.Ordinal) || key.StartsWith("login:", StringComparison.Ordinal) || key.StartsWith($"condition:{machine}:", StringComparison.Ordinal);

    private static string Begin(string who) => char.ToUpperInvariant(who[0]) + who[1..];

    private static string Text(JsonElement data, string name) => data.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : "";

    private static string Time(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time)
            ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) : "an unknown time";

    private static string Shown(string text) => PrintableText.Of(text.Length > 300 ? text[..300] + "..." : text);
}
