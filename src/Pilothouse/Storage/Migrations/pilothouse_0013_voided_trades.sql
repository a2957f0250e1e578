-- A voided trade has the status voided: it is out of every figure and is never deleted.

ALTER TABLE trades ADD COLUMN voided_at DATETIME;
ALTER TABLE trades ADD COLUMN void_reason TEXT;
