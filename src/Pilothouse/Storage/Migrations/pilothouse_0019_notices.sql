-- What happened without a record of its own, such as a backup that was made: the live stream sends it. event: the name of the event;
-- data: what it sends, in JSON. Rows are kept as long as the log of changes.
CREATE TABLE notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME NOT NULL,
  event TEXT NOT NULL,
  data TEXT NOT NULL
);

CREATE TRIGGER ph_notices_recorded AFTER INSERT ON notices
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('notices', NEW.id, 'recorded');
END;
