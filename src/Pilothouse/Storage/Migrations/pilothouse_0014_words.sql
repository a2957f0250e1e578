-- The newest correlation of one asset with any other.

CREATE INDEX ph_correlation_asset1_time ON correlation_data(upper(asset1), period_days, time_key(timestamp));
CREATE INDEX ph_correlation_asset2_time ON correlation_data(upper(asset2), period_days, time_key(timestamp));
