using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>Files of the seed's other Python code, which the server refuses to open.</summary>
public sealed class FlaskImportTests
{
    /// <summary>The tables as that code makes them.</summary>
    private const string Tables = """
        CREATE TABLE signals(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, symbol TEXT NOT NULL, price REAL NOT NULL, signal TEXT NOT NULL,
          strength INTEGER NOT NULL, rsi REAL, macd REAL, macd_signal REAL, macd_histogram REAL, vwap REAL, ema_9 REAL, ema_21 REAL, sma_50 REAL, bb_upper REAL, bb_middle REAL,
          bb_lower REAL, volume REAL, btc_price REAL, fear_greed_index INTEGER, indicators_json TEXT);
        CREATE TABLE trades(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, symbol TEXT NOT NULL, side TEXT NOT NULL, entry_price REAL NOT NULL,
          exit_price REAL, quantity REAL NOT NULL, pnl REAL, pnl_percentage REAL, status TEXT DEFAULT 'OPEN', signal_id INTEGER, rl_action TEXT, reasoning TEXT, closed_at DATETIME);
        CREATE TABLE bot_status(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, status TEXT NOT NULL, balance REAL, total_pnl REAL, win_rate REAL,
          total_trades INTEGER, open_positions INTEGER, message TEXT);
        CREATE TABLE chart_analyses(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, symbol TEXT NOT NULL, timeframe TEXT NOT NULL, ai_recommendation TEXT,
          confidence REAL, key_observations TEXT, risk_factors TEXT, analysis_text TEXT, support_level REAL, resistance_level REAL, chart_image_path TEXT);
        CREATE TABLE market_context(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, btc_price REAL, fear_greed_index INTEGER, btc_trend_strength TEXT);
        CREATE TABLE correlation_data(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, asset1 TEXT NOT NULL, asset2 TEXT NOT NULL, correlation_coefficient REAL, period_days INTEGER, significance REAL);
        CREATE TABLE cost_analytics(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, api_name TEXT NOT NULL, operation TEXT, cost REAL, cached BOOLEAN DEFAULT 0, tokens_used INTEGER, model_used TEXT);
        CREATE TABLE oddments(id INTEGER);
        """;

    private const string Rows = """
        INSERT INTO signals(timestamp, symbol, price, signal, strength, ema_9) VALUES ('2026-01-01 10:00:00', 'SUI/USDC', 3.5, 'BUY', 7, 3.4), ('2026-01-01 11:00:00', 'SUI/USDC', 3.6, 'MAYBE', 1, NULL);
        INSERT INTO trades(timestamp, symbol, side, entry_price, quantity, signal_id) VALUES ('2026-01-01 10:00:05', 'SUI/USDC', 'BUY', 3.5, 10, 1), ('2026-01-01 12:00:00', 'SUI/USDC', 'SELL', 3.5, 10, NULL);
        UPDATE trades SET exit_price = 3, pnl = 5, status = 'CLOSED', closed_at = '2026-01-01 14:00:00.123456' WHERE id = 2;
        INSERT INTO bot_status(timestamp, status, balance) VALUES ('2026-01-01 10:00:00', 'running', 500.5);
        INSERT INTO chart_analyses(timestamp, symbol, timeframe, ai_recommendation, confidence, support_level) VALUES ('2026-01-01 10:00:00', 'SUI/USDC', '1h', 'BUY', 0.9, 3.25);
        INSERT INTO market_context(timestamp, btc_price, fear_greed_index, btc_trend_strength) VALUES ('2026-01-01 10:00:00', 60000, 40, 'sideways');
        INSERT INTO correlation_data(timestamp, asset1, asset2, correlation_coefficient, period_days) VALUES ('2026-01-01 10:00:00', 'BTC', 'SUI', 0.5, 7);
        INSERT INTO cost_analytics(timestamp, api_name, operation, cost, cached, model_used) VALUES ('2026-01-01 10:00:00', 'openai', 'news', 0.25, 1, 'gpt');
        INSERT INTO oddments VALUES (1);
        """;

    [Fact]
    public async Task Its_rows_are_stored_here_and_an_import_can_be_repeated()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("old.db");
        await Tool.SqliteAsync(file, Tables + Rows);
        var report = await server.ImportAsync("flask", file, "--time-zone", "Europe/Berlin");
        Assert.Equal("1 signal_type must be one of BUY, SELL, HOLD", report.LeftOut());
        Assert.Equal(("1 0 0 1", "2 0 0 0"), (report.Counts("signals"), report.Counts()));
        foreach (var table in new[] { "bot_status", "chart_analyses", "market_context", "correlation_data", "cost_analytics" })
        {
            Assert.Equal("1 0 0 0", report.Counts(table));
        }

        Assert.Contains("The table oddments with 1 rows was not read.", report["notes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("Rows of signals are kept 30 days", report["notes"]!.ToJsonString(), StringComparison.Ordinal);
        var trades = await server.TradesAsync();
        Assert.Equal(1, trades["flask:rl_trading_bot:1"].Number("signal_id"));
        Assert.Equal(("closed", 5.0, "2026-01-01T13:00:00.123+00:00"), ((string?)trades["flask:rl_trading_bot:2"]["status"], trades["flask:rl_trading_bot:2"].Number("pnl"), (string?)trades["flask:rl_trading_bot:2"]["closed_at"]));
        Assert.Equal(("3.4", "rl_trading_bot"), (server.Sql("SELECT CAST(ema9 AS TEXT) FROM signals"), server.Sql("SELECT bot_name FROM bot_status")));
        Assert.Equal(("3.25", "high", "1"), (server.Sql("SELECT support_levels FROM chart_analyses"), server.Sql("SELECT confidence FROM chart_analyses"), server.Sql("SELECT CAST(cache_hits AS TEXT) FROM cost_analytics")));

        await Tool.SqliteAsync(file, "UPDATE trades SET exit_price = 4, status = 'CLOSED', closed_at = '2026-01-02 10:00:00.5' WHERE id = 1; UPDATE signals SET rsi = 41.5 WHERE id = 1;");
        report = await server.ImportAsync("flask", file, "--time-zone", "Europe/Berlin");
        Assert.Equal(("0 1 0 1", "0 1 1 0", "0 0 1 0"), (report.Counts("signals"), report.Counts(), report.Counts("bot_status")));
        Assert.Equal(("41.5", "1"), (server.Sql("SELECT CAST(rsi AS TEXT) FROM signals"), server.Sql("SELECT count(*) FROM signals")));
        Assert.Equal(5.0, (await server.TradesAsync())["flask:rl_trading_bot:1"].Number("pnl"));
    }
}
