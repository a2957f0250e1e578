-- Lists with several filters (docs/decisions/0026-lists-from-groups.md). An index of groups begins with the columns of filters
-- and ends with the time of the list. In the place of NULL each has a text that no other index has (ListGroups.cs).
-- It takes the place of indexes of columns that have few values.

DROP INDEX IF EXISTS ph_trades_side_time;
DROP INDEX IF EXISTS ph_trades_mode_time;
CREATE INDEX ph_trades_groups ON trades(
  coalesce(CASE upper(side) WHEN 'LONG' THEN 'BUY' WHEN 'SHORT' THEN 'SELL' ELSE upper(side) END, ''),
  coalesce(lower(mode), ''), coalesce(lower(status), ''), time_key(timestamp));
CREATE INDEX ph_trades_bot_groups ON trades(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'),
  coalesce(CASE upper(side) WHEN 'LONG' THEN 'BUY' WHEN 'SHORT' THEN 'SELL' ELSE upper(side) END, '-'),
  coalesce(lower(mode), '-'), coalesce(lower(status), '-'), time_key(timestamp));

-- A window of closes: with the status in front, SQLite prefers this index to those of the status, whatever the statistics say.
DROP INDEX IF EXISTS ph_trades_close;
CREATE INDEX ph_trades_close ON trades(lower(status), coalesce(nullif(time_key(closed_at), ''), time_key(timestamp)))
WHERE lower(status) = 'closed';

-- Trades that closed in another month than they were opened in, or before: few, so that all others of a window of closes are found by
-- their opening. The plus keeps SQLite from an index of the status where this one is meant.
CREATE INDEX ph_trades_held ON trades(
  time_key(timestamp), id, coalesce(nullif(time_key(closed_at), ''), time_key(timestamp)),
  bot_name, upper(trading_pair), lower(mode), lower(status),
  CASE upper(side) WHEN 'LONG' THEN 'BUY' WHEN 'SHORT' THEN 'SELL' ELSE upper(side) END)
WHERE +lower(status) = 'closed'
  AND (substr(coalesce(nullif(time_key(closed_at), ''), time_key(timestamp)), 1, 7) <> substr(time_key(timestamp), 1, 7)
    OR coalesce(nullif(time_key(closed_at), ''), time_key(timestamp)) < time_key(timestamp));

DROP INDEX IF EXISTS ph_signals_type_time;
DROP INDEX IF EXISTS ph_signals_status_time;
DROP INDEX IF EXISTS ph_signals_timeframe_time;
CREATE INDEX ph_signals_groups ON signals(
  coalesce(CASE upper(signal_type) WHEN 'LONG' THEN 'BUY' WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'SHORT' THEN 'SELL'
    WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(signal_type) END, ''),
  coalesce(lower(status), ''), coalesce(timeframe, ''), time_key(timestamp));
CREATE INDEX ph_signals_bot_groups ON signals(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'),
  coalesce(strategy, '-'),
  coalesce(CASE upper(signal_type) WHEN 'LONG' THEN 'BUY' WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'SHORT' THEN 'SELL'
    WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(signal_type) END, '-'),
  coalesce(lower(status), '-'), coalesce(timeframe, '-'), time_key(timestamp));

DROP INDEX IF EXISTS ph_chart_analyses_timeframe_time;
DROP INDEX IF EXISTS ph_chart_analyses_recommendation_time;
CREATE INDEX ph_chart_analyses_groups ON chart_analyses(
  coalesce(CASE upper(recommendation) WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(recommendation) END, ''),
  coalesce(timeframe, ''), coalesce(model, ''), time_key(timestamp));
CREATE INDEX ph_chart_analyses_bot_groups ON chart_analyses(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'),
  coalesce(timeframe, '-'),
  coalesce(CASE upper(recommendation) WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(recommendation) END, '-'),
  coalesce(model, '-'), time_key(timestamp));

DROP INDEX IF EXISTS ph_audit_log_operation;
CREATE INDEX ph_audit_log_groups ON audit_log(
  coalesce(operation, ''), coalesce(who, ''), coalesce(record_table, ''), time_key(timestamp), id);
