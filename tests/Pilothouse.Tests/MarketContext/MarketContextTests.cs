using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.MarketContext;

public sealed class MarketContextTests
{
    private const string Path = "/api/market-context";
    private const string Table = "market_context";
    private const string Good = """
        {"btc_price":64250.5,"btc_change_24h":-1.25,"eth_price":3200,"eth_change_24h":2.5,"btc_dominance":52.1,"fear_greed_index":71.0,"market_trend":"Bullish",
        "btc_trend":"Up_Strong","market_regime":"RISK_ON","volatility_level":"low","total_market_cap":2400000000000,"liquidations_1h":0}
        """;

    [Fact]
    public async Task A_stored_look_is_the_latest_and_has_every_column()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"message":"Market context stored successfully","context_id":1}""", await server.PostAsync(Path, Good));
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","btc_price":64250.5,"btc_change_24h":-1.25,"eth_price":3200,"eth_change_24h":2.5,
            "btc_dominance":52.1,"fear_greed_index":71,"market_trend":"bullish","btc_trend":"up_strong","market_regime":"risk_on","volatility_level":"low",
            "total_market_cap":2400000000000,"liquidations_1h":0}}
            """, await server.GetAsync(Path));
    }

    [Fact]
    public async Task One_field_is_enough()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, """{"fear_greed_index":0}""");
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","btc_price":null,"btc_change_24h":null,"eth_price":null,"eth_change_24h":null,
            "btc_dominance":null,"fear_greed_index":0,"market_trend":null,"btc_trend":null,"market_regime":null,"volatility_level":null,
            "total_market_cap":null,"liquidations_1h":null}}
            """, await server.GetAsync(Path));
    }

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, Table);

    [Fact]
    public Task The_same_look_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, Table);

    [Theory]
    [InlineData("""{}""", "body")]
    [InlineData("""{"timestamp":"2026-03-02T11:00:00Z","other":1}""", "body")]
    [InlineData("""{"btc_price":0}""", "btc_price")]
    [InlineData("""{"btc_price":"64000"}""", "btc_price")]
    [InlineData("""{"btc_change_24h":"1"}""", "btc_change_24h")]
    [InlineData("""{"eth_price":-1}""", "eth_price")]
    [InlineData("""{"eth_change_24h":1e400}""", "eth_change_24h")]
    [InlineData("""{"btc_dominance":100.1}""", "btc_dominance")]
    [InlineData("""{"fear_greed_index":101}""", "fear_greed_index")]
    [InlineData("""{"fear_greed_index":1.5}""", "fear_greed_index")]
    [InlineData("""{"market_trend":"up"}""", "market_trend")]
    [InlineData("""{"btc_trend":"a word that is longer than forty characters are"}""", "btc_trend")]
    [InlineData("""{"market_regime":"risk"}""", "market_regime")]
    [InlineData("""{"volatility_level":"extreme"}""", "volatility_level")]
    [InlineData("""{"total_market_cap":0}""", "total_market_cap")]
    [InlineData("""{"liquidations_1h":-1}""", "liquidations_1h")]
    [InlineData("""{"btc_price":1,"timestamp":"2026-03-02T12:06:00Z"}""", "timestamp")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field) => WriteChecks.RefusesAsync(Path, json, Table, field);

    [Fact]
    public async Task Without_any_it_is_404_and_the_history_is_empty()
    {
        await using var server = await TestServer.StartAsync();
        var missing = await server.GetAsync(Path, 404);
        Assert.Equal("No market context data available", (string?)missing["error"]);
        WriteChecks.Same("""{"success":true,"count":0,"data":[],"next_cursor":null}""", await server.GetAsync($"{Path}/history"));
    }

    [Fact]
    public async Task The_history_goes_back_as_many_hours_as_asked_page_by_page()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var time in new[] { "2026-02-28T12:00:00Z", "2026-03-01T11:59:59Z", "2026-03-01T12:00:00Z", "2026-03-02T10:59:00Z", "2026-03-02T11:30:00Z" })
        {
            await server.PostAsync(Path, $$"""{"timestamp":"{{time}}","btc_price":1}""");
        }

        Assert.Equal([5, 4, 3], await IdsAsync(server, ""));
        Assert.Equal([5], await IdsAsync(server, "?hours=1"));
        Assert.Equal([5, 4, 3, 2, 1], await IdsAsync(server, "?hours=87600"));

        var first = await server.GetAsync($"{Path}/history?limit=2");
        Assert.Equal(2, (int)first["count"]!);
        Assert.Equal([3], await IdsAsync(server, $"?limit=2&cursor={first["next_cursor"]}"));

        server.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Empty(await IdsAsync(server, "?hours=1"));
    }

    [Theory]
    [InlineData("hours=0", "hours")]
    [InlineData("hours=87601", "hours")]
    [InlineData("hours=day", "hours")]
    [InlineData("limit=0", "limit")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var body = await server.GetAsync($"{Path}/history?{query}", 400);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
    }

    [Fact]
    public async Task A_limit_over_500_is_cut_and_a_foreign_cursor_refused()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 501) INSERT INTO market_context(timestamp, btc_price) SELECT '2026-03-02 11:00:00', i FROM n");
        Assert.Equal(100, (int)(await server.GetAsync($"{Path}/history"))["count"]!);
        Assert.Equal(500, (int)(await server.GetAsync($"{Path}/history?limit=9999"))["count"]!);
        Assert.Equal("invalid-cursor", (string?)(await server.GetAsync($"{Path}/history?cursor=abc", 400))["code"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_never_breaks_the_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO market_context(timestamp, btc_price, btc_change_24h, fear_greed_index, market_trend) VALUES (NULL, 'high', 'up', 'greedy', 'BULLISH')");
        var latest = (await server.GetAsync(Path))["data"]!;
        Assert.Null(latest["timestamp"]);
        Assert.Null(latest["btc_price"]);
        Assert.Null(latest["btc_change_24h"]);
        Assert.Null(latest["fear_greed_index"]);
        Assert.Equal("BULLISH", (string?)latest["market_trend"]);
        Assert.Empty(await IdsAsync(server, ""));
    }

    private static async Task<List<long>> IdsAsync(TestServer server, string query) =>
        [.. (await server.GetAsync($"{Path}/history{query}"))["data"]!.AsArray().Select(static market => (long)market!["id"]!)];
}
