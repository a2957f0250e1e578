using System.Globalization;
using System.Text.Json;

namespace Pilothouse.Mcp;

/// <summary>What an overview says first: the facts of its parts that somebody should look at, in sentences.</summary>
internal static class Alerts
{
    /// <summary>Percent of a budget, from which it is told: the first of the two that <c>budget.reached</c> tells.</summary>
    private const decimal FirstMark = 80;

    /// <param name="parts">The data of each part by its name in the answer.</param>
    public static IEnumerable<string> Of(IReadOnlyDictionary<string, JsonElement> parts)
    {
        if (parts.TryGetValue("circuit_breaker", out var breaker) && breaker.GetProperty("state").GetString() is not "clear" and var state)
        {
            yield return $"The circuit breaker is {state}: may_i_trade says why.";
        }

        foreach (var bot in Records(parts, "bots"))
        {
            var name = bot.GetProperty("bot_name").GetString();
            if (bot.GetProperty("silent").GetBoolean())
            {
                yield return $"The bot {name} is silent.";
            }

            // A bot that has stopped minds its trades no more.
            if (bot.GetProperty("status").GetString() is "stopped" && bot.GetProperty("open_trades").GetInt64() is > 0 and var left)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"The bot {name} has stopped and has {left} open trade{(left == 1 ? "" : "s")}.");
            }

            foreach (var warning in bot.GetProperty("warnings").EnumerateArray())
            {
                yield return $"{name}: {warning.GetString()}";
            }
        }

        if (Records(parts, "open_trades").Count(static trade => !trade.TryGetProperty("stop_loss", out var stop) || stop.ValueKind != JsonValueKind.Number) is > 0 and var unprotected)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Open trades without a stop_loss: {unprotected}.");
        }

        foreach (var budget in Records(parts, "budgets"))
        {
            // The share itself, not what the watch has noted: that comes a moment later.
            if (budget.GetProperty("used_percent") is { ValueKind: JsonValueKind.Number } share && share.GetDecimal() is >= FirstMark and var used)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"The budget of {budget.GetProperty("bot_name").GetString() ?? "all bots"} is used to {used:0.#} %.");
            }
        }
    }

    private static JsonElement.ArrayEnumerator Records(IReadOnlyDictionary<string, JsonElement> parts, string name) =>
        parts.TryGetValue(name, out var records) ? records.EnumerateArray() : default;
}
