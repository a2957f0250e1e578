using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Bots;

public sealed class BotStatusTests
{
    private const string Path = "/api/bot-status";
    private const string Table = "bot_status";
    private const string Good = """{"bot_name":"rl_trading_bot","status":"Running","balance":1000.25,"mode":"PAPER"}""";

    [Fact]
    public async Task A_stored_report_is_answered_with_every_column_and_counters_of_0()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""
            {"success":true,"message":"Bot status stored successfully","status_id":1,"control":{"bot_name":"rl_trading_bot","control_seq":null,"state":"running",
            "mode":null,"emergency_close":false,"open_trades":null,"reason":null,"asked_at":null,"asked_by":null}}
            """, await server.PostAsync(Path, Good));
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","bot_name":"rl_trading_bot","status":"running","pid":null,"balance":1000.25,
            "open_positions":null,"total_trades":null,"win_rate":null,"total_pnl":null,"mode":"paper","message":null,
            "expected_every_seconds":null,"control_seq":null}}
            """, await server.GetAsync(Path));
    }

    [Fact]
    public async Task Everything_that_is_sent_is_kept()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, """
            {"timestamp":"2026-03-01T10:00:00.5Z","bot_name":"grid","status":"error","pid":4711,"balance":-3.5,"open_positions":2,"total_trades":40,"win_rate":62.5,
            "total_pnl":123456789.12345679,"mode":"auto","message":"exchange is down","expected_every_seconds":90}
            """);
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-01T10:00:00.500+00:00","bot_name":"grid","status":"error","pid":4711,"balance":-3.5,
            "open_positions":2,"total_trades":40,"win_rate":62.5,"total_pnl":123456789.12345679,"mode":"auto","message":"exchange is down",
            "expected_every_seconds":90,"control_seq":null}}
            """, await server.GetAsync($"{Path}?bot_name=grid"));
    }

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, Table);

    [Fact]
    public Task The_same_report_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, Table);

    [Theory]
    [InlineData("""{"status":"running"}""", "bot_name", "Missing required field: bot_name")]
    [InlineData("""{"bot_name":"a"}""", "status", "Missing required field: status")]
    [InlineData("""{"bot_name":" ","status":"running"}""", "bot_name", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"asleep"}""", "status", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","pid":-1}""", "pid", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","balance":"10"}""", "balance", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","open_positions":1.5}""", "open_positions", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","total_trades":-1}""", "total_trades", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","win_rate":100.5}""", "win_rate", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","total_pnl":1e400}""", "total_pnl", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","mode":"dream"}""", "mode", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","message":1}""", "message", "Invalid input")]
    [InlineData("""{"bot_name":"*","status":"running"}""", "bot_name", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","expected_every_seconds":0}""", "expected_every_seconds", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","expected_every_seconds":"60"}""", "expected_every_seconds", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","expected_every_second":60}""", "expected_every_second", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","control_seq":1}""", "control_seq", "Invalid input")]
    [InlineData("""{"bot_name":"a","status":"running","timestamp":"2026-03-02T12:06:00Z"}""", "timestamp", "Invalid input")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field, string error) => WriteChecks.RefusesAsync(Path, json, Table, field, error);

    [Fact]
    public async Task Without_a_name_it_is_the_usual_bot_or_else_the_one_that_reported_last()
    {
        await using var server = await TestServer.StartAsync();
        var missing = await server.GetAsync(Path, 404);
        Assert.Equal("Bot status not found", (string?)missing["error"]);

        await server.PostAsync(Path, """{"bot_name":"a","status":"running","timestamp":"2026-03-02T11:00:00Z"}""");
        await server.PostAsync(Path, """{"bot_name":"b","status":"running","timestamp":"2026-03-02T10:00:00Z"}""");
        Assert.Equal("a", (string?)(await server.GetAsync(Path))["data"]!["bot_name"]);

        await server.PostAsync(Path, """{"bot_name":"rl_trading_bot","status":"paused","timestamp":"2026-03-02T09:00:00Z"}""");
        Assert.Equal("rl_trading_bot", (string?)(await server.GetAsync(Path))["data"]!["bot_name"]);
        Assert.Equal("b", (string?)(await server.GetAsync($"{Path}?bot_name=b"))["data"]!["bot_name"]);

        missing = await server.GetAsync($"{Path}?bot_name=c", 404);
        Assert.Equal("Bot status not found", (string?)missing["error"]);
    }

    [Fact]
    public async Task A_key_made_for_one_bot_cannot_report_for_another()
    {
        await using var server = await TestServer.StartAsync();
        var key = (await server.PostAsync("/api/keys", """{"name":"k","scopes":["write"],"bot_name":"a"}"""))["key"]!;
        using var client = server.ClientWithKey((string)key!);
        var (status, body) = await client.SendAsync("POST", Path, """{"bot_name":"b","status":"running"}""");
        Assert.Equal(403, status);
        Assert.Equal("wrong-bot", (string?)body["code"]);
    }

    [Fact]
    public async Task The_history_lists_reports_newest_first_page_after_page()
    {
        await using var server = await TestServer.StartAsync();
        for (var minute = 0; minute < 5; minute++)
        {
            var (bot, mode) = minute % 2 == 0 ? ("a", "paper") : ("b", "auto");
            await server.PostAsync(Path, $$"""{"bot_name":"{{bot}}","status":"running","mode":"{{mode}}","timestamp":"2026-03-02T11:0{{minute}}:00Z"}""");
        }

        var first = await server.GetAsync($"{Path}/history?limit=2");
        Assert.Equal([5, 4], Ids(first));
        Assert.Equal([3, 2], Ids(await server.GetAsync($"{Path}/history?limit=2&cursor={first["next_cursor"]}")));
        Assert.Equal([5, 3, 1], Ids(await server.GetAsync($"{Path}/history?bot_name=a")));
        Assert.Equal([4, 2], Ids(await server.GetAsync($"{Path}/history?mode=AUTO")));
        Assert.Equal([4], Ids(await server.GetAsync($"{Path}/history?bot_name=b&mode=auto&status=running&from_date=2026-03-02T11:02:00Z")));
        Assert.Empty(Ids(await server.GetAsync($"{Path}/history?status=error")));
        Assert.Equal([2, 1], Ids(await server.GetAsync($"{Path}/history?to_date=2026-03-02T11:01:00Z")));
        var (status, refused) = await server.Client.SendAsync("GET", $"{Path}/history?cursor=x");
        Assert.Equal((400, "invalid-cursor"), (status, (string?)refused["code"]));
        await server.GetAsync($"{Path}?from_date=2026-03-02", 400);
    }

    private static IEnumerable<int> Ids(System.Text.Json.Nodes.JsonObject page) => page["data"]!.AsArray().Select(static report => (int)report!["id"]!);

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_never_breaks_the_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("""
            INSERT INTO bot_status(timestamp, bot_name, status, pid, balance, open_positions, total_trades, win_rate, total_pnl)
            VALUES (NULL, 'rl_trading_bot', 'RUNNING', 'none', 'much', NULL, 'many', 9e999, 'x')
            """);
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":null,"bot_name":"rl_trading_bot","status":"RUNNING","pid":null,"balance":null,
            "open_positions":null,"total_trades":null,"win_rate":null,"total_pnl":null,"mode":null,"message":null,"expected_every_seconds":null,"control_seq":null}}
            """, await server.GetAsync(Path));
    }
}
