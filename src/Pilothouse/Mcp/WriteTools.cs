namespace Pilothouse.Mcp;

/// <summary>The tools that store records. Each runs the same write as its POST.</summary>
internal static class WriteTools
{
    public static readonly Tool[] All =
    [
        Write("record_signal", "Record a signal", "Store a signal: what to do with a pair now, how strongly (-100 to 100), and the indicators behind it.", "createSignal"),

        Write("record_analysis", "Record an analysis", "Store an analysis of a chart with its recommendation.", "createAnalysis"),

        Write("record_decision", "Record a decision",
            "Store what an agent decided and why, also decisions not to trade: they are judged later by what became of the trade or the price (get_agent_performance).", "createDecision"),

        Write("open_trade", "Open a trade",
            "Record a trade that was opened. It places no order at an exchange. Refused while the circuit breaker is triggered (breaker-triggered).", "createTrade") with
        {
            Explains = new Dictionary<string, string> { ["external_id"] = "The exchange's id: the same trade is stored once.", ["signal_id"] = "The signal that it follows." },
        },

        Write("add_fill", "Add a fill", "Record a further entry or a partial exit of an open trade. The exit that leaves nothing closes the trade.", "addFill", "trade_id"),

        Write("close_trade", "Close a trade", "Close an open trade, or with quantity a part of it. Its profit is computed by the server.", "closeTrade", "trade_id") with { IsDestructive = true },

        Write("record_market_context", "Record the market", "Store an observation of the market. The circuit breaker judges it at once.", "createMarketContext"),

        Write("record_cost", "Record a cost", "Store a use of an AI model or another API. Without estimated_cost the tokens are priced by the price table.", "createApiCost"),

        Write("record_spike", "Record a spike", "Store a sudden move of a price that was detected.", "createSpike"),

        Write("record_news", "Record news", "Store an article with its sentiment. One with a known article_url takes the place of the earlier one.", "createNews") with
        { IsDestructive = true, IsIdempotent = true },

        Write("report_status", "Report a bot's status",
            "A bot's heartbeat: how it does. The answer has control, what is asked of the bot: obey it, and send its control_seq with the next report.", "createBotStatus"),
    ];

    private static Tool Write(string name, string title, string description, string operation, string? target = null) =>
        new(name, title, ToolKind.Write, description, new ToolPart(operation) { Target = target, Takes = [] });
}
