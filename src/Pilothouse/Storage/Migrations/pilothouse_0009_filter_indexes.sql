-- Filters that the lists gained. Without an index each of them would walk through the whole table for a value that is rare, which
-- anybody could ask for without end. Those of columns that the seed's bots leave empty are partial: such rows cost them nothing.

CREATE INDEX IF NOT EXISTS ph_signals_status_time ON signals(lower(status), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_signals_bot_time ON signals(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_signals_strategy_time ON signals(strategy, time_key(timestamp)) WHERE strategy IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_signals_timeframe_time ON signals(timeframe, time_key(timestamp)) WHERE timeframe IS NOT NULL;

CREATE INDEX IF NOT EXISTS ph_trades_mode_time ON trades(lower(mode), time_key(timestamp)) WHERE lower(mode) IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_trades_external_time ON trades(external_id, time_key(timestamp)) WHERE external_id IS NOT NULL;

-- In the place of ph_trades_signal, whose column it begins with.
CREATE INDEX IF NOT EXISTS ph_trades_signal_time ON trades(signal_id, time_key(timestamp)) WHERE signal_id IS NOT NULL;
DROP INDEX IF EXISTS ph_trades_signal;

CREATE INDEX IF NOT EXISTS ph_chart_analyses_timeframe_time ON chart_analyses(timeframe, time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_chart_analyses_recommendation_time ON chart_analyses(upper(recommendation), time_key(timestamp));
CREATE INDEX IF NOT EXISTS ph_chart_analyses_bot_time ON chart_analyses(bot_name, time_key(timestamp)) WHERE bot_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_chart_analyses_model_time ON chart_analyses(model, time_key(timestamp)) WHERE model IS NOT NULL;
CREATE INDEX IF NOT EXISTS ph_chart_analyses_signal_time ON chart_analyses(signal_id, time_key(timestamp)) WHERE signal_id IS NOT NULL;
