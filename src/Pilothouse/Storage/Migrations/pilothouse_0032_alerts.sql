-- The outbox of alerts: what people are told, on its way to each target, the troubles that were told and have not ended, and up to where the
-- log of changes was followed.
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at DATETIME NOT NULL,
  topic TEXT NOT NULL,
  event TEXT NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL,
  bot_name TEXT,
  resolved INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  count INTEGER NOT NULL,
  gather_until DATETIME NOT NULL,
  queued_at DATETIME
);

CREATE INDEX ph_alerts_time ON alerts(own_time_key(at), id);
CREATE INDEX ph_alerts_groups ON alerts(coalesce(state, ''), coalesce(topic, ''), coalesce(bot_name, ''), own_time_key(at), id);
CREATE INDEX ph_alerts_gathering ON alerts(id) WHERE state = 'gathering';
CREATE INDEX ph_alerts_event ON alerts(event, queued_at);

CREATE TABLE alert_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  alert_id INTEGER NOT NULL REFERENCES alerts(id),
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_at DATETIME NOT NULL,
  next_at DATETIME,
  sent_at DATETIME,
  problem TEXT,
  claimed_until DATETIME
);

CREATE INDEX ph_alert_deliveries_alert ON alert_deliveries(alert_id);
CREATE INDEX ph_alert_deliveries_waiting ON alert_deliveries(target, id) WHERE state = 'waiting';

CREATE TABLE alert_troubles (
  trouble TEXT PRIMARY KEY NOT NULL,
  since DATETIME NOT NULL
);

CREATE TABLE alert_positions (
  name TEXT PRIMARY KEY NOT NULL,
  position INTEGER NOT NULL,
  version INTEGER NOT NULL
);
