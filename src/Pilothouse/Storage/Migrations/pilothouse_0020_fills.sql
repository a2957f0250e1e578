-- What a trade is counted in, and what its fills add up to. Null means the default, so that rows of other programs stay as they are.

ALTER TABLE trades ADD COLUMN contract_size REAL;
ALTER TABLE trades ADD COLUMN contract_type TEXT;
ALTER TABLE trades ADD COLUMN settle_asset TEXT;
ALTER TABLE trades ADD COLUMN fee_asset TEXT;
ALTER TABLE trades ADD COLUMN fee_rate REAL;
ALTER TABLE trades ADD COLUMN funding REAL;
ALTER TABLE trades ADD COLUMN strategy TEXT;
ALTER TABLE trades ADD COLUMN remaining_quantity REAL;
ALTER TABLE trades ADD COLUMN realized_pnl REAL;
ALTER TABLE trades ADD COLUMN average_cost REAL;
ALTER TABLE trades ADD COLUMN initial_stop_loss REAL;

-- Another program that moves a stop overwrites the first one. The server sets both columns itself.
CREATE TRIGGER ph_trades_first_stop AFTER UPDATE OF stop_loss ON trades
WHEN OLD.stop_loss IS NOT NULL AND NEW.stop_loss IS NOT OLD.stop_loss AND NEW.initial_stop_loss IS NULL
BEGIN
  UPDATE trades SET initial_stop_loss = OLD.stop_loss WHERE id = NEW.id;
END;

-- The entries and exits of a trade that has more than one of each. A trade with one entry and one exit needs no rows here.
CREATE TABLE fills (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  trade_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  price REAL NOT NULL,
  quantity REAL NOT NULL,
  fees REAL,
  filled_at DATETIME,
  external_id TEXT,
  filled_at_utc TEXT,
  FOREIGN KEY(trade_id) REFERENCES trades(id)
);

CREATE INDEX ph_fills_trade_time ON fills(trade_id, time_key(filled_at));
CREATE UNIQUE INDEX ph_fills_external_id ON fills(trade_id, external_id) WHERE external_id IS NOT NULL;

CREATE TRIGGER ph_fills_recorded AFTER INSERT ON fills
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('fills', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_fills_changed AFTER UPDATE ON fills
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'fills', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('fills', NEW.id, 'changed');
END;

CREATE TRIGGER ph_fills_removed AFTER DELETE ON fills WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('fills', OLD.id, 'removed');
END;

-- INSERT OR REPLACE and UPDATE OR REPLACE take the other row of an external_id away without a delete trigger.

CREATE TRIGGER ph_fills_replaced BEFORE INSERT ON fills WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind)
  SELECT 'fills', id, 'removed' FROM fills WHERE trade_id = NEW.trade_id AND external_id = NEW.external_id AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_fills_replaced_by_update BEFORE UPDATE ON fills WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind)
  SELECT 'fills', id, 'removed' FROM fills WHERE trade_id = NEW.trade_id AND external_id = NEW.external_id AND id <> OLD.id;
END;
