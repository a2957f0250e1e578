-- What the tokens of a use cost, and what may be spent. cost_source says where estimated_cost is from: sent (by the client), priced (from
-- model_prices) or unpriced (the model had no price then, and the cost is null). It is null in rows without tokens and in rows of other
-- programs; those count as unpriced too if they have tokens and no cost.
ALTER TABLE cost_analytics ADD COLUMN cached_tokens INTEGER;
ALTER TABLE cost_analytics ADD COLUMN signal_id INTEGER;
ALTER TABLE cost_analytics ADD COLUMN analysis_id INTEGER;
ALTER TABLE cost_analytics ADD COLUMN cost_source TEXT;

DROP INDEX ph_cost_analytics_decision;
CREATE INDEX ph_cost_analytics_decision_time ON cost_analytics(decision_id, time_key(timestamp)) WHERE decision_id IS NOT NULL;
CREATE INDEX ph_cost_analytics_signal ON cost_analytics(signal_id) WHERE signal_id IS NOT NULL;
CREATE INDEX ph_cost_analytics_analysis ON cost_analytics(analysis_id) WHERE analysis_id IS NOT NULL;
CREATE INDEX ph_cost_analytics_bot_time ON cost_analytics(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_cost_analytics_model_time ON cost_analytics(lower(model), time_key(timestamp)) WHERE lower(model) IS NOT NULL;
CREATE INDEX ph_cost_analytics_groups ON cost_analytics(
  coalesce(lower(api_name), ''), coalesce(lower(operation_type), ''), coalesce(lower(model), ''), coalesce(bot_name, ''), time_key(timestamp));

-- The first by time for totals, the second by model for the one that gives rows their cost when a price is known.
CREATE INDEX ph_cost_analytics_unpriced ON cost_analytics(time_key(timestamp))
  WHERE (cost_source = 'unpriced' OR (cost_source IS NULL AND coalesce(estimated_cost, 0) = 0 AND (input_tokens > 0 OR output_tokens > 0 OR cached_tokens > 0)));
CREATE INDEX ph_cost_analytics_unpriced_model ON cost_analytics(lower(model), time_key(timestamp))
  WHERE (cost_source = 'unpriced' OR (cost_source IS NULL AND coalesce(estimated_cost, 0) = 0 AND (input_tokens > 0 OR output_tokens > 0 OR cached_tokens > 0)));

-- Prices of a million tokens. A price holds from valid_from until the next one of the same model, in any case.
CREATE TABLE model_prices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  valid_from DATETIME NOT NULL,
  input_per_million REAL NOT NULL,
  output_per_million REAL NOT NULL,
  cached_per_million REAL,
  currency TEXT NOT NULL DEFAULT 'USD',
  note TEXT,
  valid_from_utc DATETIME
);

CREATE UNIQUE INDEX ph_model_prices_version ON model_prices(lower(model), time_key(valid_from));
CREATE INDEX ph_model_prices_time ON model_prices(time_key(valid_from));

CREATE TRIGGER ph_model_prices_recorded AFTER INSERT ON model_prices
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_prices', NEW.id, 'recorded');
END;

-- INSERT OR REPLACE takes a row away without a delete trigger. An upsert comes here as well, and then updates the row that it would have
-- replaced: the trigger behind the update takes the note back.
CREATE TRIGGER ph_model_prices_replaced BEFORE INSERT ON model_prices
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'model_prices', id, 'removed' FROM model_prices
  WHERE lower(model) = lower(NEW.model)
    AND time_key(valid_from) = coalesce(NEW.valid_from_utc,replace(replace(NEW.valid_from,'T',' '),'Z',''),'') AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_model_prices_replaced_by_update BEFORE UPDATE ON model_prices
WHEN NEW.model <> OLD.model OR NEW.valid_from <> OLD.valid_from
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'model_prices', id, 'removed' FROM model_prices
  WHERE lower(model) = lower(NEW.model)
    AND time_key(valid_from) = coalesce(NEW.valid_from_utc,replace(replace(NEW.valid_from,'T',' '),'Z',''),'') AND id <> OLD.id;
END;

CREATE TRIGGER ph_model_prices_changed AFTER UPDATE ON model_prices
BEGIN
  DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes) AND table_name = 'model_prices' AND row_id = OLD.id AND kind = 'removed';
  INSERT INTO changes(table_name, row_id, kind) SELECT 'model_prices', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_prices', NEW.id, 'changed');
END;

CREATE TRIGGER ph_model_prices_removed AFTER DELETE ON model_prices WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_prices', OLD.id, 'removed');
END;

-- What a bot may spend in a calendar month (UTC).
CREATE TABLE cost_budgets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bot_name TEXT NOT NULL UNIQUE,
  monthly_budget REAL NOT NULL,
  set_at DATETIME NOT NULL,
  set_by TEXT
);

-- A budget that a month has reached. A raised budget is another one, and may be reached again.
CREATE TABLE cost_budget_marks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  month TEXT NOT NULL,
  bot_name TEXT NOT NULL,
  percent INTEGER NOT NULL,
  monthly_budget REAL NOT NULL,
  spent REAL NOT NULL,
  reached_at DATETIME NOT NULL,
  paused_by INTEGER
);

CREATE UNIQUE INDEX ph_cost_budget_marks_once ON cost_budget_marks(month, bot_name, percent, monthly_budget);

CREATE TRIGGER ph_cost_budget_marks_reached AFTER INSERT ON cost_budget_marks
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cost_budget_marks', NEW.id, 'reached');
END;

-- What the kept figures follow of costs and prices.
CREATE INDEX ph_changes_costs ON changes(seq) WHERE table_name = 'cost_analytics';
CREATE INDEX ph_changes_model_prices ON changes(seq) WHERE table_name = 'model_prices';
