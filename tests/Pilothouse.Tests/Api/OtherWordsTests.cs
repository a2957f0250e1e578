using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Other words for the same thing (LONG, STRONG_BUY) are accepted, and stored as our own word.</summary>
public sealed class OtherWordsTests
{
    [Theory]
    [InlineData("LONG", "BUY", 110, "100")]
    [InlineData("long", "BUY", 110, "100")]
    [InlineData("Short", "SELL", 90, "100")]
    [InlineData("SHORT", "SELL", 110, "-100")]
    public async Task Long_and_short_are_sides(string said, string side, int exit, string pnl)
    {
        await using var server = await TestServer.StartAsync();
        var body = $$"""{"trading_pair":"A/B","side":"{{said}}","entry_price":100,"quantity":10,"position_mode":"ONE_WAY","external_id":"x"}""";
        var opened = await server.PostAsync("/api/trades", body);
        Assert.Equal(200, (await server.Client.SendAsync("POST", "/api/trades", body)).Status);
        Assert.Single((await server.GetAsync($"/api/trades?side={said}"))["data"]!.AsArray());
        var closed = await server.PostAsync($"/api/trades/{(long)opened["trade_id"]!}/close", $$"""{"exit_price":{{exit}}}""", 200);
        Assert.Equal((side, "one-way", pnl), ((string?)closed["data"]!["side"], (string?)closed["data"]!["position_mode"], closed["data"]!["pnl"]!.ToString()));
        var imported = await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"{{said}}","entry_price":100,"quantity":10,"status":"closed","exit_price":{{exit}}}""");
        Assert.Equal(pnl, (await server.GetAsync($"/api/trades/{(long)imported["trade_id"]!}"))["data"]!["pnl"]!.ToString());
    }

    [Theory]
    [InlineData("STRONG_BUY", "BUY")]
    [InlineData("strong_sell", "SELL")]
    public async Task Strong_signals_and_recommendations_are_their_plain_words(string said, string expected)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", $$"""{"trading_pair":"A/B","signal_type":"{{said}}","signal_strength":9,"price":1}""");
        Assert.Equal(expected, (string?)(await server.GetAsync($"/api/signals?signal_type={said}"))["data"]![0]!["signal_type"]);
        await server.PostAsync("/api/analysis", $$"""{"trading_pair":"A/B","timeframe":"1h","recommendation":"{{said}}"}""");
        Assert.Equal(expected, (string?)(await server.GetAsync($"/api/analysis?recommendation={said}"))["data"]![0]!["recommendation"]);
    }

    [Fact]
    public async Task A_neutral_market_is_a_regime()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/market-context", """{"market_regime":"Neutral"}""");
        Assert.Equal("neutral", (string?)(await server.GetAsync("/api/market-context"))["data"]!["market_regime"]);
    }
}
