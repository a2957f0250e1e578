-- The lists of decisions. Each index of a link takes the place of one on the link alone; most decisions lack most links, and cost nothing there.

DROP INDEX IF EXISTS ph_agent_decisions_signal;
DROP INDEX IF EXISTS ph_agent_decisions_trade;
DROP INDEX IF EXISTS ph_agent_decisions_spike;
DROP INDEX IF EXISTS ph_agent_decisions_breaker;
CREATE INDEX ph_agent_decisions_signal_time ON agent_decisions(signal_id, time_key(timestamp)) WHERE signal_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_trade_time ON agent_decisions(trade_id, time_key(timestamp)) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_spike_time ON agent_decisions(spike_event_id, time_key(timestamp)) WHERE spike_event_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_breaker_time ON agent_decisions(circuit_breaker_event_id, time_key(timestamp))
WHERE circuit_breaker_event_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_agent_time ON agent_decisions(agent_name, time_key(timestamp));
CREATE INDEX ph_agent_decisions_bot_time ON agent_decisions(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_agent_decisions_groups ON agent_decisions(
  coalesce(agent_role, ''), coalesce(decision_type, ''), coalesce(agent_name, ''), time_key(timestamp));
CREATE INDEX ph_agent_decisions_bot_groups ON agent_decisions(
  coalesce(bot_name, '-'), coalesce(agent_name, '-'), coalesce(agent_role, '-'), coalesce(decision_type, '-'), time_key(timestamp));

-- It holds all that the figures of agents need of a decision, so that they do not read long texts and JSON. It is only walked through.
CREATE INDEX ph_agent_decisions_figures ON agent_decisions(
  id, time_key(timestamp), agent_name, agent_role, decision_type, bot_name, decision, confidence, execution_time_ms, trade_id, signal_id,
  spike_event_id);

-- The same for what decisions cost.
DROP INDEX IF EXISTS ph_cost_analytics_decision;
CREATE INDEX ph_cost_analytics_decision ON cost_analytics(decision_id, estimated_cost) WHERE decision_id IS NOT NULL;

-- agent_performance: the begin of the UTC period of a row that the server made; null in rows of others. One row for each agent and period.
ALTER TABLE agent_performance ADD COLUMN period_start DATETIME;
CREATE UNIQUE INDEX ph_agent_performance_period ON agent_performance(agent_name, period, period_start) WHERE period_start IS NOT NULL;
CREATE INDEX ph_agent_performance_time ON agent_performance(time_key(timestamp), id);
CREATE INDEX ph_agent_performance_agent_time ON agent_performance(agent_name, time_key(timestamp));
CREATE INDEX ph_agent_performance_groups ON agent_performance(coalesce(lower(period), ''), coalesce(agent_name, ''), time_key(timestamp));

-- Which spikes an agent detected in a period.
CREATE INDEX ph_spike_events_detector_time ON spike_events(agent_detected_by, time_key(timestamp)) WHERE agent_detected_by IS NOT NULL;

CREATE TRIGGER ph_agent_performance_replaced BEFORE INSERT ON agent_performance WHEN NEW.period_start IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'agent_performance', id, 'removed' FROM agent_performance
  WHERE agent_name = NEW.agent_name AND period = NEW.period AND period_start = NEW.period_start AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_agent_performance_replaced_by_update BEFORE UPDATE ON agent_performance WHEN NEW.period_start IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'agent_performance', id, 'removed' FROM agent_performance
  WHERE agent_name = NEW.agent_name AND period = NEW.period AND period_start = NEW.period_start AND id <> OLD.id AND id <> NEW.id;
END;
