-- The lists of decisions. Each index of a link takes the place of one on the link alone; most decisions lack most links, and cost nothing there.

DROP INDEX ph_agent_decisions_signal;
DROP INDEX ph_agent_decisions_trade;
DROP INDEX ph_agent_decisions_spike;
DROP INDEX ph_agent_decisions_breaker;
CREATE INDEX ph_agent_decisions_signal_time ON agent_decisions(signal_id, time_key(timestamp), id) WHERE signal_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_trade_time ON agent_decisions(trade_id, time_key(timestamp), id) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_spike_time ON agent_decisions(spike_event_id, time_key(timestamp), id) WHERE spike_event_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_breaker_time ON agent_decisions(circuit_breaker_event_id, time_key(timestamp), id)
WHERE circuit_breaker_event_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_agent_time ON agent_decisions(agent_name, time_key(timestamp), id);
CREATE INDEX ph_agent_decisions_bot_time ON agent_decisions(bot_name, time_key(timestamp), id) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_agent_decisions_groups ON agent_decisions(
  coalesce(agent_role, ''), coalesce(decision_type, ''), coalesce(agent_name, ''), time_key(timestamp), id);
CREATE INDEX ph_agent_decisions_bot_groups ON agent_decisions(
  coalesce(bot_name, '-'), coalesce(agent_name, '-'), coalesce(agent_role, '-'), coalesce(decision_type, '-'), time_key(timestamp), id);

-- agent_performance: the begin of the UTC period of a row that the server made; null in rows of others. One row for each agent and period.
ALTER TABLE agent_performance ADD COLUMN period_start timestamptz;
CREATE UNIQUE INDEX ph_agent_performance_period ON agent_performance(agent_name, period, period_start) WHERE period_start IS NOT NULL;
CREATE INDEX ph_agent_performance_time ON agent_performance(time_key(timestamp), id);
CREATE INDEX ph_agent_performance_agent_time ON agent_performance(agent_name, time_key(timestamp), id);
CREATE INDEX ph_agent_performance_groups ON agent_performance(coalesce(lower(period), ''), coalesce(agent_name, ''), time_key(timestamp), id);

-- Which spikes an agent detected in a period.
CREATE INDEX ph_spike_events_detector_time ON spike_events(agent_detected_by, time_key(timestamp), id) WHERE agent_detected_by IS NOT NULL;
