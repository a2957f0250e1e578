-- Which model made a signal: the version of a checkpoint in model_checkpoints. The index of groups of signals gets it as well.
ALTER TABLE signals ADD COLUMN model TEXT;
CREATE INDEX ph_signals_model_time ON signals(model, time_key(timestamp)) WHERE model IS NOT NULL;
DROP INDEX IF EXISTS ph_signals_bot_groups;
CREATE INDEX ph_signals_bot_groups ON signals(
  coalesce(bot_name, '-'), coalesce(upper(trading_pair), '-'), coalesce(strategy, '-'), coalesce(model, '-'),
  coalesce(CASE upper(signal_type) WHEN 'LONG' THEN 'BUY' WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'SHORT' THEN 'SELL'
    WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(signal_type) END, '-'),
  coalesce(lower(status), '-'), coalesce(timeframe, '-'), time_key(timestamp));

-- The lists of models.
CREATE INDEX ph_model_checkpoints_time ON model_checkpoints(time_key(timestamp));
CREATE INDEX ph_model_checkpoints_version_time ON model_checkpoints(version, time_key(timestamp));
CREATE INDEX ph_model_checkpoints_path_time ON model_checkpoints(model_path, time_key(timestamp));
CREATE INDEX ph_model_checkpoints_bot_time ON model_checkpoints(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX ph_model_checkpoints_groups ON model_checkpoints(
  coalesce(bot_name, ''), coalesce(version, ''), coalesce(model_path, ''), time_key(timestamp));
