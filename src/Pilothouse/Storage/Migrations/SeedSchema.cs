namespace Pilothouse.Storage.Migrations;

/// <summary>The columns that the tables shared with the Python bots must have, and the columns that we add at their end.</summary>
internal static class SeedSchema
{
    /// <summary>The columns of each shared table, without those that we add.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Tables = new Dictionary<string, string[]>
    {
        ["signals"] = Split("id timestamp trading_pair signal_type signal_strength price rsi macd macd_signal macd_histogram vwap ema9 ema21 sma50 bb_upper bb_middle bb_lower volume status"),
        ["trades"] = Split("id timestamp trading_pair side entry_price exit_price quantity pnl status signal_id leverage position_mode stop_loss take_profit closed_at"),
        ["bot_status"] = Split("id timestamp bot_name status pid balance open_positions total_trades win_rate total_pnl"),
        ["model_checkpoints"] = Split("id timestamp model_path version episode win_rate avg_return total_states notes"),
        ["market_context"] = Split("id timestamp btc_price btc_change_24h eth_price eth_change_24h btc_dominance fear_greed_index market_trend btc_trend market_regime volatility_level"),
        ["chart_analyses"] = Split("id timestamp trading_pair timeframe recommendation confidence key_observations risk_factors ai_analysis support_levels resistance_levels chart_image_path"),
        ["performance_metrics"] = Split("id timestamp period total_trades winning_trades losing_trades win_rate total_pnl avg_win avg_loss max_loss sharpe_ratio risk_reward_ratio"),
        ["correlation_data"] = Split("id timestamp asset1 asset2 correlation_value period_days strength"),
        ["cost_analytics"] = Split("id timestamp api_name operation_type api_calls estimated_cost cache_hits cache_misses"),
        ["news_cache"] = Split("id timestamp article_url article_title sentiment confidence cache_expires_at"),
        ["spike_events"] = Split("id timestamp trading_pair spike_type direction magnitude_percent timeframe_minutes volume_multiplier price_from price_to confidence_score detection_latency_ms agent_detected_by status skip_reason context_analysis risk_assessment trade_id outcome pnl"),
        ["circuit_breaker_events"] = Split("id triggered_at cleared_at trigger_reason trigger_type status btc_price_at_trigger eth_price_at_trigger btc_drop_percent eth_drop_percent market_cap_drop_percent liquidations_1h fear_greed_index trigger_details market_snapshot downtime_seconds capital_saved orders_cancelled positions_affected recovery_time_seconds recovery_conditions_met user_notified notes"),
        ["agent_decisions"] = Split("id timestamp agent_name agent_role decision_type decision confidence reasoning input_data output_data execution_time_ms spike_event_id circuit_breaker_event_id trade_id"),
        ["agent_performance"] = Split("id timestamp agent_name period total_decisions correct_decisions incorrect_decisions accuracy_percent avg_confidence avg_execution_time_ms total_spikes_detected true_positives false_positives false_negatives circuit_breaker_triggers false_circuit_breaker_triggers notes"),
    };

    /// <summary>The nullable columns that we add at the end of shared tables: table, column, type.</summary>
    public static readonly IReadOnlyList<(string Table, string Column, string Type)> Added =
    [
        ("signals", "bot_name", "TEXT"), ("signals", "strategy", "TEXT"), ("signals", "timeframe", "TEXT"), ("signals", "confidence", "REAL"),
        ("trades", "bot_name", "TEXT"), ("trades", "mode", "TEXT"), ("trades", "fees", "REAL"), ("trades", "pnl_percentage", "REAL"),
        ("trades", "exit_reason", "TEXT"), ("trades", "external_id", "TEXT"),
        ("bot_status", "mode", "TEXT"), ("bot_status", "message", "TEXT"),
        ("model_checkpoints", "bot_name", "TEXT"),
        ("market_context", "total_market_cap", "REAL"), ("market_context", "liquidations_1h", "REAL"),
        ("chart_analyses", "bot_name", "TEXT"), ("chart_analyses", "model", "TEXT"), ("chart_analyses", "signal_id", "INTEGER"),
        ("performance_metrics", "max_drawdown", "REAL"), ("performance_metrics", "profit_factor", "REAL"),
        ("correlation_data", "samples", "INTEGER"),
        ("cost_analytics", "bot_name", "TEXT"), ("cost_analytics", "model", "TEXT"), ("cost_analytics", "input_tokens", "INTEGER"),
        ("cost_analytics", "output_tokens", "INTEGER"), ("cost_analytics", "decision_id", "INTEGER"),
        ("news_cache", "source", "TEXT"), ("news_cache", "published_at", "DATETIME"),
        ("circuit_breaker_events", "triggered_by", "TEXT"), ("circuit_breaker_events", "cleared_by", "TEXT"),
        ("agent_decisions", "signal_id", "INTEGER"), ("agent_decisions", "bot_name", "TEXT"),
    ];

    private static string[] Split(string columns) => columns.Split(' ');
}
