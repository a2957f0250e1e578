-- A change of the kind 'moved' stands beside the one of the kind 'changed' where figures that are kept found the row by what it was before: a signal
-- by its pair and time as a price, and by its strategy as that of its trades; a candle and the market by their time; a decision by its agent. Who
-- keeps such figures cannot see in the row what to take back, so it makes them again.
CREATE FUNCTION ph_log_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES (TG_TABLE_NAME, NEW.id, 'moved');
  RETURN NULL;
END $$;

CREATE TRIGGER ph_signals_moved AFTER UPDATE ON signals FOR EACH ROW
WHEN ((NEW.trading_pair, NEW.timestamp, NEW.strategy) IS DISTINCT FROM (OLD.trading_pair, OLD.timestamp, OLD.strategy)) EXECUTE FUNCTION ph_log_move();

CREATE TRIGGER ph_market_context_moved AFTER UPDATE ON market_context FOR EACH ROW
WHEN (NEW.timestamp IS DISTINCT FROM OLD.timestamp) EXECUTE FUNCTION ph_log_move();

CREATE TRIGGER ph_candles_moved AFTER UPDATE ON candles FOR EACH ROW
WHEN ((NEW.trading_pair, NEW.timeframe, NEW.open_time) IS DISTINCT FROM (OLD.trading_pair, OLD.timeframe, OLD.open_time)) EXECUTE FUNCTION ph_log_move();

CREATE TRIGGER ph_agent_decisions_moved AFTER UPDATE ON agent_decisions FOR EACH ROW
WHEN (NEW.agent_name IS DISTINCT FROM OLD.agent_name) EXECUTE FUNCTION ph_log_move();

-- The same candle again is no change. Where it is known at another time, its close is the price from then on: kind 'known', which the live stream
-- does not tell.
CREATE OR REPLACE FUNCTION ph_log_candle_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', NEW.id, 'recorded');
  ELSIF TG_OP = 'UPDATE' THEN
    IF NEW.id <> OLD.id THEN
      INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', OLD.id, 'removed');
    END IF;
    IF (NEW.id, NEW.trading_pair, NEW.timeframe, NEW.open_time, NEW.open, NEW.high, NEW.low, NEW.close, NEW.volume)
        IS DISTINCT FROM (OLD.id, OLD.trading_pair, OLD.timeframe, OLD.open_time, OLD.open, OLD.high, OLD.low, OLD.close, OLD.volume) THEN
      INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', NEW.id, 'changed');
    ELSIF NEW.known_at IS DISTINCT FROM OLD.known_at THEN
      INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', NEW.id, 'known');
    END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM changes_paused) THEN
    INSERT INTO changes(table_name, row_id, kind) VALUES ('candles', OLD.id, 'removed');
  END IF;
  RETURN NULL;
END $$;

-- They are few, and are looked for among very many.
CREATE INDEX ph_changes_moved ON changes(seq) WHERE kind IN ('moved', 'removed');
