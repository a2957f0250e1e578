-- The prices of pairs over time. known_at: when the close was the price, which is the end of the candle, or, where it was stored while
-- it ran, when that was.

CREATE TABLE candles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trading_pair TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  open_time DATETIME NOT NULL,
  open REAL NOT NULL,
  high REAL NOT NULL,
  low REAL NOT NULL,
  close REAL NOT NULL,
  volume REAL,
  known_at DATETIME,
  open_time_utc DATETIME
);

-- One candle for each pair (in any case), timeframe and time. Lists, prices and the upsert use it; the second one is that of retention.
CREATE UNIQUE INDEX ph_candles_series ON candles(upper(trading_pair), timeframe, time_key(open_time));
CREATE INDEX ph_candles_time ON candles(time_key(open_time));

CREATE TRIGGER ph_candles_recorded AFTER INSERT ON candles
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', NEW.id, 'recorded');
END;

-- INSERT OR REPLACE takes a row away without a delete trigger. An upsert comes here as well, and then updates the row that it would have
-- replaced: the trigger behind the update takes the note back.
CREATE TRIGGER ph_candles_replaced BEFORE INSERT ON candles
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'candles', id, 'removed' FROM candles
  WHERE upper(trading_pair) = upper(NEW.trading_pair) AND timeframe = NEW.timeframe
    AND time_key(open_time) = coalesce(NEW.open_time_utc,replace(replace(NEW.open_time,'T',' '),'Z',''),'') AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_candles_replaced_by_update BEFORE UPDATE ON candles
WHEN NEW.trading_pair <> OLD.trading_pair OR NEW.timeframe <> OLD.timeframe OR NEW.open_time <> OLD.open_time
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'candles', id, 'removed' FROM candles
  WHERE upper(trading_pair) = upper(NEW.trading_pair) AND timeframe = NEW.timeframe
    AND time_key(open_time) = coalesce(NEW.open_time_utc,replace(replace(NEW.open_time,'T',' '),'Z',''),'') AND id <> OLD.id;
END;

-- The same candle again is no change.
CREATE TRIGGER ph_candles_changed AFTER UPDATE ON candles
BEGIN
  DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes) AND table_name = 'candles' AND row_id = OLD.id AND kind = 'removed';
  INSERT INTO changes(table_name, row_id, kind) SELECT 'candles', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) SELECT 'candles', NEW.id, 'changed'
  WHERE NEW.id <> OLD.id OR NEW.trading_pair <> OLD.trading_pair OR NEW.timeframe <> OLD.timeframe OR NEW.open_time <> OLD.open_time
    OR NEW.open <> OLD.open OR NEW.high <> OLD.high OR NEW.low <> OLD.low OR NEW.close <> OLD.close OR NEW.volume IS NOT OLD.volume;
END;

CREATE TRIGGER ph_candles_removed AFTER DELETE ON candles WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', OLD.id, 'removed');
END;

-- Which decisions, spikes and costs belong to a trade. Most rows name none, and cost nothing here.
CREATE INDEX ph_agent_decisions_trade ON agent_decisions(trade_id) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_agent_decisions_spike ON agent_decisions(spike_event_id) WHERE spike_event_id IS NOT NULL;
CREATE INDEX ph_spike_events_trade ON spike_events(trade_id) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_cost_analytics_decision ON cost_analytics(decision_id) WHERE decision_id IS NOT NULL;
