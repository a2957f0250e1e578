-- Which API keys AI agents hold, and the calls of agents that wait for the consent of a person.
ALTER TABLE api_keys ADD COLUMN agent INTEGER;

CREATE TABLE consent_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  asked_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL,
  status TEXT NOT NULL,
  consent TEXT NOT NULL,
  operation TEXT NOT NULL,
  target TEXT,
  body TEXT,
  bot_name TEXT,
  door TEXT NOT NULL,
  address TEXT,
  asked_by TEXT NOT NULL,
  asked_by_name TEXT,
  credential TEXT NOT NULL,
  seal TEXT NOT NULL,
  decided_at DATETIME,
  decided_by TEXT,
  decided_by_name TEXT,
  reason TEXT,
  result_status INTEGER,
  result TEXT
);

CREATE INDEX ph_consent_requests_time ON consent_requests(own_time_key(asked_at), id);
CREATE INDEX ph_consent_requests_groups ON consent_requests(coalesce(lower(status), ''), coalesce(bot_name, ''), own_time_key(asked_at), id);
CREATE INDEX ph_consent_requests_waiting ON consent_requests(id) WHERE status = 'waiting';

CREATE TRIGGER ph_consent_requests_asked AFTER INSERT ON consent_requests
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('consent_requests', NEW.id, 'asked');
END;

CREATE TRIGGER ph_consent_requests_decided AFTER UPDATE OF status ON consent_requests WHEN NEW.status <> OLD.status
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('consent_requests', NEW.id, NEW.status);
END;
