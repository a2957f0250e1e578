-- Deposits (positive) and withdrawals (negative). timestamp_utc: as in pilothouse_0016.
CREATE TABLE cash_flows (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  bot_name TEXT,
  mode TEXT,
  amount REAL NOT NULL,
  asset TEXT,
  note TEXT,
  external_id TEXT,
  timestamp_utc TEXT
);

CREATE UNIQUE INDEX ph_cash_flows_external_id ON cash_flows(coalesce(bot_name, ''), external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ph_cash_flows_time ON cash_flows(time_key(timestamp));
CREATE INDEX ph_cash_flows_bot_time ON cash_flows(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_cash_flows_external_time ON cash_flows(external_id, time_key(timestamp)) WHERE external_id IS NOT NULL;
CREATE INDEX ph_cash_flows_groups ON cash_flows(coalesce(lower(mode), ''), coalesce(upper(asset), ''), time_key(timestamp));
CREATE INDEX ph_cash_flows_bot_groups ON cash_flows(
  coalesce(bot_name, '-'), coalesce(lower(mode), '-'), coalesce(upper(asset), '-'), time_key(timestamp));

-- What the kept figures follow of them.
CREATE INDEX ph_changes_flows ON changes(seq) WHERE table_name = 'cash_flows';

CREATE TRIGGER ph_cash_flows_recorded AFTER INSERT ON cash_flows
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cash_flows', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_cash_flows_changed AFTER UPDATE ON cash_flows
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'cash_flows', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cash_flows', NEW.id, 'changed');
END;

CREATE TRIGGER ph_cash_flows_removed AFTER DELETE ON cash_flows WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cash_flows', OLD.id, 'removed');
END;

-- INSERT OR REPLACE and UPDATE OR REPLACE take another row away without a delete trigger.
CREATE TRIGGER ph_cash_flows_replaced BEFORE INSERT ON cash_flows WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'cash_flows', id, 'removed' FROM cash_flows
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_cash_flows_replaced_by_update BEFORE UPDATE ON cash_flows WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'cash_flows', id, 'removed' FROM cash_flows
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND id <> OLD.id AND id <> NEW.id;
END;

-- performance_metrics: the begin of the UTC period of a row that the server made; null in rows of others. One row for each period.
ALTER TABLE performance_metrics ADD COLUMN period_start DATETIME;
CREATE UNIQUE INDEX ph_performance_metrics_period ON performance_metrics(period, period_start) WHERE period_start IS NOT NULL;
CREATE INDEX ph_performance_metrics_time ON performance_metrics(time_key(timestamp));
CREATE INDEX ph_performance_metrics_period_time ON performance_metrics(lower(period), time_key(timestamp));

CREATE TRIGGER ph_performance_metrics_replaced BEFORE INSERT ON performance_metrics WHEN NEW.period_start IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'performance_metrics', id, 'removed' FROM performance_metrics
  WHERE period = NEW.period AND period_start = NEW.period_start AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_performance_metrics_replaced_by_update BEFORE UPDATE ON performance_metrics WHEN NEW.period_start IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'performance_metrics', id, 'removed' FROM performance_metrics
  WHERE period = NEW.period AND period_start = NEW.period_start AND id <> OLD.id AND id <> NEW.id;
END;
