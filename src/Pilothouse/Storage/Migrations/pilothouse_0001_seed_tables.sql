-- The seed's fourteen tables, as the seed declares them. Where the file came from the seed they are there already.

CREATE TABLE IF NOT EXISTS signals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  trading_pair TEXT NOT NULL,
  signal_type TEXT NOT NULL,
  signal_strength INTEGER NOT NULL,
  price REAL NOT NULL,
  rsi REAL,
  macd REAL,
  macd_signal REAL,
  macd_histogram REAL,
  vwap REAL,
  ema9 REAL,
  ema21 REAL,
  sma50 REAL,
  bb_upper REAL,
  bb_middle REAL,
  bb_lower REAL,
  volume REAL,
  status TEXT DEFAULT 'pending'
);

CREATE TABLE IF NOT EXISTS trades (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  trading_pair TEXT NOT NULL,
  side TEXT NOT NULL,
  entry_price REAL NOT NULL,
  exit_price REAL,
  quantity REAL NOT NULL,
  pnl REAL DEFAULT 0,
  status TEXT DEFAULT 'open',
  signal_id INTEGER,
  leverage INTEGER,
  position_mode TEXT,
  stop_loss REAL,
  take_profit REAL,
  closed_at DATETIME,
  FOREIGN KEY (signal_id) REFERENCES signals(id)
);

CREATE TABLE IF NOT EXISTS bot_status (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  bot_name TEXT NOT NULL,
  status TEXT NOT NULL,
  pid INTEGER,
  balance REAL,
  open_positions INTEGER DEFAULT 0,
  total_trades INTEGER DEFAULT 0,
  win_rate REAL DEFAULT 0,
  total_pnl REAL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS model_checkpoints (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  model_path TEXT NOT NULL,
  version TEXT NOT NULL,
  episode INTEGER DEFAULT 0,
  win_rate REAL DEFAULT 0,
  avg_return REAL DEFAULT 0,
  total_states INTEGER DEFAULT 0,
  notes TEXT
);

CREATE TABLE IF NOT EXISTS market_context (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  btc_price REAL,
  btc_change_24h REAL,
  eth_price REAL,
  eth_change_24h REAL,
  btc_dominance REAL,
  fear_greed_index INTEGER,
  market_trend TEXT,
  btc_trend TEXT,
  market_regime TEXT,
  volatility_level TEXT
);

CREATE TABLE IF NOT EXISTS chart_analyses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  trading_pair TEXT NOT NULL,
  timeframe TEXT NOT NULL,
  recommendation TEXT,
  confidence TEXT,
  key_observations TEXT,
  risk_factors TEXT,
  ai_analysis TEXT,
  support_levels TEXT,
  resistance_levels TEXT,
  chart_image_path TEXT
);

CREATE TABLE IF NOT EXISTS performance_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  period TEXT NOT NULL,
  total_trades INTEGER DEFAULT 0,
  winning_trades INTEGER DEFAULT 0,
  losing_trades INTEGER DEFAULT 0,
  win_rate REAL DEFAULT 0,
  total_pnl REAL DEFAULT 0,
  avg_win REAL DEFAULT 0,
  avg_loss REAL DEFAULT 0,
  max_loss REAL DEFAULT 0,
  sharpe_ratio REAL,
  risk_reward_ratio REAL
);

CREATE TABLE IF NOT EXISTS correlation_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  asset1 TEXT NOT NULL,
  asset2 TEXT NOT NULL,
  correlation_value REAL NOT NULL,
  period_days INTEGER DEFAULT 7,
  strength TEXT
);

CREATE TABLE IF NOT EXISTS cost_analytics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  api_name TEXT NOT NULL,
  operation_type TEXT NOT NULL,
  api_calls INTEGER DEFAULT 0,
  estimated_cost REAL DEFAULT 0,
  cache_hits INTEGER DEFAULT 0,
  cache_misses INTEGER DEFAULT 0
);

CREATE TABLE IF NOT EXISTS news_cache (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  article_url TEXT NOT NULL UNIQUE,
  article_title TEXT,
  sentiment TEXT,
  confidence REAL,
  cache_expires_at DATETIME
);

CREATE TABLE IF NOT EXISTS spike_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  trading_pair TEXT NOT NULL,
  spike_type TEXT NOT NULL,
  direction TEXT NOT NULL,
  magnitude_percent REAL NOT NULL,
  timeframe_minutes INTEGER NOT NULL,
  volume_multiplier REAL,
  price_from REAL NOT NULL,
  price_to REAL NOT NULL,
  confidence_score REAL,
  detection_latency_ms INTEGER,
  agent_detected_by TEXT,
  status TEXT DEFAULT 'detected',
  skip_reason TEXT,
  context_analysis TEXT,
  risk_assessment TEXT,
  trade_id INTEGER,
  outcome TEXT,
  pnl REAL,
  FOREIGN KEY (trade_id) REFERENCES trades(id)
);

CREATE TABLE IF NOT EXISTS circuit_breaker_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  triggered_at DATETIME NOT NULL,
  cleared_at DATETIME,
  trigger_reason TEXT NOT NULL,
  trigger_type TEXT NOT NULL,
  status TEXT NOT NULL,
  btc_price_at_trigger REAL,
  eth_price_at_trigger REAL,
  btc_drop_percent REAL,
  eth_drop_percent REAL,
  market_cap_drop_percent REAL,
  liquidations_1h REAL,
  fear_greed_index INTEGER,
  trigger_details TEXT,
  market_snapshot TEXT,
  downtime_seconds INTEGER,
  capital_saved REAL DEFAULT 0,
  orders_cancelled INTEGER DEFAULT 0,
  positions_affected INTEGER DEFAULT 0,
  recovery_time_seconds INTEGER,
  recovery_conditions_met TEXT,
  user_notified INTEGER DEFAULT 0,
  notes TEXT
);

CREATE TABLE IF NOT EXISTS agent_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  agent_name TEXT NOT NULL,
  agent_role TEXT NOT NULL,
  decision_type TEXT NOT NULL,
  decision TEXT NOT NULL,
  confidence REAL,
  reasoning TEXT,
  input_data TEXT,
  output_data TEXT,
  execution_time_ms INTEGER,
  spike_event_id INTEGER,
  circuit_breaker_event_id INTEGER,
  trade_id INTEGER,
  FOREIGN KEY (spike_event_id) REFERENCES spike_events(id),
  FOREIGN KEY (circuit_breaker_event_id) REFERENCES circuit_breaker_events(id),
  FOREIGN KEY (trade_id) REFERENCES trades(id)
);

CREATE TABLE IF NOT EXISTS agent_performance (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  agent_name TEXT NOT NULL,
  period TEXT NOT NULL,
  total_decisions INTEGER DEFAULT 0,
  correct_decisions INTEGER DEFAULT 0,
  incorrect_decisions INTEGER DEFAULT 0,
  accuracy_percent REAL DEFAULT 0,
  avg_confidence REAL DEFAULT 0,
  avg_execution_time_ms REAL DEFAULT 0,
  total_spikes_detected INTEGER DEFAULT 0,
  true_positives INTEGER DEFAULT 0,
  false_positives INTEGER DEFAULT 0,
  false_negatives INTEGER DEFAULT 0,
  circuit_breaker_triggers INTEGER DEFAULT 0,
  false_circuit_breaker_triggers INTEGER DEFAULT 0,
  notes TEXT
);
