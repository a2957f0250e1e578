using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>How the breaker clears by itself, and what restarts and jumps of the clock do to it.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task It_recovers_when_nothing_is_past_its_limit_and_clears_half_an_hour_later()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85, 85);
        await server.DemandAsync("triggered", false);
        await server.PricesAsync(89.99m);
        await server.DemandAsync("triggered", false);
        await server.PricesAsync(95);
        await server.DemandAsync("recovering", false);
        Assert.Equal(409, (await server.Client.SendAsync("POST", "/api/trades", BreakerServer.Trade)).Status);

        server.Clock.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(1));
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await server.DemandAsync("clear", true);
        await server.PostAsync("/api/trades", BreakerServer.Trade);

        var one = Assert.Single(await server.EventsAsync());
        Assert.Equal("cleared", (string?)one["status"]);
        Assert.Equal(1800L, (long)one["recovery_time_seconds"]!);
        Assert.Equal(32 * 60L, (long)one["downtime_seconds"]!);
        Assert.Equal("server", (string?)one["cleared_by"]);
        Assert.Equal(95m, (decimal)one["recovery_conditions_met"]!["btc_price"]!);
    }

    /// <summary>It clears without anybody asking, by the server's clock.</summary>
    [Fact]
    public async Task It_clears_although_nobody_asks()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85, 85, 95);
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        for (var i = 0; server.Sql("SELECT status FROM circuit_breaker_events") != "cleared"; i++)
        {
            Assert.True(i < 200, "It is not cleared.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_further_fall_of_five_percent_begins_the_half_hour_again()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_BTC_DUMP", "10/5m"));
        await server.PricesAsync(100, 85, 85, 95);
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMinutes(20));

        // 5 % of 95 is 4.75. A fall of a little less does not count.
        await server.PricesAsync(90.26m, 90.25m);
        server.Clock.Advance(TimeSpan.FromMinutes(10));
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        await server.DemandAsync("clear", true);
    }

    [Fact]
    public async Task A_rule_that_is_past_its_limit_again_triggers_the_same_event_again()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85, 85, 95);
        await server.DemandAsync("recovering", false);
        await server.PricesAsync(85, 85);
        await server.DemandAsync("triggered", false);
        server.Clock.Advance(TimeSpan.FromMinutes(31));
        await server.DemandAsync("triggered", false);
        Assert.Single(await server.EventsAsync());
    }

    [Fact]
    public async Task Without_auto_resume_only_a_hand_clears_it()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_AUTO_RESUME", "false"));
        await server.PricesAsync(100, 85, 85, 100);
        server.Clock.Advance(TimeSpan.FromDays(1));
        await server.PricesAsync(100);
        await server.DemandAsync("triggered", false);
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"looked at it"}""", 200);
        await server.DemandAsync("clear", true);
    }

    [Fact]
    public async Task A_restart_forgets_neither_state_nor_confirmation_nor_recovery()
    {
        var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85);
        server = await server.RestartAsync();
        await using var one = server;
        await server.DemandAsync("clear", true);
        await server.PricesAsync(85);
        await server.DemandAsync("triggered", false);

        server = await server.RestartAsync();
        await using var two = server;
        await server.DemandAsync("triggered", false);
        Assert.Equal(409, (await server.Client.SendAsync("POST", "/api/trades", BreakerServer.Trade)).Status);
        await server.PricesAsync(95);
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMinutes(29));

        server = await server.RestartAsync();
        await using var three = server;
        await server.DemandAsync("recovering", false);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.DemandAsync("clear", true);
        Assert.Single(await server.EventsAsync());

        // What was judged before is not judged again.
        server = await server.RestartAsync();
        await using var four = server;
        await server.DemandAsync("clear", true);
        Assert.Single(await server.EventsAsync());
    }

    /// <summary>The high and the two lows are a few minutes old when a server starts for the first time after they were stored.</summary>
    [Fact]
    public async Task What_was_stored_while_no_server_ran_is_judged_at_the_start_as_far_as_it_is_fresh()
    {
        var server = await TestServer.StartAsync();
        await server.PricesAsync(100);
        await server.StopAsync();
        foreach (var minute in new[] { 2, 3 })
        {
            server.Sql($"INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-03-02 12:0{minute}:00', 85)");
        }

        server.Clock.Advance(TimeSpan.FromMinutes(5));
        await using var again = await TestServer.StartAsync(server.Folder, server.Clock);
        await again.DemandAsync("triggered", false);
        await again.StopAsync();
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_decides_nothing_by_itself_and_back_again_all_is_known()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 100);
        var right = server.Clock.GetUtcNow();

        // Ahead, an observation at its true time is old.
        server.Clock.AdjustTime(right.AddDays(400));
        await server.ObserveAsync(right.AddMinutes(1), "\"btc_price\":80");
        await server.ObserveAsync(right.AddMinutes(1), "\"btc_price\":80");
        await server.DemandAsync("clear", true);

        server.Clock.AdjustTime(right.AddMinutes(2));
        await server.ObserveAsync("\"btc_price\":80");
        await server.DemandAsync("clear", true);
        await server.ObserveAsync("\"btc_price\":80");
        await server.DemandAsync("triggered", false);
    }
}
