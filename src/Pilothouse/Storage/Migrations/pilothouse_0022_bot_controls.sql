-- What a bot promises of its reports, and which control it had heard when it reported.
ALTER TABLE bot_status ADD COLUMN expected_every_seconds INTEGER;
ALTER TABLE bot_status ADD COLUMN control_seq INTEGER;

-- The reports of a bot in one mode, and the list of reports by its filters.
CREATE INDEX ph_bot_status_mode_time ON bot_status(bot_name, coalesce(lower(mode), ''), time_key(timestamp));
CREATE INDEX ph_bot_status_groups ON bot_status(
  coalesce(bot_name, ''), coalesce(lower(mode), ''), coalesce(lower(status), ''), time_key(timestamp));

-- What was asked of a bot, or of all bots (*): one row for each time that somebody asked. A null leaves what was asked before.
CREATE TABLE bot_controls (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  asked_at DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
  bot_name TEXT NOT NULL,
  state TEXT,
  mode TEXT,
  emergency_close INTEGER,
  open_trades TEXT,
  reason TEXT,
  asked_by TEXT,
  asked_by_name TEXT
);

CREATE INDEX ph_bot_controls_bot ON bot_controls(bot_name, id);
CREATE INDEX ph_bot_controls_state ON bot_controls(bot_name, id) WHERE state IS NOT NULL;
CREATE INDEX ph_bot_controls_mode ON bot_controls(bot_name, id) WHERE mode IS NOT NULL;
CREATE INDEX ph_bot_controls_emergency ON bot_controls(bot_name, id) WHERE emergency_close IS NOT NULL;

-- What a bot has heard and done of it. Who heard or did one control has heard or done all before it.
CREATE TABLE bot_control_acks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_name TEXT NOT NULL,
  control_seq INTEGER NOT NULL REFERENCES bot_controls(id),
  heard_at DATETIME NOT NULL,
  done_at DATETIME
);

CREATE UNIQUE INDEX ph_bot_control_acks_bot ON bot_control_acks(bot_name, control_seq);
CREATE INDEX ph_bot_control_acks_control ON bot_control_acks(control_seq);

-- Which bots report, and whether they have fallen silent. A bot in another mode has a row of its own; the mode is empty where reports name none.
CREATE TABLE bot_presence (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_name TEXT NOT NULL,
  mode TEXT NOT NULL,
  silent INTEGER NOT NULL,
  since DATETIME NOT NULL,
  last_report_at DATETIME,
  last_report_id INTEGER,
  expected_every_seconds INTEGER
);

CREATE UNIQUE INDEX ph_bot_presence_bot ON bot_presence(bot_name, mode);

CREATE TRIGGER ph_bot_controls_asked AFTER INSERT ON bot_controls
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_controls', NEW.id, 'asked');
END;

CREATE TRIGGER ph_bot_control_acks_heard AFTER INSERT ON bot_control_acks
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_control_acks', NEW.id, 'heard');
  INSERT INTO changes(table_name, row_id, kind) SELECT 'bot_control_acks', NEW.id, 'done' WHERE NEW.done_at IS NOT NULL;
END;

CREATE TRIGGER ph_bot_control_acks_done AFTER UPDATE OF done_at ON bot_control_acks WHEN OLD.done_at IS NULL AND NEW.done_at IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_control_acks', NEW.id, 'done');
END;

CREATE TRIGGER ph_bot_presence_changed AFTER UPDATE OF silent ON bot_presence WHEN NEW.silent <> OLD.silent
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_presence', NEW.id, CASE NEW.silent WHEN 1 THEN 'silent' ELSE 'back' END);
END;
