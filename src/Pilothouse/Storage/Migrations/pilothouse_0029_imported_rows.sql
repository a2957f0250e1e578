-- Which row of which source became which record, and what the source said of it then, so that an import can be repeated.
CREATE TABLE imported_rows (
  source TEXT NOT NULL,
  record_table TEXT NOT NULL,
  source_key TEXT NOT NULL,
  record_id INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  imported_at DATETIME NOT NULL,
  PRIMARY KEY (source, record_table, source_key)
);
