-- A change of the kind 'moved' stands beside the one of the kind 'changed' where figures that are kept found the row by what it was before: a signal
-- by its pair and time as a price, and by its strategy as that of its trades; a candle and the market by their time; a decision by its agent. Who
-- keeps such figures cannot see in the row what to take back, so it makes them again.

CREATE TRIGGER ph_signals_moved AFTER UPDATE ON signals
WHEN NEW.trading_pair IS NOT OLD.trading_pair OR NEW.timestamp IS NOT OLD.timestamp OR NEW.timestamp_utc IS NOT OLD.timestamp_utc
  OR NEW.strategy IS NOT OLD.strategy
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('signals', NEW.id, 'moved');
END;

-- Another program may store a signal after the trade that names it, and INSERT OR REPLACE puts another one in its place.
CREATE TRIGGER ph_signals_late AFTER INSERT ON signals WHEN EXISTS (SELECT 1 FROM trades WHERE signal_id = NEW.id)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('signals', NEW.id, 'moved');
END;

CREATE TRIGGER ph_market_context_moved AFTER UPDATE ON market_context
WHEN NEW.timestamp IS NOT OLD.timestamp OR NEW.timestamp_utc IS NOT OLD.timestamp_utc
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('market_context', NEW.id, 'moved');
END;

CREATE TRIGGER ph_candles_moved AFTER UPDATE ON candles
WHEN NEW.trading_pair IS NOT OLD.trading_pair OR NEW.timeframe IS NOT OLD.timeframe OR NEW.open_time IS NOT OLD.open_time
  OR NEW.open_time_utc IS NOT OLD.open_time_utc
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', NEW.id, 'moved');
END;

CREATE TRIGGER ph_agent_decisions_moved AFTER UPDATE ON agent_decisions WHEN NEW.agent_name IS NOT OLD.agent_name
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_decisions', NEW.id, 'moved');
END;

-- The same candle again is no change. Where it is known at another time, its close is the price from then on: kind 'known', which the live stream
-- does not tell.
DROP TRIGGER ph_candles_changed;
CREATE TRIGGER ph_candles_changed AFTER UPDATE ON candles
BEGIN
  DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes) AND table_name = 'candles' AND row_id = OLD.id AND kind = 'removed';
  INSERT INTO changes(table_name, row_id, kind) SELECT 'candles', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind)
  SELECT 'candles', NEW.id, CASE WHEN NEW.id <> OLD.id OR NEW.trading_pair <> OLD.trading_pair OR NEW.timeframe <> OLD.timeframe
      OR NEW.open_time <> OLD.open_time OR NEW.open <> OLD.open OR NEW.high <> OLD.high OR NEW.low <> OLD.low OR NEW.close <> OLD.close
      OR NEW.volume IS NOT OLD.volume THEN 'changed' ELSE 'known' END
  WHERE NEW.id <> OLD.id OR NEW.trading_pair <> OLD.trading_pair OR NEW.timeframe <> OLD.timeframe OR NEW.open_time <> OLD.open_time
    OR NEW.open <> OLD.open OR NEW.high <> OLD.high OR NEW.low <> OLD.low OR NEW.close <> OLD.close OR NEW.volume IS NOT OLD.volume
    OR NEW.known_at IS NOT OLD.known_at;
END;

-- They are few, and are looked for among very many.
CREATE INDEX ph_changes_moved ON changes(seq) WHERE kind IN ('moved', 'removed');
