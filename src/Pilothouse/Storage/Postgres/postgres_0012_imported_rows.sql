-- Which row of which source became which record, and what the source said of it then, so that an import can be repeated.
CREATE TABLE imported_rows (
  source text COLLATE "C" NOT NULL,
  record_table text COLLATE "C" NOT NULL,
  source_key text COLLATE "C" NOT NULL,
  record_id bigint NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  imported_at timestamptz NOT NULL,
  PRIMARY KEY (source, record_table, source_key)
);
