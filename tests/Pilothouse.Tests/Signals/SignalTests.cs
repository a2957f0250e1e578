using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Signals;

public sealed class SignalTests
{
    private const string Good = """{"trading_pair":"SUI/USDC","signal_type":"buy","signal_strength":5.0,"price":1.234,"rsi":45.5}""";

    /// <summary>People read answers in a terminal; escapes are for pages that hold JSON, and no answer may be taken for one.</summary>
    /// <summary>The column is whole, and a signal that is rounded in silence is another signal.</summary>
    [Theory]
    [InlineData("5.5")]
    [InlineData("-0.4")]
    [InlineData("55e-1")]
    public async Task A_strength_with_a_fraction_is_refused_with_what_to_do(string strength)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Good.Replace("5.0", strength, StringComparison.Ordinal));
        Assert.Equal((400, "signal_strength must be a whole number: round it."), (status, (string?)body["message"]));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task Text_comes_back_as_it_was_sent_and_readable()
    {
        const string Strategy = "bot's <b>Öl</b> & 価格 + \ud83d\ude80";
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Good.Replace("\"rsi\":45.5", $"\"strategy\":{System.Text.Json.JsonSerializer.Serialize(Strategy)}", StringComparison.Ordinal));
        using var answer = await server.Client.GetAsync("/api/signals/latest", TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("bot's <b>Öl</b> & 価格 + ", text, StringComparison.Ordinal);
        Assert.Equal(Strategy, (string?)JsonNode.Parse(text)!["data"]!["strategy"]);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task A_stored_signal_is_the_latest_and_has_every_column()
    {
        await using var server = await TestServer.StartAsync();
        var stored = await server.PostAsync("/api/signals", Good);
        Assert.Equal("""{"success":true,"message":"Signal created successfully","signal_id":1}""", stored.ToJsonString());

        var latest = await server.GetAsync("/api/signals/latest");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,
            "price":1.234,"rsi":45.5,"macd":null,"macd_signal":null,"macd_histogram":null,"vwap":null,"ema9":null,"ema21":null,"sma50":null,
            "bb_upper":null,"bb_middle":null,"bb_lower":null,"volume":null,"status":"pending","bot_name":null,"strategy":null,"timeframe":null,"confidence":null,"model":null}}
            """), latest), latest.ToJsonString());
    }

    [Fact]
    public async Task Without_a_credential_nothing_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Anonymous.SendAsync("POST", "/api/signals", Good);
        Assert.Equal(401, status);
        Assert.Equal("Authentication required", (string?)body["error"]);
        Assert.Equal("authentication-required", (string?)body["code"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Theory]
    [InlineData("""{"signal_type":"BUY","signal_strength":5,"price":1}""", "trading_pair", "Missing required field: trading_pair")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"HODL","signal_strength":5,"price":1}""", "signal_type", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":101,"price":1}""", "signal_strength", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1.5,"price":1}""", "signal_strength", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":0}""", "price", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":"1"}""", "price", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1e400}""", "price", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"rsi":1e400}""", "rsi", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"price":2}""", "price", "Invalid input")]
    [InlineData("""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"timestamp":"2026-03-02T12:06:00Z"}""", "timestamp", "Invalid input")]
    public async Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field, string error)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", json);
        Assert.Equal(400, status);
        Assert.Equal(error, (string?)body["error"]);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task The_same_request_with_an_idempotency_key_is_stored_once()
    {
        await using var server = await TestServer.StartAsync();
        var (_, first) = await server.Client.SendAsync("POST", "/api/signals", Good, ("Idempotency-Key", "a"));
        using var again = await server.Client.RawAsync("POST", "/api/signals", System.Text.Encoding.UTF8.GetBytes(Good), ("Idempotency-Key", "a"));
        Assert.Equal(201, (int)again.StatusCode);
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(first.ToJsonString(), await again.Content.ReadAsStringAsync());
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));

        var (status, other) = await server.Client.SendAsync("POST", "/api/signals", Good.Replace("45.5", "46"), ("Idempotency-Key", "a"));
        Assert.Equal(409, status);
        Assert.Equal("idempotency-mismatch", (string?)other["code"]);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_in_every_spelling_of_time()
    {
        await using var server = await TestServer.StartAsync();
        string[] times = ["2026-03-01 10:00:00", "2026-03-01T10:00:01", "2026-03-01 10:00:01.500000", "2026-03-01T10:00:02Z", "2026-03-01 10:00:02.25"];
        foreach (var time in times)
        {
            server.Sql($"INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('{time}', 'a/b', 'BUY', 1, 1)");
        }

        var seen = new List<long>();
        string? cursor = null;
        do
        {
            var page = await server.GetAsync($"/api/signals?limit=2&trading_pair=A/b{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page["data"]!.AsArray().Select(signal => (long)signal!["id"]!));
            cursor = (string?)page["next_cursor"];
        }
        while (cursor is not null);
        Assert.Equal([5, 4, 3, 2, 1], seen);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_is_in_the_next_answer_and_never_breaks_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Good);
        server.Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, status) VALUES ('2026-03-02 12:00:01', 'X', 'buy!', 'many', 'cheap', 9e999, NULL)");
        var latest = (await server.GetAsync("/api/signals/latest"))["data"]!;
        Assert.Equal(2, (long)latest["id"]!);
        Assert.Null(latest["price"]);
        Assert.Null(latest["rsi"]);
        Assert.Equal("buy!", (string?)latest["signal_type"]);
    }
}
