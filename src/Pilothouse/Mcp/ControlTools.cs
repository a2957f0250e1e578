namespace Pilothouse.Mcp;

/// <summary>The tools that control bots and the circuit breaker. They need the scope control, which no agent gets by the way.</summary>
internal static class ControlTools
{
    public static readonly Tool[] All =
    [
        new("trigger_circuit_breaker", "Stop trading", ToolKind.Control, "Stop the opening of trades, of all bots or of one, until it is cleared by hand.",
            new ToolPart("triggerCircuitBreaker") { Takes = [] })
        { IsDestructive = true, IsIdempotent = true },

        new("clear_circuit_breaker", "Let trading go on", ToolKind.Control,
            "Clear the circuit breaker. A measure that is still past its limit must be held on purpose (breaker-still-past-limit). Only when a person asked for it.",
            new ToolPart("clearCircuitBreaker") { Takes = [] })
        { IsDestructive = true },

        new("control_bot", "Control a bot", ToolKind.Control, "Ask a bot, or all bots (*), to run, pause, stop, change its mode or close every open trade (emergency_close).",
            new ToolPart("controlBot") { Target = "bot_name", Takes = [] })
        { IsDestructive = true },
    ];
}
