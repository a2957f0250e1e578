using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>Drawdown, daily loss and losing streak: at the limit and just below it, of each account and of all together.</summary>
public sealed class MoneyRuleTests
{
    /// <summary>1,000 and a gain of 250 make a peak of 1,250; 20 % of it are 250. The gain is of the day before, so that no daily loss hides it.</summary>
    [Theory]
    [InlineData(-249.99, false)]
    [InlineData(-250, true)]
    public async Task A_drawdown_triggers_at_its_limit_and_not_just_below_it(double pnl, bool triggers)
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DAILY_LOSS", "0"));
        await server.BalanceAsync("alpha", 1000);
        await server.EarnAsync("alpha", 250);
        await server.EarnAsync("alpha", (decimal)pnl);
        var state = await server.UntilMeasureAsync("drawdown", Math.Round(-(decimal)pnl / 12.5m, 12));
        Assert.Equal(triggers ? "triggered" : "clear", (string?)state["state"]);
        Assert.Equal(triggers ? ["drawdown", "drawdown"] : [], (await server.EventsAsync()).Select(static one => (string?)one["trigger_type"]));
    }

    [Theory]
    [InlineData(-99.99, false)]
    [InlineData(-100, true)]
    public async Task A_daily_loss_triggers_at_its_limit_and_not_just_below_it(double pnl, bool triggers)
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DRAWDOWN", "0"), ("STARTING_BALANCE", "1000"));
        await server.EarnAsync("alpha", (decimal)pnl);
        var state = await server.UntilMeasureAsync("daily_loss", -(decimal)pnl / 10);
        Assert.Equal(triggers ? "triggered" : "clear", (string?)state["state"]);
    }

    /// <summary>6 % before midnight and 6 % after it are two days; the loss of the new day is of its own opening equity.</summary>
    /// <summary>850 of 1,000 are left, go out and come back: 15 % stay lost. One more close earns 0.1 of 850.</summary>
    [Fact]
    public async Task Money_that_goes_out_and_comes_back_hides_no_loss()
    {
        await using var server = await TestServer.StartAsync();
        await server.BalanceAsync("alpha", 1000);
        await server.EarnAsync("alpha", -150);
        await server.UntilMeasureAsync("drawdown", 15);
        await server.PostAsync("/api/cash-flows", """{"bot_name":"alpha","amount":-850}""");
        await server.PostAsync("/api/cash-flows", """{"bot_name":"alpha","amount":850}""");
        await server.EarnAsync("alpha", 0.1m);
        await server.UntilMeasureAsync("drawdown", 14.99m);
        await server.UntilMeasureAsync("daily_loss", 14.99m);
    }

    [Fact]
    public async Task A_new_day_begins_with_nothing_lost()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DRAWDOWN", "0"), ("STARTING_BALANCE", "1000"));
        server.Clock.AdjustTime(new(2026, 3, 2, 23, 59, 50, TimeSpan.Zero));
        await server.EarnAsync("alpha", -60);
        await server.UntilMeasureAsync("daily_loss", 6);
        server.Clock.Advance(TimeSpan.FromSeconds(20));
        await server.UntilMeasureAsync("daily_loss", 0);
        await server.EarnAsync("alpha", -93.99m);
        await server.DemandAsync("clear", true);
        await server.EarnAsync("alpha", -0.01m);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered");
    }

    [Fact]
    public async Task A_losing_streak_ends_with_a_win_or_a_breakeven()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_LOSING_STREAK", "3"));
        foreach (var pnl in new[] { -1, -1, 0, -1, -1, 1, -1, -1 })
        {
            await server.EarnAsync(null, pnl);
        }

        await server.UntilMeasureAsync("losing_streak", 2);
        await server.DemandAsync("clear", true);
        await server.EarnAsync(null, -1);
        var state = await server.UntilAsync(static state => (string?)state["state"] == "triggered");
        Assert.Equal("losing_streak", (string?)state["reasons"]![0]!["trigger_type"]);
        Assert.Contains("3 trades in a row", (string?)state["reasons"]![0]!["message"], StringComparison.Ordinal);
    }

    /// <summary>
    /// 1,000 lose 10 %, and 1,000 come in; of the 1,900 another 10 % are lost: 0.9 × 0.9 are 19 % below the peak. Of the 1,710 then
    /// left, 21.12 make 20.0004 %. Without the deposit in the account the second loss would already be past the limit.
    /// </summary>
    [Fact]
    public async Task A_deposit_neither_makes_nor_hides_a_drawdown()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DAILY_LOSS", "0"));
        await server.BalanceAsync("alpha", 1000);
        await NextAsync(server, -100);
        await server.UntilMeasureAsync("drawdown", 10);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.PostAsync("/api/cash-flows", """{"bot_name":"alpha","amount":1000}""");
        await NextAsync(server, -190);
        await server.UntilMeasureAsync("drawdown", 19);
        await server.DemandAsync("clear", true);
        await NextAsync(server, -21.12m);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered");

        static async Task NextAsync(TestServer server, decimal pnl)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            await server.EarnAsync("alpha", pnl);
        }
    }

    /// <summary>alpha loses 25 % of 1,000, which are 2.5 % of the 10,000 of both.</summary>
    [Fact]
    public async Task An_account_that_falls_stops_its_own_bot_only()
    {
        await using var server = await TestServer.StartAsync();
        await server.BalanceAsync("alpha", 1000);
        await server.BalanceAsync("beta", 9000);
        await server.EarnAsync("beta", 1);
        await server.EarnAsync("alpha", -250);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered", "alpha");
        await server.DemandAsync("clear", true);
        await server.DemandAsync("clear", true, "beta");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"beta"}""");
        var refused = await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha"}""", 409);
        Assert.Equal("breaker-triggered", (string?)refused["code"]);
        Assert.Contains("alpha", (string?)refused["message"], StringComparison.Ordinal);
        Assert.Equal(["alpha daily_loss", "alpha drawdown"], (await server.EventsAsync("?bot_name=alpha")).Select(static one => $"{one["bot_name"]} {one["trigger_type"]}").Order(StringComparer.Ordinal));
        Assert.Equal(2, (await server.EventsAsync()).Length);
    }

    /// <summary>
    /// alpha's 1,000 lose 100: 10 %. beta joins with 8,100 and changes nothing of that. Then 9,000 are there, and 900 of them are 10 % again:
    /// 1 − 0.9 × 0.9 is 19 %. The next 90.01 of 8,100 make 1 − 0.81 × (1 − 90.01 ÷ 8,100) = 19.9001 %, and 10 more 20 % and a little.
    /// </summary>
    [Fact]
    public async Task An_account_that_joins_neither_makes_nor_hides_a_drawdown()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DAILY_LOSS", "0"));
        await server.BalanceAsync("alpha", 1000);
        await server.EarnAsync("alpha", -100);
        await server.UntilMeasureAsync("drawdown", 10);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.BalanceAsync("beta", 8100);
        await server.EarnAsync("beta", -900);
        await server.UntilMeasureAsync("drawdown", 19);
        await server.EarnAsync("beta", -90.01m);
        await server.UntilMeasureAsync("drawdown", 19.9001m);
        await server.DemandAsync("clear", true);
        await server.EarnAsync("beta", -10);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered");
        await server.DemandAsync("triggered", false, "beta");
        Assert.Equal(["drawdown"], (await server.EventsAsync()).Select(static one => (string?)one["trigger_type"]));
    }

    [Fact]
    public async Task A_paper_account_that_falls_does_not_stop_the_real_one_of_the_same_bot()
    {
        await using var server = await TestServer.StartAsync();
        await server.BalanceAsync("alpha", 1000, "paper");
        await server.BalanceAsync("alpha", 90000, "auto");
        await server.EarnAsync("alpha", -250, "paper");
        await server.UntilAsync(static state => (string?)state["state"] == "triggered", "alpha");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha","mode":"auto"}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha","mode":"paper"}""", 409);
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha"}""", 409);
    }

    [Fact]
    public async Task A_close_older_than_five_minutes_counts_and_decides_nothing()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await server.PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":1000,"exit_price":400,"quantity":1,"status":"closed","timestamp":"2026-03-02T11:00:00Z","closed_at":"2026-03-02T11:54:59Z"}""");
        await server.UntilMeasureAsync("drawdown", 60);
        await server.DemandAsync("clear", true);
        await server.EarnAsync(null, 1);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered");
    }

    /// <summary>A trade that is found closed earlier, or put right, makes the past another one; what was right before stays decided.</summary>
    [Fact]
    public async Task A_correction_of_the_past_counts()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await server.EarnAsync(null, 100);
        await server.EarnAsync(null, -50);
        await server.UntilMeasureAsync("drawdown", Math.Round(50m / 11, 10));
        await server.PostAsync("/api/trades/1/void", """{"reason":"stored twice"}""", 200);
        await server.UntilMeasureAsync("drawdown", 5);
        await server.PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":1000,"exit_price":2000,"quantity":1,"status":"closed","timestamp":"2026-03-02T11:00:00Z","closed_at":"2026-03-02T11:30:00Z"}""");
        await server.UntilMeasureAsync("drawdown", 2.5m);
        await server.DemandAsync("clear", true);
    }

    [Fact]
    public async Task Without_a_balance_there_is_no_percentage()
    {
        await using var server = await TestServer.StartAsync();
        await server.EarnAsync("alpha", -5000);
        var state = await server.StateAsync();
        Assert.Null(state.Measure("drawdown"));
        Assert.Null(state.Measure("daily_loss"));
        Assert.Equal("clear", (string?)state["state"]);
    }

    [Fact]
    public async Task A_restart_keeps_what_money_has_decided_and_decides_nothing_again()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await server.EarnAsync(null, -300);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered");
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"new start","hold":[{"trigger_type":"drawdown","new_peak":true},{"trigger_type":"daily_loss","new_peak":true}]}""", 200);
        await server.DemandAsync("clear", true);

        await using var again = await server.RestartAsync(("STARTING_BALANCE", "1000"));
        await again.UntilMeasureAsync("drawdown", 0);
        await again.DemandAsync("clear", true);
        Assert.Equal(2, (await again.EventsAsync()).Length);

        // 700 is the new peak: 69.99 of it are not yet 10 %.
        await again.EarnAsync(null, -69.99m);
        await again.UntilMeasureAsync("drawdown", Math.Round(69.99m / 7, 12));
        await again.DemandAsync("clear", true);
        await again.EarnAsync(null, -0.01m);
        await again.UntilAsync(static state => (string?)state["state"] == "triggered");
        Assert.Equal(["daily_loss"], (await again.StateAsync())["reasons"]!.AsArray().Select(static reason => (string?)reason!["trigger_type"]));
    }
}
