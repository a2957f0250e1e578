-- Credentials and what protects them. Every time here is UTC text as the rest of the file has it.

CREATE TABLE IF NOT EXISTS api_keys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  seal TEXT NOT NULL,
  bot_name TEXT,
  created_at DATETIME NOT NULL,
  expires_at DATETIME,
  revoked_at DATETIME
);

CREATE TABLE IF NOT EXISTS revoked_tokens (
  jti TEXT PRIMARY KEY,
  expires_at DATETIME NOT NULL
);
CREATE INDEX IF NOT EXISTS ph_revoked_tokens_expiry ON revoked_tokens(expires_at);

-- One fixed window for each client that tried to log in, and one for all of them together.
CREATE TABLE IF NOT EXISTS login_budgets (
  client TEXT PRIMARY KEY,
  window_ends DATETIME NOT NULL,
  attempts INTEGER NOT NULL
);

-- The answer to a POST with an Idempotency-Key, stored in the transaction of the write itself.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  owner TEXT NOT NULL,
  path TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  answer TEXT NOT NULL,
  created_at DATETIME NOT NULL,
  PRIMARY KEY (owner, path, idempotency_key)
);
CREATE INDEX IF NOT EXISTS ph_idempotency_keys_created ON idempotency_keys(created_at);
