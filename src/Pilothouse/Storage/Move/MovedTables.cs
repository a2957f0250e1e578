namespace Pilothouse.Storage.Move;

/// <summary>
/// Every table that both engines have, with its columns. A table comes after those that it refers to. A test holds this list to the
/// schemas of both engines. Not here: the journal of migrations, which each engine has for itself, and what only one engine needs.
/// </summary>
internal static class MovedTables
{
    public static readonly IReadOnlyList<MovedTable> All =
    [
        new("signals", "id", """
            id:whole! timestamp:time trading_pair:text! signal_type:text! signal_strength:whole! price:money! rsi:number
            macd:number macd_signal:number macd_histogram:number vwap:number ema9:number ema21:number sma50:number bb_upper:number
            bb_middle:number bb_lower:number volume:number status:text bot_name:text strategy:text timeframe:text
            confidence:number model:text
            """),
        new("trades", "id", """
            id:whole! timestamp:time trading_pair:text! side:text! entry_price:money! exit_price:money quantity:money! pnl:money
            status:text signal_id:whole>signals leverage:money position_mode:text stop_loss:money take_profit:money closed_at:time
            bot_name:text mode:text fees:money pnl_percentage:money exit_reason:text external_id:text voided_at:time
            void_reason:text contract_size:money contract_type:text settle_asset:text fee_asset:text fee_rate:money funding:money
            strategy:text remaining_quantity:money realized_pnl:money average_cost:money initial_stop_loss:money
            """),
        new("fills", "id", """
            id:whole! trade_id:whole!>trades kind:text! price:money! quantity:money! fees:money filled_at:time external_id:text
            """),
        new("bot_status", "id", """
            id:whole! timestamp:time bot_name:text! status:text! pid:whole balance:money open_positions:whole total_trades:whole
            win_rate:number total_pnl:money mode:text message:text expected_every_seconds:whole control_seq:whole
            """),
        new("model_checkpoints", "id", """
            id:whole! timestamp:time model_path:text! version:text! episode:whole win_rate:number avg_return:number
            total_states:whole notes:text bot_name:text
            """),
        new("market_context", "id", """
            id:whole! timestamp:time btc_price:money btc_change_24h:number eth_price:money eth_change_24h:number
            btc_dominance:number fear_greed_index:whole market_trend:text btc_trend:text market_regime:text volatility_level:text
            total_market_cap:money liquidations_1h:money
            """),
        new("chart_analyses", "id", """
            id:whole! timestamp:time trading_pair:text! timeframe:text! recommendation:text confidence:text key_observations:text
            risk_factors:text ai_analysis:text support_levels:text resistance_levels:text chart_image_path:text bot_name:text
            model:text signal_id:whole
            """),
        new("performance_metrics", "id", """
            id:whole! timestamp:time period:text! total_trades:whole winning_trades:whole losing_trades:whole win_rate:number
            total_pnl:money avg_win:money avg_loss:money max_loss:money sharpe_ratio:number risk_reward_ratio:number
            max_drawdown:money profit_factor:number period_start:time
            """),
        new("correlation_data", "id", """
            id:whole! timestamp:time asset1:text! asset2:text! correlation_value:number! period_days:whole strength:text
            samples:whole
            """),
        new("correlation_matrices", "name", """
            name:text! period_days:whole! computed_at:time! window_end:time! assets:text! correlations:text! samples:text!
            """),
        new("cost_analytics", "id", """
            id:whole! timestamp:time api_name:text! operation_type:text! api_calls:whole estimated_cost:money cache_hits:whole
            cache_misses:whole bot_name:text model:text input_tokens:whole output_tokens:whole decision_id:whole
            cached_tokens:whole signal_id:whole analysis_id:whole cost_source:text
            """),
        new("news_cache", "id", """
            id:whole! timestamp:time article_url:text! article_title:text sentiment:text confidence:number cache_expires_at:time
            source:text published_at:time assets:text
            """),
        new("news_assets", "id asset", """
            id:whole! asset:text! sentiment:text source:text listed_at:time expires_at:time
            """),
        new("spike_events", "id", """
            id:whole! timestamp:time trading_pair:text! spike_type:text! direction:text! magnitude_percent:number!
            timeframe_minutes:whole! volume_multiplier:number price_from:money! price_to:money! confidence_score:number
            detection_latency_ms:whole agent_detected_by:text status:text skip_reason:text context_analysis:json
            risk_assessment:json trade_id:whole>trades outcome:text pnl:money bot_name:text
            """),
        new("circuit_breaker_events", "id", """
            id:whole! triggered_at:time! cleared_at:time trigger_reason:text! trigger_type:text! status:text!
            btc_price_at_trigger:money eth_price_at_trigger:money btc_drop_percent:number eth_drop_percent:number
            market_cap_drop_percent:number liquidations_1h:money fear_greed_index:whole trigger_details:json market_snapshot:json
            downtime_seconds:whole capital_saved:money orders_cancelled:whole positions_affected:whole recovery_time_seconds:whole
            recovery_conditions_met:json user_notified:whole notes:text triggered_by:text cleared_by:text bot_name:text mode:text
            dry_run:whole
            """),
        new("breaker_refusals", "id", """
            id:whole! timestamp:time! last_refused_at:time! times:whole! event_id:whole! bot_name:text
            trading_pair:text! side:text! mode:text trade_id:whole price:money quantity:money
            """),
        new("agent_decisions", "id", """
            id:whole! timestamp:time agent_name:text! agent_role:text! decision_type:text! decision:text! confidence:number
            reasoning:text input_data:json output_data:json execution_time_ms:whole spike_event_id:whole>spike_events
            circuit_breaker_event_id:whole>circuit_breaker_events trade_id:whole>trades signal_id:whole bot_name:text
            """),
        new("agent_performance", "id", """
            id:whole! timestamp:time agent_name:text! period:text! total_decisions:whole correct_decisions:whole
            incorrect_decisions:whole accuracy_percent:number avg_confidence:number avg_execution_time_ms:number
            total_spikes_detected:whole true_positives:whole false_positives:whole false_negatives:whole
            circuit_breaker_triggers:whole false_circuit_breaker_triggers:whole notes:text period_start:time
            """),
        new("candles", "id", """
            id:whole! trading_pair:text! timeframe:text! open_time:time! open:money! high:money! low:money! close:money!
            volume:number known_at:time
            """),
        new("bot_controls", "id", """
            id:whole! asked_at:time! bot_name:text! state:text mode:text emergency_close:whole open_trades:text reason:text
            asked_by:text asked_by_name:text
            """),
        new("bot_control_acks", "id", """
            id:whole! bot_name:text! control_seq:whole!>bot_controls heard_at:time! done_at:time
            """),
        new("bot_presence", "id", """
            id:whole! bot_name:text! mode:text! silent:whole! since:time! last_report_at:time last_report_id:whole
            expected_every_seconds:whole
            """),
        new("cash_flows", "id", """
            id:whole! timestamp:time bot_name:text mode:text amount:money! asset:text note:text external_id:text
            """),
        new("model_prices", "id", """
            id:whole! model:text! valid_from:time! input_per_million:money! output_per_million:money! cached_per_million:money
            currency:text! note:text
            """),
        new("cost_budgets", "id", """
            id:whole! bot_name:text! monthly_budget:money! set_at:time! set_by:text
            """),
        new("cost_budget_marks", "id", """
            id:whole! month:text! bot_name:text! percent:whole! monthly_budget:money! spent:money! reached_at:time! paused_by:whole
            """),
        new("api_keys", "id", """
            id:whole! name:text! key_hash:text! scopes:text! seal:text! bot_name:text created_at:time! expires_at:time
            revoked_at:time agent:whole
            """),
        new("alerts", "id", """
            id:whole! at:time! topic:text! event:text! state:text! text:text! bot_name:text resolved:whole! urgent:whole! count:whole!
            gather_until:time! queued_at:time
            """),
        new("alert_deliveries", "id", """
            id:whole! alert_id:whole!>alerts target:text! state:text! attempts:whole! first_at:time! next_at:time sent_at:time
            problem:text claimed_until:time
            """),
        new("alert_troubles", "trouble", """
            trouble:text! since:time!
            """),
        new("alert_positions", "name", """
            name:text! position:whole! version:whole!
            """),
        new("consent_requests", "id", """
            id:whole! asked_at:time! expires_at:time! status:text! consent:text! operation:text! target:text body:text
            bot_name:text door:text! address:text asked_by:text! asked_by_name:text credential:text! seal:text! decided_at:time
            decided_by:text decided_by_name:text reason:text result_status:whole result:text
            """),
        new("webhooks", "id", """
            id:whole! kind:text! name:text! bot_name:text! terms:text! secret_hash:text! seal:text! created_at:time! created_by:text!
            revoked_at:time
            """),
        new("webhook_deliveries", "id", """
            id:whole! timestamp:time! webhook_id:whole! address:text request_id:text outcome:text! code:text message:text!
            record_table:text record_id:whole message_key:text content_hash:text body:text
            """),
        new("revoked_tokens", "jti", """
            jti:text! expires_at:time!
            """),
        new("login_budgets", "client", """
            client:text! window_ends:time! attempts:whole!
            """),
        new("idempotency_keys", "owner path idempotency_key", """
            owner:text! path:text! idempotency_key:text! body_hash:text! status:whole! answer:text! created_at:time!
            """),
        new("imported_rows", "source record_table source_key", """
            source:text! record_table:text! source_key:text! record_id:whole! fingerprint:text! imported_at:time!
            """),
        new("maintenance_runs", "task", """
            task:text! finished_at:time! good:whole! message:text!
            """),
        new("notices", "id", """
            id:whole! timestamp:time! event:text! data:text!
            """),
        new("changes", "seq", """
            seq:whole! table_name:text! row_id:whole! kind:text! was_closed:whole at:time!
            """),
        new("breaker_states", "name", """
            name:text! position:whole! version:whole! memory:text!
            """),
        new("changes_paused", "reason", """
            reason:text!
            """),
        new("audit_log", "id", """
            id:whole! timestamp:time! who:text! who_name:text operation:text! door:text! address:text request_id:text
            record_table:text record_id:whole before:text after:text reason:text chain:text! number:whole! key_id:text! hash:text!
            """),
        new("audit_chains", "chain", """
            chain:text! first_number:whole! first_hash:text! number:whole! hash:text! key_id:text! seal:text!
            """),
    ];

    /// <summary>Tables of SQLite files only: what the reading of local times needs, and marks that are never committed.</summary>
    public static readonly IReadOnlyList<string> OnlyInFiles =
        ["schema_migrations", "foreign_time_offsets", "foreign_time_backlog", "server_writes"];

    /// <summary>Tables of PostgreSQL only.</summary>
    public static readonly IReadOnlyList<string> OnlyOnServers = ["schema_migrations", "write_guard"];
}
