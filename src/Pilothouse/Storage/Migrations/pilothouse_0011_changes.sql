-- The log of all changes, written by the database itself: a row that a Python bot writes into the file counts like one of ours. It replaces
-- trade_changes. kind: recorded (a new row), opened (a new trade), closed (a trade that is closed from now on), changed, removed.
-- was_closed: 1 where the row was a closed trade before, so that its figures cannot be added and must be made again; else null.

DROP TRIGGER IF EXISTS ph_trades_inserted;
DROP TRIGGER IF EXISTS ph_trades_replaced;
DROP TRIGGER IF EXISTS ph_trades_updated;
DROP TRIGGER IF EXISTS ph_trades_deleted;
DROP TRIGGER IF EXISTS ph_trades_external_id_replaced;
DROP TRIGGER IF EXISTS ph_trades_replaced_by_update;
DROP TRIGGER IF EXISTS ph_trades_external_id_replaced_by_update;
DROP TABLE IF EXISTS trade_changes;

-- A plain key: AUTOINCREMENT would write a second table with each row. The newest row is never deleted, as an empty table would count from 1 again.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  row_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  was_closed INTEGER,
  at DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);

-- What the figures of closed trades follow.
CREATE INDEX ph_changes_closings ON changes(seq) WHERE table_name = 'trades' AND (kind = 'closed' OR was_closed = 1);

-- While it holds a row, removed rows are not logged: retention puts one in and takes it out in the transaction in which it deletes.
CREATE TABLE changes_paused (
  reason TEXT NOT NULL
);

-- trades. INSERT OR REPLACE and UPDATE OR REPLACE take rows away without a delete trigger: by the id, and by the external_id of a bot.

CREATE TRIGGER ph_trades_recorded AFTER INSERT ON trades
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('trades', NEW.id, CASE WHEN lower(NEW.status) IS 'closed' THEN 'closed' ELSE 'opened' END);
END;

CREATE TRIGGER ph_trades_changed AFTER UPDATE ON trades
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  SELECT 'trades', OLD.id, 'removed', CASE WHEN lower(OLD.status) IS 'closed' THEN 1 END WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  VALUES ('trades', NEW.id,
    CASE WHEN lower(NEW.status) IS 'closed' AND lower(OLD.status) IS NOT 'closed' THEN 'closed' ELSE 'changed' END,
    CASE WHEN lower(OLD.status) IS 'closed' THEN 1 END);
END;

CREATE TRIGGER ph_trades_removed AFTER DELETE ON trades WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed) VALUES ('trades', OLD.id, 'removed', CASE WHEN lower(OLD.status) IS 'closed' THEN 1 END);
END;

CREATE TRIGGER ph_trades_replaced BEFORE INSERT ON trades WHEN EXISTS (SELECT 1 FROM trades WHERE id = NEW.id)
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  SELECT 'trades', id, 'removed', CASE WHEN lower(status) IS 'closed' THEN 1 END FROM trades WHERE id = NEW.id;
END;

CREATE TRIGGER ph_trades_external_id_replaced BEFORE INSERT ON trades WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  SELECT 'trades', id, 'removed', CASE WHEN lower(status) IS 'closed' THEN 1 END FROM trades
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_trades_replaced_by_update BEFORE UPDATE ON trades WHEN NEW.id <> OLD.id
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  SELECT 'trades', id, 'removed', CASE WHEN lower(status) IS 'closed' THEN 1 END FROM trades WHERE id = NEW.id;
END;

CREATE TRIGGER ph_trades_external_id_replaced_by_update BEFORE UPDATE ON trades WHEN NEW.external_id IS NOT NULL
BEGIN
  INSERT INTO changes(table_name, row_id, kind, was_closed)
  SELECT 'trades', id, 'removed', CASE WHEN lower(status) IS 'closed' THEN 1 END FROM trades
  WHERE external_id = NEW.external_id AND coalesce(bot_name, '') = coalesce(NEW.bot_name, '') AND id <> OLD.id AND id <> NEW.id;
END;

-- signals

CREATE TRIGGER ph_signals_recorded AFTER INSERT ON signals
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('signals', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_signals_changed AFTER UPDATE ON signals
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'signals', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('signals', NEW.id, 'changed');
END;

CREATE TRIGGER ph_signals_removed AFTER DELETE ON signals WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('signals', OLD.id, 'removed');
END;

-- bot_status

CREATE TRIGGER ph_bot_status_recorded AFTER INSERT ON bot_status
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_status', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_bot_status_changed AFTER UPDATE ON bot_status
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'bot_status', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_status', NEW.id, 'changed');
END;

CREATE TRIGGER ph_bot_status_removed AFTER DELETE ON bot_status WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('bot_status', OLD.id, 'removed');
END;

-- model_checkpoints

CREATE TRIGGER ph_model_checkpoints_recorded AFTER INSERT ON model_checkpoints
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_checkpoints', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_model_checkpoints_changed AFTER UPDATE ON model_checkpoints
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'model_checkpoints', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_checkpoints', NEW.id, 'changed');
END;

CREATE TRIGGER ph_model_checkpoints_removed AFTER DELETE ON model_checkpoints WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('model_checkpoints', OLD.id, 'removed');
END;

-- market_context

CREATE TRIGGER ph_market_context_recorded AFTER INSERT ON market_context
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('market_context', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_market_context_changed AFTER UPDATE ON market_context
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'market_context', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('market_context', NEW.id, 'changed');
END;

CREATE TRIGGER ph_market_context_removed AFTER DELETE ON market_context WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('market_context', OLD.id, 'removed');
END;

-- chart_analyses

CREATE TRIGGER ph_chart_analyses_recorded AFTER INSERT ON chart_analyses
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('chart_analyses', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_chart_analyses_changed AFTER UPDATE ON chart_analyses
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'chart_analyses', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('chart_analyses', NEW.id, 'changed');
END;

CREATE TRIGGER ph_chart_analyses_removed AFTER DELETE ON chart_analyses WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('chart_analyses', OLD.id, 'removed');
END;

-- performance_metrics

CREATE TRIGGER ph_performance_metrics_recorded AFTER INSERT ON performance_metrics
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('performance_metrics', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_performance_metrics_changed AFTER UPDATE ON performance_metrics
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'performance_metrics', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('performance_metrics', NEW.id, 'changed');
END;

CREATE TRIGGER ph_performance_metrics_removed AFTER DELETE ON performance_metrics WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('performance_metrics', OLD.id, 'removed');
END;

-- correlation_data

CREATE TRIGGER ph_correlation_data_recorded AFTER INSERT ON correlation_data
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('correlation_data', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_correlation_data_changed AFTER UPDATE ON correlation_data
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'correlation_data', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('correlation_data', NEW.id, 'changed');
END;

CREATE TRIGGER ph_correlation_data_removed AFTER DELETE ON correlation_data WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('correlation_data', OLD.id, 'removed');
END;

-- cost_analytics

CREATE TRIGGER ph_cost_analytics_recorded AFTER INSERT ON cost_analytics
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cost_analytics', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_cost_analytics_changed AFTER UPDATE ON cost_analytics
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'cost_analytics', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cost_analytics', NEW.id, 'changed');
END;

CREATE TRIGGER ph_cost_analytics_removed AFTER DELETE ON cost_analytics WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('cost_analytics', OLD.id, 'removed');
END;

-- news_cache

CREATE TRIGGER ph_news_cache_recorded AFTER INSERT ON news_cache
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('news_cache', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_news_cache_changed AFTER UPDATE ON news_cache
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'news_cache', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('news_cache', NEW.id, 'changed');
END;

CREATE TRIGGER ph_news_cache_removed AFTER DELETE ON news_cache WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('news_cache', OLD.id, 'removed');
END;

-- Its articles have one row each: INSERT OR REPLACE and UPDATE OR REPLACE take the other away without a delete trigger.

CREATE TRIGGER ph_news_cache_replaced BEFORE INSERT ON news_cache
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'news_cache', id, 'removed' FROM news_cache WHERE article_url = NEW.article_url AND id IS NOT NEW.id;
END;

CREATE TRIGGER ph_news_cache_replaced_by_update BEFORE UPDATE ON news_cache WHEN NEW.article_url <> OLD.article_url
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'news_cache', id, 'removed' FROM news_cache WHERE article_url = NEW.article_url AND id <> OLD.id;
END;

-- spike_events

CREATE TRIGGER ph_spike_events_recorded AFTER INSERT ON spike_events
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('spike_events', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_spike_events_changed AFTER UPDATE ON spike_events
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'spike_events', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('spike_events', NEW.id, 'changed');
END;

CREATE TRIGGER ph_spike_events_removed AFTER DELETE ON spike_events WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('spike_events', OLD.id, 'removed');
END;

-- circuit_breaker_events

CREATE TRIGGER ph_circuit_breaker_events_recorded AFTER INSERT ON circuit_breaker_events
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('circuit_breaker_events', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_circuit_breaker_events_changed AFTER UPDATE ON circuit_breaker_events
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'circuit_breaker_events', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('circuit_breaker_events', NEW.id, 'changed');
END;

CREATE TRIGGER ph_circuit_breaker_events_removed AFTER DELETE ON circuit_breaker_events WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('circuit_breaker_events', OLD.id, 'removed');
END;

-- agent_decisions

CREATE TRIGGER ph_agent_decisions_recorded AFTER INSERT ON agent_decisions
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_decisions', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_agent_decisions_changed AFTER UPDATE ON agent_decisions
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'agent_decisions', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_decisions', NEW.id, 'changed');
END;

CREATE TRIGGER ph_agent_decisions_removed AFTER DELETE ON agent_decisions WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_decisions', OLD.id, 'removed');
END;

-- agent_performance

CREATE TRIGGER ph_agent_performance_recorded AFTER INSERT ON agent_performance
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_performance', NEW.id, 'recorded');
END;

CREATE TRIGGER ph_agent_performance_changed AFTER UPDATE ON agent_performance
BEGIN
  INSERT INTO changes(table_name, row_id, kind) SELECT 'agent_performance', OLD.id, 'removed' WHERE NEW.id <> OLD.id;
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_performance', NEW.id, 'changed');
END;

CREATE TRIGGER ph_agent_performance_removed AFTER DELETE ON agent_performance WHEN NOT EXISTS (SELECT 1 FROM changes_paused)
BEGIN
  INSERT INTO changes(table_name, row_id, kind) VALUES ('agent_performance', OLD.id, 'removed');
END;
