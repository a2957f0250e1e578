namespace Pilothouse.Mcp;

/// <summary>The tools that change nothing.</summary>
internal static class ReadTools
{
    private static readonly Dictionary<string, string> None = [];

    public static readonly Tool[] All =
    [
        new("get_overview", "Overview", ToolKind.Read,
            "Where everything stands, in one call: each bot with its heartbeat and profit, open trades with unrealised profit, results of the last 24 hours,"
            + " circuit breaker, budgets, and alerts. Start here.",
            new("listBots")
            {
                As = "bots", Takes = [], Fixed = Of("limit", "20"),
                Only = ["bot_name", "status", "mode", "heartbeat_age_seconds", "silent", "open_trades", "today_pnl", "total_pnl", "currency", "ai_cost_month", "warnings"],
            },
            new("listOpenTrades")
            {
                As = "open_trades", Takes = [], Fixed = Of("limit", "20"),
                Only = ["id", "timestamp", "trading_pair", "side", "entry_price", "remaining_quantity", "bot_name", "mode", "stop_loss", "take_profit", "price", "price_age_seconds", "unrealized_pnl"],
            },
            new("performance")
            {
                As = "last_24_hours", Takes = [], Fixed = Of("period", "daily"),
                Only = ["total_trades", "winning_trades", "losing_trades", "win_rate", "total_pnl", "total_fees", "by_currency", "currency"],
            },
            new("circuitBreaker") { As = "circuit_breaker", Takes = [], Only = ["state", "may_trade", "since", "reasons"] },
            new("listCostBudgets") { As = "budgets", Takes = [], Only = ["bot_name", "monthly_budget", "spent", "used_percent", "projection", "reached"] }) { Sample = "bots", HasAlerts = true },

        new("list_signals", "Signals", ToolKind.Read, "Signals that bots recorded (BUY, SELL, HOLD with strength and indicators), newest first.", new ToolPart("listSignals")),

        new("list_trades", "Trades", ToolKind.Read,
            "Trades, newest first: open ones with unrealized_pnl, closed ones with pnl. Use status=open for what is at risk now.",
            new ToolPart("listTrades")
            {
                Takes = ["limit", "cursor", "status", "trading_pair", "side", "bot_name", "mode", "signal_id", "external_id", "from_date", "to_date", "closed_from", "closed_to"],
            }),

        new("get_performance", "Performance", ToolKind.Read,
            "Profit and risk of closed trades: win rate, expectancy, drawdown, Sharpe, Sortino. undefined says why a figure is missing. Judge nothing by few trades (about.sample_size).",
            new("performance"),
            new("splitPerformance") { As = "split", When = "split_by", Takes = ["split_by=by", "period", "from_date", "to_date", "trading_pair", "side", "bot_name", "mode", "strategy", "currency", "tz"] },
            new("listTrades") { As = "newest", IsOnlyForAge = true, Takes = ["trading_pair", "side", "bot_name", "mode"], Fixed = Of("status", "closed", "limit", "1") })
        {
            Sample = "total_trades",
            HoldsForeignText = false,
            Explains = new Dictionary<string, string> { ["split_by"] = "Also split the trades by this." },
        },

        new("explain_trade", "Why a trade was made", ToolKind.Read,
            "Why one trade was made and how it went: its signal, analysis, decisions, spike, fills and costs in order of time.",
            new ToolPart("whyTrade") { Target = "trade_id", Takes = [] }) { Sample = "steps" },

        new("get_market_context", "Market", ToolKind.Read,
            "The market now: BTC and ETH, fear and greed, trend, volatility; sentiment of the news; with trading_pair also its last known price.",
            new("latestMarketContext") { As = "market", Takes = [], MayBeMissing = true },
            new("newsSentiment") { As = "news_sentiment", Takes = ["hours"] },
            new("listPrices") { As = "prices", When = "trading_pair", Takes = ["trading_pair"] }) { Sample = "n" },

        new("get_correlations", "Correlations", ToolKind.Read,
            "How prices of assets move together: the newest matrix or, with asset1 and asset2, one pair. Check before opening trades that are one bet.",
            new("correlationMatrix") { Unless = "asset1", Takes = ["period_days"] },
            new("latestCorrelation") { When = "asset1", Takes = ["asset1", "asset2", "period_days"] }) { Sample = "samples", HoldsForeignText = false },

        new("get_costs", "Costs of AI", ToolKind.Read,
            "What AI and other APIs cost: by day, API, model and bot, projection to the month's end, what the cache saved, and budgets.",
            new("costSummary"),
            new("listCostBudgets") { As = "budgets", Takes = [] },
            new("listApiCosts") { As = "newest", IsOnlyForAge = true, Takes = ["bot_name", "model"], Fixed = Of("limit", "1") }) { Sample = "uses" },

        new("get_agent_performance", "Agents' decisions", ToolKind.Read,
            "How good the decisions of each AI agent were: accuracy with its interval, calibration, time and cost. Under 30 cases enough_data is false.",
            new ToolPart("agentPerformance")) { Sample = "decisions" },

        new("get_signal_scorecard", "Signals' scorecard", ToolKind.Read,
            "What became of signals: how often they were right after 1, 4 and 24 hours beside how often the price moved that way anyway (base_rate), and the trades that followed.",
            new ToolPart("signalScorecard")) { Sample = "signals" },

        new("list_events", "Events", ToolKind.Read,
            "What happened lately, newest first: trades opened and closed, signals, breaker, bots silent or back. types narrows it, such as trade.*,breaker.*.",
            new ToolPart("recentEvents")),

        new("get_consent", "Consent", ToolKind.Read,
            "What became of a call that waits for a person (its answer had consent_id): waiting, approved with its result, denied, expired or failed. Ask it every few seconds.",
            new ToolPart("findConsent") { Target = "consent_id", Takes = [] }) { IsForConsent = true },

        new("may_i_trade", "May I trade?", ToolKind.Read,
            "Whether the circuit breaker lets a bot open trades now, why not, how far each measure is from its limit, and what its owner asks of the bot. Ask before open_trade.",
            new("circuitBreaker"),
            new("botControl") { As = "asked_of_bot", When = "bot_name", Target = "bot_name", Takes = [], Fixed = Of("limit", "1"), Only = ["bot_name", "control_seq", "state", "mode", "emergency_close", "open_trades", "reason", "progress", "current"] },
            new("latestMarketContext") { As = "newest", IsOnlyForAge = true, Takes = [], MayBeMissing = true }) { Sample = "measures" },
    ];

    private static Dictionary<string, string> Of(params string[] pairs) =>
        pairs.Length == 0 ? None : pairs.Chunk(2).ToDictionary(static pair => pair[0], static pair => pair[1]);
}
