using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>The breaker and the log of changes: its own events in the live stream, a log that was shortened, rows of sqlite3, kill -9.</summary>
public sealed class BreakerLogTests
{
    [Fact]
    public async Task What_it_does_is_in_the_live_stream()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=breaker.triggered,breaker.recovering,breaker.cleared,breaker.bypassed");
        await server.PricesAsync(100, 85, 85);
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, status) VALUES ('A/B', 'BUY', 1, 1, 'open')");
        await server.UntilAsync(_ => server.Sql("SELECT count(*) FROM changes WHERE kind = 'bypassed'") == "1");
        await server.PricesAsync(100);
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        await server.DemandAsync("clear", true);
        var events = await stream.NextAsync(4);
        Assert.Equal(["breaker.triggered", "breaker.bypassed", "breaker.recovering", "breaker.cleared"], events.Select(static one => one.Name));
        Assert.Equal((await server.EventsAsync())[0].ToJsonString(), events[3].Data.ToJsonString());
    }

    /// <summary>As after the restore of a backup, or where retention has gone further than the stored position.</summary>
    [Theory]
    [InlineData("DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)")]
    [InlineData("UPDATE breaker_states SET position = 1000000")]
    [InlineData("UPDATE breaker_states SET memory = 'spoiled'")]
    public async Task A_log_that_does_not_reach_the_position_loses_no_state_and_no_history(string accident)
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85, 85);
        await server.DemandAsync("triggered", false);
        await server.StopAsync();
        Assert.NotNull(server.Sql("SELECT max(seq) FROM changes"));
        server.Sql(accident);
        await using var again = await TestServer.StartAsync(server.Folder, server.Clock);
        await again.DemandAsync("triggered", false);
        Assert.Equal(15m, (await again.StateAsync()).Measure("btc_fall_5m"));
        await again.PricesAsync(95);
        await again.DemandAsync("recovering", false);
        Assert.Single(await again.EventsAsync());
    }

    /// <summary>Python's now() without a zone, a T, a row without a price, one of text, one of the year 1, one far ahead.</summary>
    [Fact, OnlyOnSqlite("sqlite3 writes into the file")]
    public async Task Rows_of_other_programs_count_whatever_they_hold()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-03-02 11:57:00.123456', 100);
            INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-03-02T11:58:00Z', 85);
            INSERT INTO market_context(timestamp, eth_price) VALUES ('2026-03-02 11:58:10', 3000);
            INSERT INTO market_context(timestamp, btc_price, fear_greed_index) VALUES ('2026-03-02 11:58:20', 'much', 'low');
            INSERT INTO market_context(timestamp, btc_price) VALUES ('0001-01-01 00:00:00', 1);
            INSERT INTO market_context(timestamp, btc_price) VALUES ('2099-01-01 00:00:00', 1000000);
            INSERT INTO market_context(timestamp, btc_price) VALUES ('never', 1);
            INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-03-02 11:58:25', -5);
            INSERT INTO market_context(timestamp, btc_price, fear_greed_index) VALUES ('2026-03-02 11:58:26', 9e999, -3);
            """);
        await server.UntilMeasureAsync("btc_fall_5m", 15);
        await server.DemandAsync("clear", true);
        await Tool.SqliteAsync(server.DatabasePath, "INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-03-02 11:58:30', 85);");
        var state = await server.UntilAsync(static state => (string?)state["state"] == "triggered");
        Assert.Equal("btc_dump", (string?)state["reasons"]![0]!["trigger_type"]);
    }

    /// <summary>kill -9 between the two observations, after the trigger, and after the clearing.</summary>
    [Fact, OnlyOnSqlite("it kills a server of its own")]
    public async Task A_killed_server_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        (string, string)[] settings = [("MCP_SERVER_PORT", ServerProcess.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture)), ("RATE_LIMIT_ENABLED", "false"), ("JWT_SECRET_KEY", TestServer.Secret), ("BOT_CONTROL_PIN", TestServer.Pin)];
        var token = "";
        async Task<(int Status, System.Text.Json.Nodes.JsonObject Body)> SendAsync(ServerProcess server, string method, string path, string? body = null)
        {
            var answer = await server.Client.SendAsync(method, path, body, ("Authorization", $"Bearer {token}"));
            return answer;
        }

        await using (var server = await ServerProcess.ServeAsync(folder, settings))
        {
            token = (string)(await server.Client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""")).Body["token"]!;
            Assert.Equal(201, (await SendAsync(server, "POST", "/api/market-context", "{\"btc_price\":100}")).Status);
            Assert.Equal(201, (await SendAsync(server, "POST", "/api/market-context", "{\"btc_price\":80}")).Status);
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.ServeAsync(folder, settings))
        {
            Assert.Equal("clear", (string?)(await SendAsync(server, "GET", "/api/circuit-breaker")).Body["data"]!["state"]);
            Assert.Equal(201, (await SendAsync(server, "POST", "/api/market-context", "{\"btc_price\":80}")).Status);
            Assert.Equal("triggered", (string?)(await SendAsync(server, "GET", "/api/circuit-breaker")).Body["data"]!["state"]);
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.ServeAsync(folder, settings))
        {
            Assert.Equal("breaker-triggered", (string?)(await SendAsync(server, "POST", "/api/trades", BreakerServer.Trade)).Body["code"]);
            Assert.Equal(200, (await SendAsync(server, "POST", "/api/circuit-breaker/clear", """{"reason":"x","hold":[{"trigger_type":"btc_dump","new_peak":true}]}""")).Status);
            await server.KillAsync();
        }

        await using (var server = await ServerProcess.ServeAsync(folder, settings))
        {
            Assert.Equal("clear", (string?)(await SendAsync(server, "GET", "/api/circuit-breaker")).Body["data"]!["state"]);
            Assert.Equal(201, (await SendAsync(server, "POST", "/api/trades", BreakerServer.Trade)).Status);
            Assert.Equal(1, (int)(await SendAsync(server, "GET", "/api/circuit-breaker/events")).Body["count"]!);
        }
    }
}
