-- Who did what to money, rights and state. Each row's hash covers the row and the hash before it, under a key that is not in the file; the
-- newest hash of each chain is in audit_chains, sealed under the same key, so that a row that is changed, removed or added shows.

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  timestamp DATETIME NOT NULL,
  who TEXT NOT NULL,
  who_name TEXT,
  operation TEXT NOT NULL,
  door TEXT NOT NULL,
  address TEXT,
  request_id TEXT,
  record_table TEXT,
  record_id INTEGER,
  before TEXT,
  after TEXT,
  reason TEXT,
  chain TEXT NOT NULL,
  number INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE UNIQUE INDEX ph_audit_log_chain ON audit_log(chain, number);
CREATE INDEX ph_audit_log_time ON audit_log(time_key(timestamp), id);
CREATE INDEX ph_audit_log_who ON audit_log(who, time_key(timestamp), id);
CREATE INDEX ph_audit_log_operation ON audit_log(operation, time_key(timestamp), id);
CREATE INDEX ph_audit_log_table ON audit_log(record_table, time_key(timestamp), id);
CREATE INDEX ph_audit_log_record ON audit_log(record_id, time_key(timestamp), id);

-- first_number and first_hash: where the chain begins since retention removed older rows, and the hash before that.
CREATE TABLE audit_chains (
  chain TEXT PRIMARY KEY,
  first_number INTEGER NOT NULL,
  first_hash TEXT NOT NULL,
  number INTEGER NOT NULL,
  hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  seal TEXT NOT NULL
);
