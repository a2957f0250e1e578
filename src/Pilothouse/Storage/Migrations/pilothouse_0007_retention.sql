-- What retention asks: which rows are old, and whether a decision refers to a signal. And what the nightly work says of its last run.

CREATE INDEX IF NOT EXISTS ph_news_cache_time ON news_cache(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_agent_decisions_time ON agent_decisions(time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_agent_decisions_signal ON agent_decisions(signal_id) WHERE signal_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS maintenance_runs (
  task TEXT PRIMARY KEY,
  finished_at DATETIME NOT NULL,
  good INTEGER NOT NULL,
  message TEXT NOT NULL
);
