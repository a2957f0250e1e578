using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Spikes;

/// <summary>The way of a spike over HTTP, and its outcome, which follows its trade. What every record has in common is tested for all tables.</summary>
public sealed class SpikeTests
{
    private const string Spike = """
        {"trading_pair":"SUI/USDC","spike_type":"price","direction":"Pump","magnitude_percent":4.5,"timeframe_minutes":5,"price_from":1,"price_to":1.045,
        "agent_detected_by":"watcher","context_analysis":{"news":["none",1.5]},"bot_name":"alpha"}
        """;

    [Fact]
    public async Task A_spike_goes_from_detected_over_analyzed_to_traded_and_each_step_is_an_event()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=spike.*");
        Assert.Equal(1, (long)(await server.PostAsync("/api/spikes", Spike))["spike_id"]!);
        await TradeAsync(server);
        var analyzed = await PatchAsync(server, """{"status":"analyzed","risk_assessment":{"stop":0.97}}""");
        Assert.Equal(("analyzed", """{"stop":0.97}""", """{"news":["none",1.5]}"""), ((string?)analyzed["status"], analyzed["risk_assessment"]!.ToJsonString(), analyzed["context_analysis"]!.ToJsonString()));
        var traded = await PatchAsync(server, """{"status":"Traded","trade_id":1}""");
        Assert.Equal(("traded", 1L, "pending", null), ((string?)traded["status"], (long)traded["trade_id"]!, (string?)traded["outcome"], traded["pnl"]));
        Assert.Equal(traded.ToJsonString(), (await server.GetAsync("/api/spikes/1"))["data"]!.ToJsonString());
        var events = await stream.NextAsync(3);
        Assert.Equal(["spike.detected", "spike.changed", "spike.changed"], events.Select(static one => one.Name));
        Assert.Equal(traded.ToJsonString(), events[2].Data.ToJsonString());
        Assert.Equal(404, (await server.Client.SendAsync("GET", "/api/spikes/2")).Status);
        Assert.Equal(404, (await server.Client.SendAsync("PATCH", "/api/spikes/2", """{"status":"analyzed"}""")).Status);
    }

    [Theory]
    [InlineData("detected", "traded", ""","trade_id":1""", "Spike 1 is detected and cannot become traded. Its next step is analyzed.")]
    [InlineData("detected", "skipped", ""","skip_reason":"thin book" """, "Spike 1 is detected and cannot become skipped. Its next step is analyzed.")]
    [InlineData("analyzed", "detected", "", "Spike 1 is analyzed and cannot become detected. Its next step is traded or skipped.")]
    [InlineData("skipped", "traded", ""","trade_id":1""", "Spike 1 is skipped and cannot become traded. That is its last step.")]
    [InlineData("traded", "analyzed", "", "Spike 1 is traded and cannot become analyzed. That is its last step.")]
    public async Task A_wrong_step_is_refused_and_says_the_right_one(string from, string to, string with, string message)
    {
        await using var server = await TestServer.StartAsync();
        await TradeAsync(server);
        await server.PostAsync("/api/spikes", Spike);
        server.Sql($"UPDATE spike_events SET status = '{from.ToUpperInvariant()}'{(from == "traded" ? ", trade_id = 1" : "")}");
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/spikes/1", $$"""{"status":"{{to}}"{{with}}}""");
        Assert.Equal((409, "wrong-step", message), (status, (string?)refusal["code"], (string?)refusal["message"]));
        Assert.Equal(from.ToUpperInvariant(), server.Sql("SELECT status FROM spike_events"));
    }

    [Theory]
    [InlineData("""{"status":"skipped"}""", "skip_reason", "is required where the status is skipped")]
    [InlineData("""{"status":"skipped","skip_reason":" "}""", "skip_reason", "is required where the status is skipped")]
    [InlineData("""{"status":"traded"}""", "trade_id", "is required where the status is traded")]
    [InlineData("""{"status":"traded","trade_id":4711}""", "trade_id", "must be the id of a stored trade")]
    [InlineData("""{"trade_id":1}""", "trade_id", "goes with the status traded only")]
    [InlineData("""{"status":"done"}""", "status", "must be one of detected, analyzed, skipped, traded")]
    [InlineData("""{"status":null}""", "status", "must not be null")]
    [InlineData("{}", "body", "must have status, skip_reason, trade_id, context_analysis or risk_assessment")]
    [InlineData("""{"context_analysis":"text"}""", "context_analysis", "must be an object or a list, not its text")]
    [InlineData("""{"pnl":5}""", "pnl", "cannot be changed: what was detected stays; status, skip_reason, trade_id, context_analysis and risk_assessment can be set")]
    public async Task A_step_without_what_it_needs_is_refused_by_the_name_of_the_field(string body, string field, string message)
    {
        await using var server = await TestServer.StartAsync();
        await TradeAsync(server);
        await server.PostAsync("/api/spikes", Spike);
        await PatchAsync(server, """{"status":"analyzed"}""");
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/spikes/1", body);
        Assert.Equal((400, field, message), (status, (string?)refusal["details"]![0]!["field"], (string?)refusal["details"]![0]!["message"]));
        Assert.Equal("analyzed", server.Sql("SELECT status FROM spike_events"));
    }

    /// <summary>The outcome is never stored, so it follows closes, corrections, voids, and what a Python bot writes into the table of trades.</summary>
    [Fact]
    public async Task The_outcome_follows_the_trade_through_close_correction_void_and_the_writes_of_others()
    {
        await using var server = await TestServer.StartAsync();
        await TradeAsync(server);
        await server.PostAsync("/api/spikes", $$"""{{Spike.TrimEnd()[..^1]}},"status":"traded","trade_id":1}""");
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=spike.*");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":3}""", 200);
        Assert.Equal(("profitable", 10m), await OutcomeAsync(server));
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":1.5,"reason":"typing error"}""");
        Assert.Equal(("unprofitable", -5m), await OutcomeAsync(server));
        server.Sql("UPDATE trades SET pnl = 0.00000000000000001");
        Assert.Equal(("breakeven", 0m), await OutcomeAsync(server));
        server.Sql("UPDATE trades SET pnl = NULL");
        Assert.Equal((null, null), await OutcomeAsync(server));
        server.Sql("UPDATE trades SET pnl = 7, status = 'CLOSED'");
        Assert.Equal(("profitable", 7m), await OutcomeAsync(server));
        await server.PostAsync("/api/trades/1/void", """{"reason":"was a test"}""", 200);
        Assert.Equal((null, null), await OutcomeAsync(server));
        var events = await stream.NextAsync(6);
        Assert.All(events, static one => Assert.Equal("spike.changed", one.Name));
        Assert.Null(events[^1].Data["outcome"]);
        var why = (await server.GetAsync("/api/why/trades/1"))["data"]!["steps"]!.AsArray().Single(static step => (string?)step!["kind"] == "spike")!;
        Assert.Null(why["spike"]!["outcome"]);
    }

    [OnlyOnSqlite("another program writes the file")]
    [Fact]
    public async Task What_a_Python_bot_writes_is_shown_and_can_go_on()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO spike_events(timestamp, trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to, status, context_analysis, outcome, pnl)
            VALUES ('2026-01-02 03:04:05', 'BTC/USDT', 'volume', 'DUMP', 'much', 5.0, 1, 2, 'New', 'just text', 'PROFITABLE', 12.5);
            INSERT INTO spike_events(timestamp, trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to, trade_id)
            VALUES ('2026-01-02T03:04:06', 'BTC/USDT', 'volume', 'up', 1, 5, 1, 2, 99);
            """);
        var spikes = (await server.GetAsync("/api/spikes"))["data"]!.AsArray();
        var (first, second) = (spikes.Single(static one => (long)one!["id"]! == 1)!, spikes.Single(static one => (long)one!["id"]! == 2)!);
        Assert.Equal((null, "just text", "profitable", 12.5m), (first["magnitude_percent"], (string?)first["context_analysis"], (string?)first["outcome"], (decimal)first["pnl"]!));
        Assert.Equal((null, null), (second["outcome"], second["pnl"]));
        var analyzed = await PatchAsync(server, """{"status":"analyzed"}""");
        Assert.Equal("just text", (string?)analyzed["context_analysis"]);
        Assert.Equal("just text", server.Sql("SELECT context_analysis FROM spike_events WHERE id = 1"));
        Assert.Equal(2, (long)(await server.GetAsync("/api/spikes/detectors"))["data"]![0]!["spikes"]!);
    }

    [Fact]
    public async Task A_key_of_a_bot_changes_its_own_spikes_and_links_its_own_trades()
    {
        await using var server = await TestServer.StartAsync();
        await TradeAsync(server);
        await server.PostAsync("/api/spikes", Spike);
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"b","scopes":["write"],"bot_name":"beta"}"""))["key"]!;
        using var beta = server.ClientWithKey(key);
        Assert.Equal(403, (await beta.SendAsync("PATCH", "/api/spikes/1", """{"status":"analyzed"}""")).Status);
        Assert.Equal(403, (await beta.SendAsync("POST", "/api/spikes", Spike)).Status);
        var own = Spike.Replace(""","bot_name":"alpha" """.TrimEnd(), "", StringComparison.Ordinal);
        Assert.Equal(201, (await beta.SendAsync("POST", "/api/spikes", own)).Status);
        Assert.Equal("beta", server.Sql("SELECT bot_name FROM spike_events ORDER BY id DESC LIMIT 1"));
        var (status, refusal) = await beta.SendAsync("POST", "/api/spikes", $$"""{{own.TrimEnd()[..^1]}},"status":"traded","trade_id":1}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
    }

    internal static async Task TradeAsync(TestServer server) =>
        await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":2,"quantity":10,"bot_name":"alpha"}""");

    private static async Task<JsonObject> PatchAsync(TestServer server, string body)
    {
        var (status, answer) = await server.Client.SendAsync("PATCH", "/api/spikes/1", body);
        Assert.True(status == 200, answer.ToJsonString());
        return answer["data"]!.AsObject();
    }

    private static async Task<(string? Outcome, decimal? Pnl)> OutcomeAsync(TestServer server)
    {
        var listed = (await server.GetAsync("/api/spikes?trade_id=1"))["data"]![0]!;
        var csv = await (await server.Client.RawAsync("GET", "/api/spikes?format=csv")).Content.ReadAsStringAsync();
        Assert.EndsWith($",{(string?)listed["outcome"]},{((decimal?)listed["pnl"])?.ToString(CultureInfo.InvariantCulture)}\r\n", csv, StringComparison.Ordinal);
        return ((string?)listed["outcome"], (decimal?)listed["pnl"]);
    }
}
