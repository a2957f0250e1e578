-- Local times of other programs keep their text, and have their UTC in a column beside it (FOREIGN_TIME_ZONE). Null: the text is in UTC or
-- names its zone. Triggers fill it; the server makes them where the setting is made. After this script every index over a time is made anew.

ALTER TABLE signals ADD COLUMN timestamp_utc TEXT;
ALTER TABLE trades ADD COLUMN timestamp_utc TEXT;
ALTER TABLE trades ADD COLUMN closed_at_utc TEXT;
ALTER TABLE bot_status ADD COLUMN timestamp_utc TEXT;
ALTER TABLE model_checkpoints ADD COLUMN timestamp_utc TEXT;
ALTER TABLE market_context ADD COLUMN timestamp_utc TEXT;
ALTER TABLE chart_analyses ADD COLUMN timestamp_utc TEXT;
ALTER TABLE performance_metrics ADD COLUMN timestamp_utc TEXT;
ALTER TABLE correlation_data ADD COLUMN timestamp_utc TEXT;
ALTER TABLE cost_analytics ADD COLUMN timestamp_utc TEXT;
ALTER TABLE news_cache ADD COLUMN timestamp_utc TEXT;
ALTER TABLE news_cache ADD COLUMN cache_expires_at_utc TEXT;
ALTER TABLE news_cache ADD COLUMN published_at_utc TEXT;
ALTER TABLE spike_events ADD COLUMN timestamp_utc TEXT;
ALTER TABLE circuit_breaker_events ADD COLUMN triggered_at_utc TEXT;
ALTER TABLE circuit_breaker_events ADD COLUMN cleared_at_utc TEXT;
ALTER TABLE agent_decisions ADD COLUMN timestamp_utc TEXT;
ALTER TABLE agent_performance ADD COLUMN timestamp_utc TEXT;

-- From which local time on the clocks of the zone are how far ahead of UTC; empty where the setting is not made. again_seconds: the other
-- offset, where these local times are there twice.
CREATE TABLE foreign_time_offsets (
  local_from TEXT PRIMARY KEY,
  offset_seconds INTEGER NOT NULL,
  again_seconds INTEGER,
  zone TEXT NOT NULL
);

-- Rows that were in a table before the setting was made: up to which id they were looked through, and what was found.
CREATE TABLE foreign_time_backlog (
  table_name TEXT PRIMARY KEY,
  done_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  converted INTEGER NOT NULL DEFAULT 0,
  left_alone INTEGER NOT NULL DEFAULT 0
);

-- Holds a row inside the server's own transactions, and never after them.
CREATE TABLE server_writes (
  is_writing INTEGER NOT NULL
);
