using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>What the breaker refused is kept, each position once with the number of tries, and nothing else is.</summary>
public sealed class BreakerRefusalTests
{
    private const string Reason = """{"reason":"a test"}""";

    [Fact]
    public async Task What_was_refused_is_kept_with_the_number_of_tries()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100), 409);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.PostAsync("/api/trades", Trade("alpha", "btc/usdt", 99.5m), 409);
        await server.PostAsync("/api/trades", Trade("beta", "BTC/USDT", 98), 409);

        var (beta, alpha) = (await ListAsync(server)) is [var first, var second] ? (first, second) : throw new InvalidOperationException("There are not two.");
        AssertIs(alpha!, """{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","last_refused_at":"2026-03-02T12:01:00+00:00","times":2,"event_id":1,"bot_name":"alpha","trading_pair":"BTC/USDT","side":"BUY","mode":"paper","trade_id":null,"price":99.5,"quantity":0.5}""");

        // The engine counts the ids that it did not need.
        var id = $"{beta!["id"]}";
        AssertIs(beta, $$"""{"id":{{id}},"timestamp":"2026-03-02T12:01:00+00:00","last_refused_at":"2026-03-02T12:01:00+00:00","times":1,"event_id":1,"bot_name":"beta","trading_pair":"BTC/USDT","side":"BUY","mode":"paper","trade_id":null,"price":98,"quantity":0.5}""");
        Assert.Equal(["1"], Ids(await ListAsync(server, "?bot_name=alpha")));
        Assert.Equal([id, "1"], Ids(await ListAsync(server, "?event_id=1")));
        Assert.Empty(await ListAsync(server, "?event_id=2"));
        Assert.Equal([id], Ids(await ListAsync(server, "?event_id=1&bot_name=beta")));
        Assert.Equal(["1"], Ids(await ListAsync(server, "?to_date=2026-03-02T12:00:30Z")));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task Each_event_has_refusals_of_its_own_and_what_passes_has_none()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100));
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"a test","bot_name":"alpha"}""");
        await server.PostAsync("/api/trades", Trade("beta", "BTC/USDT", 100));
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100), 409);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":101,"quantity":0.1}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":90,"quantity":0.2}""", 409);
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"a test","bot_name":"alpha"}""", 200);
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100), 409);

        Assert.Equal(["1 1 alpha  100", "2 1 alpha 1 90", "3 2 alpha  100"], (await ListAsync(server)).OrderBy(static one => (int)one!["id"]!)
            .Select(static one => $"{one!["id"]} {one["event_id"]} {one["bot_name"]} {one["trade_id"]} {one["price"]}"));
    }

    /// <summary>Of a batch the position is kept that was refused; the others were not looked at.</summary>
    [Fact]
    public async Task A_batch_keeps_the_position_that_stopped_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        var closed = """{"trading_pair":"LTC/USDT","side":"BUY","entry_price":100,"exit_price":101,"quantity":1,"status":"closed"}""";
        await server.PostAsync("/api/trades/batch", $$"""{"items":[{{closed}},{{Trade("alpha", "ETH/USDT", 50)}},{{Trade("alpha", "BTC/USDT", 50)}}]}""", 409);
        Assert.Equal("ETH/USDT", (string?)Assert.Single(await ListAsync(server))!["trading_pair"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task A_repetition_under_a_key_is_a_try_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        for (var times = 1; times <= 2; times++)
        {
            Assert.Equal(409, (await server.Client.SendAsync("POST", "/api/trades", Trade(null, "BTC/USDT", 100), ("Idempotency-Key", "k"))).Status);
            Assert.Equal((times, null), ((int)Assert.Single(await ListAsync(server))!["times"]!, (string?)(await ListAsync(server))[0]!["bot_name"]));
        }
    }

    /// <summary>A hundred at once: each counts, and none is lost or counted twice, though the writer commits them together.</summary>
    [Fact]
    public async Task Tries_at_the_same_time_are_all_counted()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 90).Select(async i => (await server.Client.SendAsync("POST", "/api/trades", Trade(i % 3 == 0 ? "alpha" : "beta", "BTC/USDT", 100))).Status));
        Assert.All(statuses, static status => Assert.Equal(409, status));
        Assert.Equal(["alpha 30", "beta 60"], (await ListAsync(server)).Select(static one => $"{one!["bot_name"]} {one["times"]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Each_try_is_in_the_live_stream()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=breaker.refused");
        await server.PostAsync("/api/circuit-breaker/trigger", Reason);
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100), 409);
        var one = Assert.Single(await stream.NextAsync(1));
        Assert.Equal((await ListAsync(server))[0]!.ToJsonString(), one.Data.ToJsonString());
        await server.PostAsync("/api/trades", Trade("alpha", "BTC/USDT", 100), 409);
        Assert.Equal(2, (int)Assert.Single(await stream.NextAsync(1)).Data["times"]!);
    }

    private static void AssertIs(JsonNode refused, string expected) => Assert.True(JsonNode.DeepEquals(refused, JsonNode.Parse(expected)), refused.ToJsonString());

    private static string Trade(string? bot, string pair, decimal price) => new JsonObject
    {
        ["trading_pair"] = pair,
        ["side"] = "buy",
        ["entry_price"] = price,
        ["quantity"] = 0.5m,
        ["bot_name"] = bot,
        ["mode"] = "Paper",
    }.ToJsonString();

    private static async Task<JsonArray> ListAsync(TestServer server, string query = "") => (await server.GetAsync("/api/circuit-breaker/refusals" + query))["data"]!.AsArray();

    private static IEnumerable<string> Ids(JsonArray refused) => refused.Select(static one => $"{one!["id"]}");
}
