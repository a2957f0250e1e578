-- The circuit breaker: whom an event stops (a bot and a mode; NULL stops all), whether it was only a rehearsal, and up to where in the log of
-- changes its rules have judged. The position and what the rules remember change in the transaction that stores a decision.

ALTER TABLE circuit_breaker_events ADD COLUMN bot_name text COLLATE "C";
ALTER TABLE circuit_breaker_events ADD COLUMN mode text COLLATE "C";
ALTER TABLE circuit_breaker_events ADD COLUMN dry_run bigint;

CREATE TABLE breaker_states (
  name text COLLATE "C" PRIMARY KEY NOT NULL,
  position bigint NOT NULL,
  version bigint NOT NULL,
  memory text COLLATE "C" NOT NULL
);

CREATE INDEX ph_circuit_breaker_events_time ON circuit_breaker_events(time_key(triggered_at), id);
CREATE INDEX ph_circuit_breaker_events_groups ON circuit_breaker_events(
  coalesce(lower(trigger_type), ''), coalesce(lower(status), ''), coalesce(bot_name, ''), time_key(triggered_at), id);

-- What stops trading now; the events of other programs do not.
CREATE INDEX ph_circuit_breaker_events_open ON circuit_breaker_events(id) WHERE cleared_at IS NULL AND triggered_by IS NOT NULL;

-- A new event looks for decisions that refer to it.
CREATE INDEX ph_agent_decisions_breaker ON agent_decisions(circuit_breaker_event_id) WHERE circuit_breaker_event_id IS NOT NULL;
