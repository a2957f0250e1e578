using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>The rules over the market: at the limit and just below it, confirmations, windows, late and missing observations.</summary>
public sealed class MarketRuleTests
{
    [Theory]
    [InlineData("btc_price", 90, "btc_dump")]
    [InlineData("btc_price", 90.01, null)]
    [InlineData("eth_price", 88, "eth_dump")]
    [InlineData("eth_price", 88.01, null)]
    [InlineData("total_market_cap", 80, "market_wide")]
    [InlineData("total_market_cap", 80.01, null)]
    public async Task A_fall_triggers_at_its_limit_and_not_just_below_it(string field, double price, string? type)
    {
        await using var server = await TestServer.StartAsync();
        await server.ObserveAsync($"\"{field}\":100");
        for (var i = 0; i < 2; i++)
        {
            await server.DemandAsync("clear", true);
            server.Clock.Advance(TimeSpan.FromMinutes(1));
            await server.ObserveAsync(string.Create(CultureInfo.InvariantCulture, $"\"{field}\":{price}"));
        }

        var state = await server.StateAsync();
        Assert.Equal(type is null ? "clear" : "triggered", (string?)state["state"]);
        Assert.Equal(type, (string?)state["reasons"]!.AsArray().SingleOrDefault()?["trigger_type"]);
    }

    [Theory]
    [InlineData("\"fear_greed_index\":10", false)]
    [InlineData("\"fear_greed_index\":9", true)]
    [InlineData("\"liquidations_1h\":500000000", false)]
    [InlineData("\"liquidations_1h\":500000000.01", true)]
    public async Task A_figure_of_the_whole_market_decides_at_once(string field, bool triggers)
    {
        await using var server = await TestServer.StartAsync();
        await server.ObserveAsync(field);
        await server.DemandAsync(triggers ? "triggered" : "clear", !triggers);
    }

    /// <summary>100 before the window does not count; 100 at its very edge does. 15 % is the limit of the hour, 20 % that of four hours.</summary>
    [Theory]
    [InlineData(60, 85, true)]
    [InlineData(60, 85.01, false)]
    [InlineData(61, 85, false)]
    [InlineData(240, 80, true)]
    [InlineData(241, 80, false)]
    public async Task A_window_reaches_from_the_observation_back_with_both_ends(int minutes, double price, bool triggers)
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.ObserveAsync(TestServer.Start.AddMinutes(-minutes), "\"btc_price\":100");
        await server.ObserveAsync(TestServer.Start, string.Create(CultureInfo.InvariantCulture, $"\"btc_price\":{price}"));
        await server.DemandAsync(triggers ? "triggered" : "clear", !triggers);
    }

    [Fact]
    public async Task One_wrong_price_is_no_crash()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 50, 100, 50, 100);
        await server.DemandAsync("clear", true);
        Assert.Empty(await server.EventsAsync());
        await server.PricesAsync(50, 50);
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task An_observation_without_the_price_neither_confirms_nor_interrupts()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 85);
        await server.ObserveAsync("\"eth_price\":3000");
        await server.ObserveAsync("\"btc_dominance\":50");
        await server.DemandAsync("clear", true);
        await server.PricesAsync(85);
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task An_observation_older_than_five_minutes_fills_the_history_and_decides_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.ObserveAsync(TestServer.Start.AddMinutes(-20), "\"btc_price\":100");
        await server.ObserveAsync(TestServer.Start.AddMinutes(-10), "\"btc_price\":50");
        await server.ObserveAsync(TestServer.Start.AddMinutes(-5).AddMilliseconds(-1), "\"btc_price\":50");
        Assert.Empty(await server.EventsAsync());

        // The first that is not too old counts as the first, with the history of the others.
        await server.ObserveAsync(TestServer.Start.AddMinutes(-5), "\"btc_price\":85");
        await server.DemandAsync("clear", true);
        await server.ObserveAsync(TestServer.Start, "\"btc_price\":85");
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task An_observation_that_comes_late_is_measured_at_its_own_time()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.ObserveAsync(TestServer.Start.AddMinutes(-2), "\"btc_price\":85");

        // The high is stored last, and lies between the two lows: only what is later in time fell from it.
        await server.ObserveAsync(TestServer.Start.AddMinutes(-1), "\"btc_price\":100");
        await server.DemandAsync("clear", true);
        await server.ObserveAsync(TestServer.Start.AddMinutes(-3), "\"btc_price\":85");
        await server.DemandAsync("clear", true);
        await server.ObserveAsync(TestServer.Start, "\"btc_price\":90");
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task A_wrong_price_that_is_deleted_or_put_right_counts_no_more()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.PricesAsync(1000, 1000, 100);
        await server.DemandAsync("triggered", false);
        server.Sql("DELETE FROM market_context WHERE id = 1");
        server.Sql("UPDATE market_context SET btc_price = 100 WHERE id = 2");
        await server.UntilMeasureAsync("btc_fall_5m", 0);
        await server.PricesAsync(99);
        Assert.Equal("recovering", (string?)(await server.UntilAsync(static state => (string?)state["state"] == "recovering"))["state"]);
    }

    [Fact]
    public async Task A_rule_that_is_turned_off_has_no_measure_and_triggers_nothing()
    {
        await using var server = await TestServer.StartAsync(
            ("CIRCUIT_BREAKER_BTC_DUMP", "0"), ("CIRCUIT_BREAKER_ETH_DUMP", ""), ("CIRCUIT_BREAKER_FEAR_GREED_BELOW", "0"),
            ("CIRCUIT_BREAKER_LIQUIDATIONS_1H", ""), ("CIRCUIT_BREAKER_MARKET_CAP", "0"), ("CIRCUIT_BREAKER_DRAWDOWN", ""), ("CIRCUIT_BREAKER_DAILY_LOSS", "0"));
        foreach (var price in new[] { 100, 1, 1 })
        {
            await server.ObserveAsync(string.Create(CultureInfo.InvariantCulture,
                $"\"btc_price\":{price},\"eth_price\":{price},\"total_market_cap\":{price},\"fear_greed_index\":0,\"liquidations_1h\":900000000000"));
        }

        var state = await server.StateAsync();
        Assert.Equal("clear", (string?)state["state"]);
        Assert.Empty(state["measures"]!.AsArray());
    }

    [Fact]
    public async Task A_price_that_no_double_can_multiply_is_measured_too()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.PricesAsync(70000000000000000000000000000m, 63000000000000000000000000000m);
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task The_event_has_everything_that_can_be_known()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        await server.ObserveAsync("\"btc_price\":100,\"eth_price\":10,\"total_market_cap\":1000,\"fear_greed_index\":40,\"liquidations_1h\":7");
        for (var i = 0; i < 2; i++)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(1));
            await server.ObserveAsync("\"btc_price\":88,\"eth_price\":9,\"total_market_cap\":900,\"fear_greed_index\":30,\"liquidations_1h\":8");
        }

        await server.DemandAsync("triggered", false);
        var one = Assert.Single(await server.EventsAsync());
        Assert.Equal("2026-03-02T12:02:00+00:00", (string?)one["triggered_at"]);
        Assert.Equal("btc_dump", (string?)one["trigger_type"]);
        Assert.Equal("triggered", (string?)one["status"]);
        Assert.Equal((88m, 9m, 8m, 30L), ((decimal)one["btc_price_at_trigger"]!, (decimal)one["eth_price_at_trigger"]!, (decimal)one["liquidations_1h"]!, (long)one["fear_greed_index"]!));
        Assert.Equal((12m, 10m, 10m), ((decimal)one["btc_drop_percent"]!, (decimal)one["eth_drop_percent"]!, (decimal)one["market_cap_drop_percent"]!));
        Assert.Equal("btc_fall_5m", (string?)one["trigger_details"]!["measure"]);
        Assert.Equal(12m, (decimal)one["trigger_details"]!["value"]!);
        Assert.Equal(3L, (long)one["trigger_details"]!["observation_id"]!);
        Assert.Equal(3L, (long)one["market_snapshot"]!["id"]!);
        Assert.Equal((2L, 0L, 0L, 0L), ((long)one["positions_affected"]!, (long)one["orders_cancelled"]!, (long)one["user_notified"]!, (long)one["dry_run"]!));
        Assert.Equal("server", (string?)one["triggered_by"]);
        Assert.Null(one["capital_saved"]);
        Assert.Null(one["cleared_at"]);
        Assert.Equal("server triggerCircuitBreaker circuit_breaker_events 1", server.Sql("SELECT who || ' ' || operation || ' ' || record_table || ' ' || record_id FROM audit_log WHERE operation LIKE '%ircuitBreaker'"));
        Assert.Equal("2", server.Sql("SELECT count(*) FROM changes WHERE table_name = 'circuit_breaker_events' AND kind IN ('recorded', 'triggered')"));
    }
}
