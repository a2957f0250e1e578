-- The seed's indexes.

CREATE INDEX IF NOT EXISTS idx_signals_timestamp ON signals(timestamp);
CREATE INDEX IF NOT EXISTS idx_trades_timestamp ON trades(timestamp);
CREATE INDEX IF NOT EXISTS idx_trades_status ON trades(status);
CREATE INDEX IF NOT EXISTS idx_market_context_timestamp ON market_context(timestamp);
CREATE INDEX IF NOT EXISTS idx_chart_analyses_timestamp ON chart_analyses(timestamp);
CREATE INDEX IF NOT EXISTS idx_spike_events_timestamp ON spike_events(timestamp);
CREATE INDEX IF NOT EXISTS idx_spike_events_status ON spike_events(status);
CREATE INDEX IF NOT EXISTS idx_spike_events_trading_pair ON spike_events(trading_pair);
CREATE INDEX IF NOT EXISTS idx_circuit_breaker_events_triggered_at ON circuit_breaker_events(triggered_at);
CREATE INDEX IF NOT EXISTS idx_circuit_breaker_events_status ON circuit_breaker_events(status);
CREATE INDEX IF NOT EXISTS idx_agent_decisions_timestamp ON agent_decisions(timestamp);
CREATE INDEX IF NOT EXISTS idx_agent_decisions_agent_name ON agent_decisions(agent_name);
CREATE INDEX IF NOT EXISTS idx_agent_performance_agent_name ON agent_performance(agent_name);

-- Ours: each list of the API is read from an index on (filter, time), in order; the row id is the last part of every index.
CREATE INDEX IF NOT EXISTS ph_signals_time ON signals(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_signals_pair_time ON signals(upper(trading_pair), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_signals_type_time ON signals(upper(signal_type), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_time ON trades(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_pair_time ON trades(upper(trading_pair), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_status_time ON trades(lower(status), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_status_pair_time ON trades(lower(status), upper(trading_pair), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_side_time ON trades(upper(side), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_trades_bot_time ON trades(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_trades_close ON trades(coalesce(nullif(time_key(closed_at), ''), time_key(timestamp))) WHERE lower(status) = 'closed';
CREATE INDEX IF NOT EXISTS ph_trades_signal ON trades(signal_id) WHERE signal_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ph_trades_external_id ON trades(coalesce(bot_name, ''), external_id) WHERE external_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_bot_status_time ON bot_status(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_bot_status_bot_time ON bot_status(bot_name, time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_bot_status_balance ON bot_status(bot_name, time_key(timestamp)) WHERE balance IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_market_context_time ON market_context(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_chart_analyses_time ON chart_analyses(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_chart_analyses_pair_time ON chart_analyses(upper(trading_pair), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_correlation_assets_time ON correlation_data(upper(asset1), upper(asset2), period_days, time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_correlation_time ON correlation_data(period_days, time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_cost_analytics_time ON cost_analytics(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_cost_analytics_api_time ON cost_analytics(lower(api_name), time_key(timestamp));
