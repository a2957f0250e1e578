using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>Two servers on one PostgreSQL: what one decides holds at the other at once, and both together decide once.</summary>
public sealed class TwoBreakersTests
{
    private const string Reason = """{"reason":"a test"}""";

    [Fact]
    public async Task A_trigger_at_one_server_stops_trading_at_the_other_at_once()
    {
        await using var two = await TwoServers.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            await two.One.PostAsync("/api/circuit-breaker/trigger", Reason);
            await two.Two.DemandAsync("triggered", false);
            Assert.Equal("breaker-triggered", (string?)(await two.Two.PostAsync("/api/trades", BreakerServer.Trade, 409))["code"]);
            await two.Two.PostAsync("/api/circuit-breaker/clear", Reason, 200);
            await two.One.DemandAsync("clear", true);
            await two.One.PostAsync("/api/trades", BreakerServer.Trade);
        }
    }

    [Fact]
    public async Task Two_servers_that_see_the_same_crash_decide_once()
    {
        await using var two = await TwoServers.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        var price = 1000m;
        await two.One.ObserveAsync("\"btc_price\":1000");
        for (var round = 1; round <= 10; round++)
        {
            price *= 0.8m;
            two.One.Clock.Advance(TimeSpan.FromSeconds(1));
            two.Two.Clock.Advance(TimeSpan.FromSeconds(1));
            await two.One.ObserveAsync(string.Create(CultureInfo.InvariantCulture, $"\"btc_price\":{price}"));
            await Task.WhenAll(two.One.DemandAsync("triggered", false), two.Two.DemandAsync("triggered", false));
            Assert.Equal(round, (await two.Two.EventsAsync()).Length);
            await two.Two.PostAsync("/api/circuit-breaker/clear", """{"reason":"x","hold":[{"trigger_type":"btc_dump","new_peak":true}]}""", 200);
            await Task.WhenAll(two.One.DemandAsync("clear", true), two.Two.DemandAsync("clear", true));
        }

        Assert.Equal("10", await two.SqlAsync("SELECT count(*) FROM audit_log WHERE operation = 'triggerCircuitBreaker'"));
    }

    [Fact]
    public async Task Two_servers_bring_one_recovery_to_one_end()
    {
        await using var two = await TwoServers.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "2"));
        foreach (var (server, price) in new[] { (two.One, 100), (two.Two, 85), (two.One, 85), (two.Two, 95) })
        {
            two.One.Clock.Advance(TimeSpan.FromMinutes(1));
            two.Two.Clock.Advance(TimeSpan.FromMinutes(1));
            await server.ObserveAsync($"\"btc_price\":{price}");
        }

        await Task.WhenAll(two.One.DemandAsync("recovering", false), two.Two.DemandAsync("recovering", false));
        two.One.Clock.Advance(TimeSpan.FromMinutes(30));
        two.Two.Clock.Advance(TimeSpan.FromMinutes(30));
        await Task.WhenAll(two.One.DemandAsync("clear", true), two.Two.DemandAsync("clear", true));
        Assert.Equal("1", await two.SqlAsync("SELECT count(*) FROM audit_log WHERE operation = 'clearCircuitBreaker'"));
        Assert.Equal("1", await two.SqlAsync("SELECT count(*) FROM changes WHERE kind = 'cleared'"));
    }
}
