-- The assets that an article names, as a JSON list.
ALTER TABLE news_cache ADD COLUMN assets text COLLATE "C";

CREATE INDEX ph_news_cache_source_time ON news_cache(source, time_key(timestamp), id) WHERE source IS NOT NULL;
CREATE INDEX ph_news_cache_groups ON news_cache(coalesce(lower(sentiment), ''), coalesce(source, ''), time_key(timestamp), id);

-- The window of the sentiment: when an article was published, else when it was read.
CREATE INDEX ph_news_cache_moment ON news_cache(first_time_key(published_at, timestamp));

-- The articles of each asset: a row for each asset that an article names, kept by a trigger. id is that of the article.
CREATE TABLE news_assets (
  id bigint NOT NULL,
  asset text COLLATE "C" NOT NULL,
  sentiment text COLLATE "C",
  source text COLLATE "C",
  listed_at timestamptz,
  expires_at timestamptz
);

CREATE UNIQUE INDEX ph_news_assets_article ON news_assets(id, asset);
CREATE INDEX ph_news_assets_time ON news_assets(asset, own_time_key(listed_at), id);
CREATE INDEX ph_news_assets_groups ON news_assets(
  coalesce(asset, ''), coalesce(lower(sentiment), ''), coalesce(source, ''), own_time_key(listed_at), id);

-- Another program may have stored a text that is no list; then the article names nothing.
CREATE FUNCTION ph_list_of(list text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN jsonb_typeof(list::jsonb) = 'array' THEN list::jsonb ELSE '[]'::jsonb END;
EXCEPTION WHEN OTHERS THEN
  RETURN '[]'::jsonb;
END
$$;

CREATE FUNCTION ph_keep_news_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.assets IS NOT NULL THEN
    DELETE FROM news_assets WHERE id = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.assets IS NOT NULL THEN
    INSERT INTO news_assets(id, asset, sentiment, source, listed_at, expires_at)
    SELECT DISTINCT NEW.id, upper(value #>> '{}'), NEW.sentiment, NEW.source, NEW.timestamp, NEW.cache_expires_at
    FROM jsonb_array_elements(ph_list_of(NEW.assets)) AS value WHERE jsonb_typeof(value) = 'string';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER ph_news_assets AFTER INSERT OR UPDATE OR DELETE ON news_cache FOR EACH ROW EXECUTE FUNCTION ph_keep_news_assets();

-- Spikes: whose they are, and their lists. Most have no trade and no bot.
ALTER TABLE spike_events ADD COLUMN bot_name text COLLATE "C";

CREATE INDEX ph_spike_events_time ON spike_events(time_key(timestamp), id);
CREATE INDEX ph_spike_events_pair_time ON spike_events(upper(trading_pair), time_key(timestamp), id);
CREATE INDEX ph_spike_events_agent_time ON spike_events(agent_detected_by, time_key(timestamp), id) WHERE agent_detected_by IS NOT NULL;
CREATE INDEX ph_spike_events_bot_time ON spike_events(bot_name, time_key(timestamp), id) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_spike_events_trade_time ON spike_events(trade_id, time_key(timestamp), id) WHERE trade_id IS NOT NULL;
CREATE INDEX ph_spike_events_groups ON spike_events(
  coalesce(lower(status), ''), coalesce(lower(direction), ''), coalesce(spike_type, ''), time_key(timestamp), id);
CREATE INDEX ph_spike_events_bot_groups ON spike_events(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'), coalesce(agent_detected_by, '-'),
  coalesce(lower(status), '-'), coalesce(lower(direction), '-'), coalesce(spike_type, '-'), time_key(timestamp), id);
DROP INDEX IF EXISTS ph_spike_events_trade;

-- The outcome of a spike is that of its trade: where that changes, so does the spike.
CREATE FUNCTION ph_log_spikes_of_trade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'spike_events', id, 'changed' FROM spike_events WHERE trade_id = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER ph_trades_changed_spikes AFTER UPDATE ON trades FOR EACH ROW
WHEN (NEW.status IS DISTINCT FROM OLD.status OR NEW.pnl IS DISTINCT FROM OLD.pnl) EXECUTE FUNCTION ph_log_spikes_of_trade();

-- The newest matrix of correlations for each period, which is its name. assets, correlations and samples are JSON lists.
CREATE TABLE correlation_matrices (
  name text COLLATE "C" NOT NULL PRIMARY KEY,
  period_days bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  assets text COLLATE "C" NOT NULL,
  correlations text COLLATE "C" NOT NULL,
  samples text COLLATE "C" NOT NULL
);

-- What retention deletes.
CREATE INDEX ph_correlation_data_time ON correlation_data(time_key(timestamp), id);
