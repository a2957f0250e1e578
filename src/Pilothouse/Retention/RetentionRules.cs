namespace Pilothouse.Retention;

/// <summary>
/// Every table from which retention deletes. Decisions come last, and the rows that they refer to are deleted on another night; so a dry
/// run, which deletes nothing, counts what a real run would delete. Trades are never deleted.
/// </summary>
internal static class RetentionRules
{
    private const string ReferredTo = """
        EXISTS (SELECT 1 FROM trades WHERE trades.signal_id = {0}) OR EXISTS (SELECT 1 FROM agent_decisions WHERE agent_decisions.signal_id = {0})
        """;

    /// <summary>
    /// Keeps the report from which the equity of an account starts, the newest report, and the newest with a balance, to which the equity is
    /// compared, of each bot in each of its modes.
    /// </summary>
    private const string FirstBalanceOrNewest = $"""
        old.id = (SELECT one.id FROM bot_status AS one
          WHERE one.bot_name = old.bot_name AND coalesce(lower(one.mode), '') = coalesce(lower(old.mode), '')
          ORDER BY time_key(one.timestamp) DESC, one.id DESC LIMIT 1)
        OR old.id = ({WithBalance} ORDER BY time_key(one.timestamp), one.id LIMIT 1)
        OR old.id = ({WithBalance} ORDER BY time_key(one.timestamp) DESC, one.id DESC LIMIT 1)
        """;

    private const string WithBalance = """
        SELECT one.id FROM bot_status AS one
          WHERE one.balance IS NOT NULL AND one.balance BETWEEN -7.9e28 AND 7.9e28 AND one.bot_name = old.bot_name
            AND coalesce(lower(one.mode), '') = coalesce(lower(old.mode), '')
        """;

    /// <summary>Candles of a day and longer are few, and a year of them is what people look at.</summary>
    private const string OfADayOrLonger = "substr(old.timeframe, length(old.timeframe)) IN ('d', 'w', 'M', 'y')";

    public static IReadOnlyList<RetentionRule> All { get; } =
    [
        new("chart_analyses", static days => days.ChartAnalysesDays, ReferredTo.Replace("{0}", "old.signal_id", StringComparison.Ordinal)),
        new("signals", static days => days.SignalsDays, ReferredTo.Replace("{0}", "old.id", StringComparison.Ordinal)),
        new("bot_status", static days => days.BotStatusDays, FirstBalanceOrNewest),
        new("cost_analytics", static days => days.CostAnalyticsDays),
        new("news_cache", static days => days.NewsCacheDays, until: "cache_expires_at"),
        new("correlation_data", static days => days.CorrelationDataDays),
        new("market_context", static days => days.MarketContextDays),
        new("candles", static days => days.CandlesDays, OfADayOrLonger, time: "open_time"),
        new("agent_decisions", static days => days.AgentDecisionsDays),
    ];
}
