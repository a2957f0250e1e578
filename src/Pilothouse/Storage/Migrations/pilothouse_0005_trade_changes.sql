-- Which closed trades changed, by whomever: the performance ledger follows this log instead of reading all trades again.
-- kind: 'closed' for a trade that became closed, 'changed' for one that was closed before (its figures cannot be added, only redone).

CREATE TABLE IF NOT EXISTS trade_changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  trade_id INTEGER NOT NULL,
  kind TEXT NOT NULL
);

CREATE TRIGGER IF NOT EXISTS ph_trades_inserted AFTER INSERT ON trades WHEN lower(NEW.status) = 'closed'
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (NEW.id, 'closed');
END;

-- INSERT OR REPLACE takes the old row away without a delete trigger.
CREATE TRIGGER IF NOT EXISTS ph_trades_replaced BEFORE INSERT ON trades
WHEN EXISTS (SELECT 1 FROM trades WHERE id = NEW.id AND lower(status) = 'closed')
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (NEW.id, 'changed');
END;

CREATE TRIGGER IF NOT EXISTS ph_trades_updated AFTER UPDATE ON trades
WHEN lower(OLD.status) IS 'closed' OR lower(NEW.status) IS 'closed'
BEGIN
  INSERT INTO trade_changes(trade_id, kind)
  VALUES (NEW.id, CASE WHEN lower(OLD.status) IS 'closed' THEN 'changed' ELSE 'closed' END);
END;

CREATE TRIGGER IF NOT EXISTS ph_trades_deleted AFTER DELETE ON trades WHEN lower(OLD.status) = 'closed'
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (OLD.id, 'changed');
END;
