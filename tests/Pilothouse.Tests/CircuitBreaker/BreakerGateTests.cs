using System.Diagnostics;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>What is refused while the breaker is triggered, what passes, and what other programs do meanwhile.</summary>
public sealed class BreakerGateTests
{
    private const string Reason = """{"reason":"a test"}""";
    private const string Closed = """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":100,"exit_price":101,"quantity":1,"status":"closed"}""";

    [Fact]
    public async Task Opening_is_refused_and_closing_changing_and_recording_pass()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);

        var refused = await server.PostAsync("/api/trades", BreakerServer.Trade, 409);
        Assert.Equal(("breaker-triggered", "Circuit breaker triggered"), ((string?)refused["code"], (string?)refused["error"]));
        Assert.Contains("a test", (string?)refused["message"], StringComparison.Ordinal);
        Assert.Contains("/api/circuit-breaker/clear", (string?)refused["message"], StringComparison.Ordinal);
        var batch = await server.PostAsync("/api/trades/batch", $$"""{"items":[{{Closed}},{{BreakerServer.Trade}}]}""", 409);
        Assert.Equal("breaker-triggered", (string?)batch["code"]);
        Assert.Equal("2", server.Sql("SELECT count(*) FROM trades"));

        await server.PostAsync("/api/trades", Closed);
        await server.PostAsync("/api/trades/batch", $$"""{"items":[{{Closed}},{{Closed}}]}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":99}""", 200);
        Assert.Equal(200, (await server.Client.SendAsync("PATCH", "/api/trades/2", """{"stop_loss":90}""")).Status);
        await server.PostAsync("/api/signals", """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":5,"price":1.5}""");
        await server.PostAsync("/api/trades/2/void", """{"reason":"x"}""", 200);
    }

    [Fact]
    public async Task An_added_entry_is_refused_and_an_exit_passes()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        const string entry = """{"kind":"entry","price":90,"quantity":1}""";
        const string exit = """{"kind":"exit","price":90,"quantity":0.5}""";
        Assert.Equal("breaker-triggered", (string?)(await server.PostAsync("/api/trades/1/fills", entry, 409))["code"]);
        Assert.Equal("breaker-triggered", (string?)(await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{exit}},{{entry}}]}""", 409))["code"]);
        await server.PostAsync("/api/trades/1/fills", exit);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":90,"quantity":0.25}""", 200);
        await server.PostAsync("/api/circuit-breaker/clear", Reason, 200);
        await server.PostAsync("/api/trades/1/fills", entry);
    }

    /// <summary>The answer of the first time must not come back when trading goes on.</summary>
    [Fact]
    public async Task A_refused_trade_may_be_sent_again_under_its_key()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        foreach (var (path, body) in new[] { ("/api/trades", BreakerServer.Trade), ("/api/trades/batch", $$"""{"items":[{{BreakerServer.Trade}}]}""") })
        {
            Assert.Equal(409, (await server.Client.SendAsync("POST", path, body, ("Idempotency-Key", "k"))).Status);
        }

        await server.PostAsync("/api/circuit-breaker/clear", Reason, 200);
        foreach (var (path, body) in new[] { ("/api/trades", BreakerServer.Trade), ("/api/trades/batch", $$"""{"items":[{{BreakerServer.Trade}}]}""") })
        {
            Assert.Equal(201, (await server.Client.SendAsync("POST", path, body, ("Idempotency-Key", "k"))).Status);
        }
    }

    [Fact]
    public async Task The_same_trade_again_is_answered_although_trading_is_stopped()
    {
        await using var server = await TestServer.StartAsync();
        var trade = BreakerServer.Trade.Replace("{", """{"external_id":"x-1",""", StringComparison.Ordinal);
        await server.PostAsync("/api/trades", trade);
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        await server.PostAsync("/api/trades", trade, 200);
    }

    [Fact]
    public async Task A_trade_of_another_program_is_noted_under_the_event()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, status, bot_name) VALUES ('A/B', 'BUY', 1, 1, 'open', 'early')");
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, status, bot_name) VALUES ('A/B', 'BUY', 1, 1, 'open', 'rogue')");
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, status, bot_name) VALUES ('A/B', 'BUY', 1, 1, 'closed', 'importer')");
        for (var watch = Stopwatch.StartNew(); (string?)(await server.EventsAsync())[0]["notes"] is null;)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "The trade was not noted.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal("Another program opened trade 2 of rogue while this was in force.", (string?)(await server.EventsAsync())[0]["notes"]);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM changes WHERE table_name = 'circuit_breaker_events' AND kind = 'bypassed'"));
        await server.PostAsync("/api/circuit-breaker/clear", Reason, 200);
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, status) VALUES ('A/B', 'BUY', 1, 1, 'open')");
        await server.DemandAsync("clear", true);
        Assert.DoesNotContain("trade 4", (string?)(await server.EventsAsync())[0]["notes"], StringComparison.Ordinal);
    }

    /// <summary>Events that other programs store are shown, whatever they hold, and stop nothing.</summary>
    [Fact]
    public async Task An_event_of_another_program_stops_nothing()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO circuit_breaker_events(triggered_at, trigger_reason, trigger_type, status) VALUES ('2026-03-02 11:00:00', 'r', 'SYSTEMIC', 'TRIGGERED')");
        server.Sql("INSERT INTO circuit_breaker_events(triggered_at, trigger_reason, trigger_type, status) VALUES ('2026-03-02 11:00:00', 'r', 'whatever', 'odd')");
        await server.DemandAsync("clear", true);
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        var events = await server.EventsAsync();
        Assert.Equal(("systemic", "triggered"), ((string?)events[1]["trigger_type"], (string?)events[1]["status"]));
        Assert.Equal((null, null), ((string?)events[0]["trigger_type"], (string?)events[0]["status"]));
        Assert.Equal(["1"], (await server.EventsAsync("?trigger_type=systemic&status=triggered")).Select(static one => $"{one["id"]}"));
    }

    [Fact]
    public async Task It_is_a_condition_and_a_metric()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        await server.DemandAsync("triggered", false);
        var check = (await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "circuit-breaker")!;
        Assert.Equal("warning", (string?)check["state"]);
        Assert.Contains("pilothouse_breaker_events{status=\"triggered\"} 1", await MetricsAsync(server), StringComparison.Ordinal);
        await server.PostAsync("/api/circuit-breaker/clear", Reason, 200);
        await server.DemandAsync("clear", true);
        Assert.Contains("pilothouse_breaker_events{status=\"triggered\"} 0", await MetricsAsync(server), StringComparison.Ordinal);
    }

    private static async Task<string> MetricsAsync(TestServer server) =>
        System.Text.RegularExpressions.Regex.Replace(await server.Client.GetStringAsync("/metrics"), "otel_scope_name=\"[^\"]*\",?", "");
}
