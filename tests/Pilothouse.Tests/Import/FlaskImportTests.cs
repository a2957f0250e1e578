using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Auth;
using Pilothouse.Import;
using Pilothouse.Storage;
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
        CREATE TABLE model_checkpoints(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, model_path TEXT NOT NULL, version TEXT NOT NULL, episode INTEGER DEFAULT 0,
          win_rate REAL DEFAULT 0, avg_return REAL DEFAULT 0, total_states INTEGER DEFAULT 0, notes TEXT);
        CREATE TABLE news_cache(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, article_url TEXT UNIQUE, article_title TEXT, sentiment TEXT, confidence REAL,
          cache_expires_at DATETIME);
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
        INSERT INTO model_checkpoints(timestamp, model_path, version, episode, win_rate, avg_return) VALUES ('2026-01-01 10:00:00', 'models/rl.pkl', 'v3', 1200, 57.5, 0.42);
        INSERT INTO news_cache(timestamp, article_url, article_title, sentiment, confidence, cache_expires_at)
          VALUES ('2026-01-01 10:00:00', 'https://news.example/1', 'Up', 'BULLISH', 0.75, '2026-04-01 10:00:00.5');
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
        foreach (var table in new[] { "bot_status", "chart_analyses", "market_context", "correlation_data", "cost_analytics", "model_checkpoints", "news_cache" })
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

        WriteChecks.Same(
            """{"id":1,"timestamp":"2026-01-01T10:00:00+00:00","model_path":"models/rl.pkl","version":"v3","episode":1200,"win_rate":57.5,"avg_return":0.42,"total_states":0,"notes":null,"bot_name":"rl_trading_bot"}""",
            (await server.GetAsync("/api/models/1"))["data"]!);
        WriteChecks.Same(
            """{"id":1,"timestamp":"2026-01-01T10:00:00+00:00","article_url":"https://news.example/1","article_title":"Up","sentiment":"bullish","confidence":0.75,"cache_expires_at":"2026-04-01T08:00:00.500+00:00","source":null,"published_at":null,"assets":null}""",
            (await server.GetAsync("/api/news"))["data"]![0]!);

        await Tool.SqliteAsync(file, "UPDATE trades SET exit_price = 4, status = 'CLOSED', closed_at = '2026-01-02 10:00:00.5' WHERE id = 1; UPDATE signals SET rsi = 41.5 WHERE id = 1;");
        report = await server.ImportAsync("flask", file, "--time-zone", "Europe/Berlin");
        Assert.Equal(("0 1 0 1", "0 1 1 0", "0 0 1 0"), (report.Counts("signals"), report.Counts(), report.Counts("bot_status")));
        Assert.Equal(("41.5", "1"), (server.Sql("SELECT CAST(rsi AS TEXT) FROM signals"), server.Sql("SELECT count(*) FROM signals")));
        Assert.Equal(5.0, (await server.TradesAsync())["flask:rl_trading_bot:1"].Number("pnl"));
    }

    /// <summary>A row may be the same in the file, and follow another one that was left out until now.</summary>
    [Fact]
    public async Task A_signal_that_comes_later_is_named_by_its_trade_and_a_changed_cost_still_says_where_it_is_from()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("old.db");
        await Tool.SqliteAsync(file, Tables + Rows + "UPDATE trades SET signal_id = 2 WHERE id = 2;");
        await server.ImportAsync("flask", file);
        Assert.Null((await server.TradesAsync())["flask:rl_trading_bot:2"]["signal_id"]);
        await Tool.SqliteAsync(file, "UPDATE signals SET signal = 'SELL' WHERE id = 2; UPDATE cost_analytics SET cost = 0.5;");
        var report = await server.ImportAsync("flask", file);
        Assert.Equal(("1 0 1 0", "0 1 1 0", "0 1 0 0"), (report.Counts("signals"), report.Counts(), report.Counts("cost_analytics")));
        Assert.Equal(server.Sql("SELECT id FROM signals WHERE signal_type = 'SELL'"), (await server.TradesAsync())["flask:rl_trading_bot:2"]["signal_id"]!.ToString());
        var cost = (await server.GetAsync("/api/cost-analytics/records"))["data"]![0]!;
        Assert.Equal((0.5, "sent"), ((double)cost["estimated_cost"]!, (string?)cost["cost_source"]));
        report = await server.ImportAsync("flask", file);
        Assert.Equal(("0 0 2 0", "0 0 2 0", "0 0 1 0"), (report.Counts("signals"), report.Counts(), report.Counts("cost_analytics")));
    }

    /// <summary>What an import changes is computed as if it were new: a price that came meanwhile, and other tokens, make another cost.</summary>
    [Fact]
    public async Task A_use_that_is_imported_again_is_priced_again()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var target = new RecordTargets(server.Clock).Of("cost_analytics");
        Task<(long Id, bool WasThere)> StoreAsync(int tokens, long? known) => database.WriteAsync(session => target.StoreAsync(
            session, Caller.AtCommandLine, target.Read(new("cost_analytics", "1", "row 1", Encoding.UTF8.GetBytes($$"""{"api_name":"a","operation_type":"b","model":"m","input_tokens":{{tokens}}}""")), server.Clock.GetUtcNow()), known));
        async Task<string> CostAsync() => (await server.GetAsync("/api/cost-analytics/records"))["data"]![0]! is var use ? $"{use["estimated_cost"]} {use["cost_source"]}" : "";
        var (id, _) = await StoreAsync(1000, null);
        Assert.Equal(" unpriced", await CostAsync());
        await server.PostAsync("/api/model-prices", """{"model":"m","valid_from":"2020-01-01T00:00:00Z","input_per_million":3,"output_per_million":5}""");
        Assert.Equal((id, true), await StoreAsync(2000, id));
        Assert.Equal("0.006 priced", await CostAsync());
        await StoreAsync(0, id);
        Assert.Equal("0 ", await CostAsync());
    }
}
