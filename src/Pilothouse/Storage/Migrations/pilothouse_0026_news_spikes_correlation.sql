-- The assets that an article names, as a JSON list.
ALTER TABLE news_cache ADD COLUMN assets TEXT;

-- Lists by their filters.
CREATE INDEX ph_news_cache_source_time ON news_cache(source, time_key(timestamp)) WHERE source IS NOT NULL;
CREATE INDEX ph_news_cache_groups ON news_cache(coalesce(lower(sentiment), ''), coalesce(source, ''), time_key(timestamp));

-- The window of the sentiment: when an article was published, else when it was read.
CREATE INDEX ph_news_cache_moment ON news_cache(first_time_key(published_at, timestamp));

-- The articles of each asset: a row for each asset that an article names, kept by triggers. id is that of the article.
CREATE TABLE news_assets (
  id INTEGER NOT NULL,
  asset TEXT NOT NULL,
  sentiment TEXT,
  source TEXT,
  listed_at DATETIME,
  expires_at DATETIME
);

CREATE UNIQUE INDEX ph_news_assets_article ON news_assets(id, asset);
CREATE INDEX ph_news_assets_time ON news_assets(asset, own_time_key(listed_at), id);
CREATE INDEX ph_news_assets_groups ON news_assets(
  coalesce(asset, ''), coalesce(lower(sentiment), ''), coalesce(source, ''), own_time_key(listed_at), id);

CREATE TRIGGER ph_news_assets_added AFTER INSERT ON news_cache WHEN NEW.assets IS NOT NULL
BEGIN
  INSERT OR REPLACE INTO news_assets(id, asset, sentiment, source, listed_at, expires_at)
  SELECT NEW.id, upper(value), NEW.sentiment, NEW.source, time_key(NEW.timestamp), nullif(time_key(NEW.cache_expires_at), '')
  FROM json_each(CASE WHEN json_valid(NEW.assets) THEN NEW.assets ELSE '[]' END) WHERE type = 'text';
END;

CREATE TRIGGER ph_news_assets_changed AFTER UPDATE ON news_cache WHEN OLD.assets IS NOT NULL OR NEW.assets IS NOT NULL
BEGIN
  DELETE FROM news_assets WHERE id IN (OLD.id, NEW.id);
  INSERT OR REPLACE INTO news_assets(id, asset, sentiment, source, listed_at, expires_at)
  SELECT NEW.id, upper(value), NEW.sentiment, NEW.source, time_key(NEW.timestamp), nullif(time_key(NEW.cache_expires_at), '')
  FROM json_each(CASE WHEN json_valid(NEW.assets) THEN NEW.assets ELSE '[]' END) WHERE type = 'text';
END;

CREATE TRIGGER ph_news_assets_removed AFTER DELETE ON news_cache WHEN OLD.assets IS NOT NULL
BEGIN
  DELETE FROM news_assets WHERE id = OLD.id;
END;

-- An upsert passes the trigger before INSERT OR REPLACE, which notes that a row is removed, and then updates that row: as with candles the
-- trigger behind the update takes the note back. What says the same again is no change.
DROP TRIGGER IF EXISTS ph_news_cache_changed;
CREATE TRIGGER ph_news_cache_changed AFTER UPDATE ON news_cache
BEGIN
  DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes) AND table_name = 'news_cache' AND row_id = OLD.id AND kind = 'removed';
  INSERT INTO changes(table_name, row_id, kind) SELECT 'news_cache', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) SELECT 'news_cache', NEW.id, 'changed'
  WHERE NEW.id <> OLD.id OR NEW.timestamp IS NOT OLD.timestamp OR NEW.article_url IS NOT OLD.article_url
    OR NEW.article_title IS NOT OLD.article_title OR NEW.sentiment IS NOT OLD.sentiment OR NEW.confidence IS NOT OLD.confidence
    OR NEW.cache_expires_at IS NOT OLD.cache_expires_at OR NEW.source IS NOT OLD.source OR NEW.published_at IS NOT OLD.published_at
    OR NEW.assets IS NOT OLD.assets;
END;

-- Spikes: whose they are, and their lists. Most have no trade and no bot.
ALTER TABLE spike_events ADD COLUMN bot_name TEXT;

CREATE INDEX ph_spike_events_time ON spike_events(time_key(timestamp));
CREATE INDEX ph_spike_events_pair_time ON spike_events(upper(trading_pair), time_key(timestamp));
CREATE INDEX ph_spike_events_agent_time ON spike_events(agent_detected_by, time_key(timestamp)) WHERE agent_detected_by IS NOT NULL;
CREATE INDEX ph_spike_events_bot_time ON spike_events(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_spike_events_trade_time ON spike_events(trade_id, time_key(timestamp)) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_spike_events_groups ON spike_events(
  coalesce(lower(status), ''), coalesce(lower(direction), ''), coalesce(spike_type, ''), time_key(timestamp));
CREATE INDEX ph_spike_events_bot_groups ON spike_events(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'), coalesce(agent_detected_by, '-'),
  coalesce(lower(status), '-'), coalesce(lower(direction), '-'), coalesce(spike_type, '-'), time_key(timestamp));

-- In the place of ph_spike_events_trade, whose column ph_spike_events_trade_time begins with.
DROP INDEX IF EXISTS ph_spike_events_trade;

-- The outcome of a spike is that of its trade: where that changes, so does the spike.
CREATE TRIGGER ph_trades_changed_spikes AFTER UPDATE ON trades WHEN NEW.status IS NOT OLD.status OR NEW.pnl IS NOT OLD.pnl OR NEW.id <> OLD.id
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'spike_events', id, 'changed' FROM spike_events WHERE trade_id IN (OLD.id, NEW.id);
END;

CREATE TRIGGER ph_trades_removed_spikes AFTER DELETE ON trades
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'spike_events', id, 'changed' FROM spike_events WHERE trade_id = OLD.id;
END;

CREATE TRIGGER ph_trades_recorded_spikes AFTER INSERT ON trades
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'spike_events', id, 'changed' FROM spike_events WHERE trade_id = NEW.id;
END;

-- The newest matrix of correlations for each period, which is its name. assets, correlations and samples are JSON lists.
CREATE TABLE correlation_matrices (
  name TEXT NOT NULL PRIMARY KEY,
  period_days INTEGER NOT NULL,
  computed_at DATETIME NOT NULL,
  window_end DATETIME NOT NULL,
  assets TEXT NOT NULL,
  correlations TEXT NOT NULL,
  samples TEXT NOT NULL
);

-- What retention deletes.
CREATE INDEX ph_correlation_data_time ON correlation_data(time_key(timestamp));
