-- UPDATE OR REPLACE takes away, without a delete trigger, a closed trade whose id or external_id the changed row gets. A trade that was
-- open itself would else leave the one that it took away in the figures.

CREATE TRIGGER IF NOT EXISTS ph_trades_replaced_by_update BEFORE UPDATE ON trades
WHEN NEW.id <> OLD.id AND EXISTS (SELECT 1 FROM trades WHERE id = NEW.id AND lower(status) = 'closed')
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (NEW.id, 'changed');
END;

CREATE TRIGGER IF NOT EXISTS ph_trades_external_id_replaced_by_update BEFORE UPDATE ON trades
WHEN NEW.external_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM trades
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND id <> OLD.id AND lower(status) = 'closed')
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (NEW.id, 'changed');
END;
