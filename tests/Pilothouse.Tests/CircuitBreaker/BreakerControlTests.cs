using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>Triggering and clearing by hand, what holds afterwards, who may, and what is refused.</summary>
public sealed class BreakerControlTests
{
    private const string Trigger = "/api/circuit-breaker/trigger";
    private const string Clear = "/api/circuit-breaker/clear";
    private const string Reason = """{"reason":"the exchange is down"}""";

    [Fact]
    public async Task A_hand_stops_all_bots_and_lets_them_go_on()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync(Trigger, Reason);
        await server.DemandAsync("triggered", false);
        await server.DemandAsync("triggered", false, "anybody");
        Assert.Equal((long)made["event_id"]!, (long)(await server.PostAsync(Trigger, Reason, 200))["event_id"]!);

        server.Clock.Advance(TimeSpan.FromHours(2));
        await server.PricesAsync(100, 100);
        await server.DemandAsync("triggered", false);
        var cleared = await server.PostAsync(Clear, """{"reason":"it is back"}""", 200);
        Assert.Equal([(long)made["event_id"]!], cleared["event_ids"]!.AsArray().Select(static id => (long)id!));
        await server.DemandAsync("clear", true);
        Assert.Empty((await server.PostAsync(Clear, """{"reason":"it is back"}""", 200))["event_ids"]!.AsArray());

        var one = Assert.Single(await server.EventsAsync());
        Assert.Equal("the exchange is down", (string?)one["trigger_reason"]);
        Assert.StartsWith("key:", (string?)one["triggered_by"], StringComparison.Ordinal);
        Assert.StartsWith("key:", (string?)one["cleared_by"], StringComparison.Ordinal);
        Assert.Contains("it is back", (string?)one["notes"], StringComparison.Ordinal);
        Assert.Equal(7320L, (long)one["downtime_seconds"]!);
        Assert.Equal("triggerCircuitBreaker the exchange is down", server.Sql("SELECT operation || ' ' || reason FROM audit_log WHERE operation = 'triggerCircuitBreaker'"));
        Assert.Equal("it is back", server.Sql("SELECT min(reason) FROM audit_log WHERE operation = 'clearCircuitBreaker'"));
    }

    [Fact]
    public async Task A_hand_stops_one_bot_or_one_mode_of_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Trigger, """{"reason":"odd trades","bot_name":"alpha","mode":"paper"}""");
        await server.DemandAsync("clear", true);
        await server.DemandAsync("clear", true, "beta");
        await server.DemandAsync("triggered", false, "alpha");
        await server.DemandAsync("triggered", false, "alpha&mode=PAPER");
        await server.DemandAsync("clear", true, "alpha&mode=auto");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha","mode":"auto"}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"bot_name":"alpha","mode":"PAPER"}""", 409);
        Assert.Empty((await server.PostAsync(Clear, Reason, 200))["event_ids"]!.AsArray());
        await server.DemandAsync("triggered", false, "alpha");
        await server.PostAsync(Clear, """{"reason":"fine","bot_name":"alpha"}""", 200);
        await server.DemandAsync("clear", true, "alpha");
    }

    [Fact]
    public async Task Clearings_one_right_after_another_and_at_once_are_all_carried_out()
    {
        await using var server = await TestServer.StartAsync();
        for (var round = 0; round < 5; round++)
        {
            await server.PostAsync(Trigger, """{"reason":"odd trades","bot_name":"alpha"}""");
            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Client.SendAsync("POST", Clear, """{"reason":"fine","bot_name":"alpha"}""")));
            Assert.All(answers, static answer => Assert.True(answer.Status == 200, answer.Body.ToJsonString()));
            Assert.Single(answers.SelectMany(static answer => answer.Body["event_ids"]!.AsArray()));
        }
    }

    [Fact]
    public async Task A_key_of_one_bot_asks_and_steers_for_its_own_bot()
    {
        await using var server = await TestServer.StartAsync();
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"bot","scopes":["read","write","control"],"bot_name":"alpha"}"""))["key"]!;
        using var alpha = server.ClientWithKey(key);
        Assert.Equal(201, (await alpha.SendAsync("POST", Trigger, Reason)).Status);
        Assert.False((bool)(await alpha.SendAsync("GET", "/api/circuit-breaker")).Body["data"]!["may_trade"]!);
        await server.DemandAsync("clear", true);
        var other = await alpha.SendAsync("POST", Trigger, """{"reason":"x","bot_name":"beta"}""");
        Assert.Equal((403, "wrong-bot"), (other.Status, (string?)other.Body["code"]));
        Assert.Equal(409, (await alpha.SendAsync("POST", "/api/trades", BreakerServer.Trade)).Status);
        Assert.Equal(200, (await alpha.SendAsync("POST", Clear, Reason)).Status);
        Assert.Equal(201, (await alpha.SendAsync("POST", "/api/trades", BreakerServer.Trade)).Status);
    }

    [Fact]
    public async Task Only_control_may_trigger_and_clear()
    {
        await using var server = await TestServer.StartAsync();
        using var bot = server.ClientWithKey(await server.CreateKeyAsync("bot", "read", "write"));
        foreach (var path in new[] { Trigger, Clear })
        {
            Assert.Equal((403, "scope-needed"), await CodeAsync(bot, path, Reason));
            Assert.Equal((401, "authentication-required"), await CodeAsync(server.Anonymous, path, Reason));
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM circuit_breaker_events"));
    }

    [Theory]
    [InlineData(Trigger, "{}", "missing-field")]
    [InlineData(Trigger, """{"reason":" "}""", "invalid-input")]
    [InlineData(Trigger, """{"reason":7}""", "invalid-input")]
    [InlineData(Trigger, """{"reason":"x","mode":"paper"}""", "invalid-input")]
    [InlineData(Trigger, """{"reason":"x","bot_name":"a","mode":"live"}""", "invalid-input")]
    [InlineData(Trigger, """{"resaon":"x"}""", "invalid-input")]
    [InlineData(Clear, "{}", "missing-field")]
    [InlineData(Clear, """{"reason":"x","hold":{}}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[null]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"manual","new_peak":true}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown"}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","new_peak":false}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","new_peak":true,"limit":3}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","limit":-1}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","limit":NaN}]}""", "invalid-json")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","limit":"3"}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","pause_minutes":0}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","pause_minutes":50000}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"drawdown","pause_minute":5}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","measure":"btc_fall_9m","new_peak":true}]}""", "invalid-input")]
    [InlineData(Clear, """{"reason":"x","bot_name":"a","hold":[{"trigger_type":"btc_dump","new_peak":true}]}""", "invalid-input")]
    public async Task What_makes_no_sense_is_refused(string path, string body, string code)
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 100);
        Assert.Equal((400, code), await CodeAsync(server.Client, path, body));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM circuit_breaker_events"));
    }

    [Fact]
    public async Task A_measure_that_is_still_past_its_limit_must_be_held()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 80, 80);
        await server.DemandAsync("triggered", false);
        var refused = await server.PostAsync(Clear, Reason, 409);
        Assert.Equal("breaker-still-past-limit", (string?)refused["code"]);
        Assert.Equal(["btc_fall_5m", "btc_fall_1h", "btc_fall_4h"], refused["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        await server.DemandAsync("triggered", false);

        // A limit that the fall is past as well, and one measure of three, do not help.
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","limit":20}]}""", 409);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","measure":"btc_fall_5m","pause_minutes":9}]}""", 409);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"eth_dump","pause_minutes":9}]}""", 409);
    }

    /// <summary>From the new peak of 80, 10 % are 8.</summary>
    [Fact]
    public async Task A_new_peak_measures_falls_from_now()
    {
        await using var server = await TestServer.StartAsync();
        await server.PricesAsync(100, 80, 80);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","new_peak":true}]}""", 200);
        await server.DemandAsync("clear", true);
        await server.PricesAsync(79, 72.01m, 72.01m);
        await server.DemandAsync("clear", true);
        await server.PricesAsync(72, 72);
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task Another_limit_counts_until_the_measure_is_within_the_usual_one_again()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_BTC_DUMP", "10/4h"), ("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.PricesAsync(100, 85);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","limit":20}]}""", 200);
        await server.PricesAsync(81);
        await server.DemandAsync("clear", true);
        Assert.Equal(20m, (decimal)(await server.StateAsync())["measures"]!.AsArray().Single(static measure => (string?)measure!["name"] == "btc_fall_4h")!["limit"]!);

        await using var again = await server.RestartAsync(("CIRCUIT_BREAKER_BTC_DUMP", "10/4h"), ("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await again.PricesAsync(81);
        await again.DemandAsync("clear", true);

        // Back at 95 the usual limit counts again, and 89 is past it.
        await again.PricesAsync(95, 89);
        await again.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task A_pause_ends_with_its_time()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.PricesAsync(100, 50);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"btc_dump","pause_minutes":10}]}""", 200);
        await server.PricesAsync(50, 50, 50, 50, 50, 50, 50, 50, 50);
        await server.DemandAsync("clear", true);
        await server.PricesAsync(50);
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task A_limit_for_figures_that_are_counted_differently_needs_the_measure()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_CONFIRMATIONS", "1"));
        await server.ObserveAsync("\"fear_greed_index\":5,\"liquidations_1h\":900000000");
        await server.DemandAsync("triggered", false);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"market_wide","limit":3}]}""", 400);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"market_wide","new_peak":true}]}""", 409);
        await server.PostAsync(Clear, """{"reason":"x","hold":[{"trigger_type":"market_wide","measure":"fear_greed_index","limit":3},{"trigger_type":"market_wide","measure":"liquidations_1h","limit":1000000000}]}""", 200);
        await server.ObserveAsync("\"fear_greed_index\":3,\"liquidations_1h\":1000000000");
        await server.DemandAsync("clear", true);
        await server.ObserveAsync("\"fear_greed_index\":2");
        await server.DemandAsync("triggered", false);
    }

    [Fact]
    public async Task In_a_dry_run_events_say_so_and_trading_goes_on()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DRY_RUN", "true"));
        await server.PricesAsync(100, 80, 80);
        await server.DemandAsync("triggered", true);
        await server.PostAsync("/api/trades", BreakerServer.Trade);
        var one = Assert.Single(await server.EventsAsync());
        Assert.Equal(1L, (long)one["dry_run"]!);
        Assert.StartsWith("Dry run", (string?)one["trigger_reason"], StringComparison.Ordinal);

        // A hand means it.
        await server.PostAsync(Trigger, Reason);
        await server.DemandAsync("triggered", false);
        await server.PostAsync("/api/trades", BreakerServer.Trade, 409);
    }

    [Fact]
    public async Task The_list_of_events_filters_and_pages()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Trigger, """{"reason":"x","bot_name":"alpha"}""");
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.PostAsync(Trigger, """{"reason":"x","bot_name":"beta"}""");
        await server.PostAsync(Clear, """{"reason":"x","bot_name":"alpha"}""", 200);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.ObserveAsync("\"fear_greed_index\":1");
        await server.DemandAsync("triggered", false);
        Assert.Equal(["3", "2", "1"], (await server.EventsAsync()).Select(static one => $"{one["id"]}"));
        Assert.Equal(["1"], (await server.EventsAsync("?status=cleared")).Select(static one => $"{one["id"]}"));
        Assert.Equal(["3"], (await server.EventsAsync("?trigger_type=MARKET_WIDE&status=triggered")).Select(static one => $"{one["id"]}"));
        Assert.Equal(["2"], (await server.EventsAsync("?bot_name=beta")).Select(static one => $"{one["id"]}"));
        Assert.Equal(["3", "2"], (await server.EventsAsync("?from_date=2026-03-02T12:01:00Z")).Select(static one => $"{one["id"]}"));
        var page = await server.GetAsync("/api/circuit-breaker/events?limit=2");
        Assert.Equal(["1"], (await server.EventsAsync($"?limit=2&cursor={page["next_cursor"]}")).Select(static one => $"{one["id"]}"));
        await server.GetAsync("/api/circuit-breaker/events?trigger_type=crash", 400);
        await server.GetAsync("/api/circuit-breaker/events?limit=0", 400);
    }

    [Fact]
    public async Task The_same_key_triggers_once()
    {
        await using var server = await TestServer.StartAsync();
        var first = await server.Client.SendAsync("POST", Trigger, Reason, ("Idempotency-Key", "k"));
        await server.PostAsync(Clear, Reason, 200);
        var second = await server.Client.SendAsync("POST", Trigger, Reason, ("Idempotency-Key", "k"));
        Assert.Equal((201, first.Body.ToJsonString()), (second.Status, second.Body.ToJsonString()));
        await server.DemandAsync("clear", true);
    }

    private static async Task<(int Status, string? Code)> CodeAsync(HttpClient client, string path, string body)
    {
        var (status, answer) = await client.SendAsync("POST", path, body);
        return (status, (string?)answer["code"]);
    }
}
