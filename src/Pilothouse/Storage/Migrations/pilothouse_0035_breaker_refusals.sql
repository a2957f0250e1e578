-- What the circuit breaker refused to open or to enlarge: a row for each position that a bot wanted while an event stopped it.
CREATE TABLE breaker_refusals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME NOT NULL,
  last_refused_at DATETIME NOT NULL,
  times INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  bot_name TEXT,
  trading_pair TEXT NOT NULL,
  side TEXT NOT NULL,
  mode TEXT,
  trade_id INTEGER,
  price REAL,
  quantity REAL
);

-- A bot that tries again adds to the count of its row.
CREATE UNIQUE INDEX ph_breaker_refusals_position ON breaker_refusals(
  event_id, coalesce(bot_name, ''), trading_pair, side, coalesce(mode, ''), coalesce(trade_id, 0));
CREATE INDEX ph_breaker_refusals_time ON breaker_refusals(own_time_key(timestamp), id);
CREATE INDEX ph_breaker_refusals_event ON breaker_refusals(event_id, own_time_key(timestamp), id);
CREATE INDEX ph_breaker_refusals_bot ON breaker_refusals(bot_name, own_time_key(timestamp), id) WHERE bot_name IS NOT NULL;

CREATE TRIGGER ph_breaker_refusals_refused AFTER INSERT ON breaker_refusals
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('breaker_refusals', NEW.id, 'refused');
END;

CREATE TRIGGER ph_breaker_refusals_again AFTER UPDATE OF times ON breaker_refusals WHEN NEW.times <> OLD.times
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('breaker_refusals', NEW.id, 'refused');
END;
