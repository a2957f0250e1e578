-- INSERT OR REPLACE also takes away, without a delete trigger, a closed trade whose external_id the new row has.

CREATE TRIGGER IF NOT EXISTS ph_trades_external_id_replaced BEFORE INSERT ON trades
WHEN NEW.external_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM trades
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND lower(status) = 'closed')
BEGIN
  INSERT INTO trade_changes(trade_id, kind) VALUES (NEW.id, 'changed');
END;
