-- Webhooks: addresses for programs that cannot send a credential in a header. The secret is stored as a keyed hash; the seal covers what the
-- webhook allows, so that another program that writes into the file cannot widen one.
CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  bot_name TEXT NOT NULL,
  terms TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  seal TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at DATETIME
);
CREATE UNIQUE INDEX ph_webhooks_name ON webhooks(kind, name) WHERE revoked_at IS NULL;

-- What came to webhooks, and what became of it. message_key says which messages are the same one, content_hash what such a message said.
CREATE TABLE webhook_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME NOT NULL,
  webhook_id INTEGER NOT NULL,
  address TEXT,
  request_id TEXT,
  outcome TEXT NOT NULL,
  code TEXT,
  message TEXT NOT NULL,
  record_table TEXT,
  record_id INTEGER,
  message_key TEXT,
  content_hash TEXT,
  body TEXT
);
CREATE INDEX ph_webhook_deliveries_time ON webhook_deliveries(own_time_key(timestamp));
CREATE INDEX ph_webhook_deliveries_webhook ON webhook_deliveries(webhook_id, own_time_key(timestamp));
CREATE INDEX ph_webhook_deliveries_outcome ON webhook_deliveries(outcome, own_time_key(timestamp));
CREATE INDEX ph_webhook_deliveries_both ON webhook_deliveries(webhook_id, outcome, own_time_key(timestamp));
CREATE INDEX ph_webhook_deliveries_message ON webhook_deliveries(webhook_id, message_key) WHERE message_key IS NOT NULL;
