-- The newest correlation of one asset with any other.

CREATE INDEX ph_correlation_asset1_time ON correlation_data(upper(asset1), period_days, time_key(timestamp));
CREATE INDEX ph_correlation_asset2_time ON correlation_data(upper(asset2), period_days, time_key(timestamp));

-- Lists by a word: other programs store LONG for BUY, Short for SELL and so on. A list reads the column by this very expression.

DROP INDEX IF EXISTS ph_signals_type_time;
CREATE INDEX ph_signals_type_time ON signals(
  CASE upper(signal_type) WHEN 'LONG' THEN 'BUY' WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'SHORT' THEN 'SELL'
    WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(signal_type) END,
  time_key(timestamp));

DROP INDEX IF EXISTS ph_trades_side_time;
CREATE INDEX ph_trades_side_time ON trades(
  CASE upper(side) WHEN 'LONG' THEN 'BUY' WHEN 'SHORT' THEN 'SELL' ELSE upper(side) END,
  time_key(timestamp));

DROP INDEX IF EXISTS ph_chart_analyses_recommendation_time;
CREATE INDEX ph_chart_analyses_recommendation_time ON chart_analyses(
  CASE upper(recommendation) WHEN 'STRONG_BUY' THEN 'BUY' WHEN 'STRONG_SELL' THEN 'SELL' ELSE upper(recommendation) END,
  time_key(timestamp));
