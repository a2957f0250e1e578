using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>A trade that is posted again under its external id is not stored twice if it says the same. Part of a trade cannot be closed.</summary>
public sealed class RepetitionTests
{
    private const string Open = """{"trading_pair":"a/b","side":"buy","entry_price":0.1,"quantity":3,"stop_loss":0.09,"take_profit":0.2,"leverage":5,"position_mode":"One-Way","mode":"Paper","fees":0.01,"timestamp":"2026-03-01T10:00:00.1239Z","external_id":"x1","bot_name":"one","signal_id":1}""";
    private const string Closed = """{"trading_pair":"A/B","side":"BUY","entry_price":0.1,"quantity":3,"status":"closed","exit_price":0.2,"fees":0.01,"exit_reason":"target","timestamp":"2026-03-01T10:00:00Z","closed_at":"2026-03-01T11:00:00.5559Z","external_id":"x2"}""";
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Theory]
    [InlineData(Open, "0.09", "0.08", "stop_loss")]
    [InlineData(Open, ":0.2,", ":0.3,", "take_profit")]
    [InlineData(Open, ":5,", ":6,", "leverage")]
    [InlineData(Open, "One-Way", "hedge", "position_mode")]
    [InlineData(Open, "Paper", "auto", "mode")]
    [InlineData(Open, "0.01", "0.02", "fees")]
    [InlineData(Open, "00.1239Z", "01Z", "timestamp")]
    [InlineData(Open, "\"signal_id\":1", "\"signal_id\":2", "signal_id")]
    [InlineData(Open, "\"quantity\":3", "\"quantity\":4", "quantity")]
    [InlineData(Open, "\"entry_price\":0.1", "\"entry_price\":0.11", "entry_price")]
    [InlineData(Open, "a/b", "c/d", "trading_pair")]
    [InlineData(Open, "buy", "sell", "side")]
    [InlineData(Open, "\"external_id\"", "\"exit_reason\":\"why\",\"external_id\"", "exit_reason")]
    [InlineData(Closed, "11:00:00.5559Z", "11:00:01Z", "closed_at")]
    [InlineData(Closed, "0.01", "0.02", "fees")]
    [InlineData(Closed, "target", "stop", "exit_reason")]
    [InlineData(Closed, ":0.2,", ":0.3,", "exit_price")]
    [InlineData(Closed, "\"external_id\"", "\"leverage\":2,\"external_id\"", "leverage")]
    public async Task Other_figures_are_refused_by_their_names(string first, string old, string other, string field)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/trades", first);
        Assert.Equal(1, (long)(await server.PostAsync("/api/trades", first, 200))["trade_id"]!);
        var answer = await server.PostAsync("/api/trades", first.Replace(old, other, StringComparison.Ordinal), 409);
        Assert.Equal("external-id-taken", (string?)answer["code"]);
        Assert.Equal([field], answer["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        Assert.Contains(field, (string?)answer["message"], StringComparison.Ordinal);
        Assert.Contains("PATCH /api/trades/1", (string?)answer["message"], StringComparison.Ordinal);
        Assert.Equal(first == Open, ((string?)answer["message"])!.Contains("POST /api/trades/1/close", StringComparison.Ordinal));
        Assert.Equal("1", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task What_a_repetition_leaves_out_or_says_in_other_words_is_the_same()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/trades", Open);
        foreach (var same in new[] { Open.Replace("0.1,", "0.10,", StringComparison.Ordinal), Open.Replace(".1239Z", ".123Z", StringComparison.Ordinal), Open.Replace(":0.09", ":null", StringComparison.Ordinal), """{"trading_pair":"A/B","side":"BUY","entry_price":1e-1,"quantity":3.0,"external_id":"x1","bot_name":"one","status":"OPEN"}""" })
        {
            Assert.Equal(1, (long)(await server.PostAsync("/api/trades", same, 200))["trade_id"]!);
        }
    }

    [Fact]
    public async Task A_trade_that_was_changed_since_is_compared_as_it_now_is()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/trades", Open);
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":0.08}""");
        Assert.Equal(["stop_loss"], (await server.PostAsync("/api/trades", Open, 409))["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        await server.PostAsync("/api/trades", Open.Replace("0.09", "0.08", StringComparison.Ordinal), 200);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":0.2}""", 200);
        await server.PostAsync("/api/trades", Open.Replace("0.09", "0.08", StringComparison.Ordinal), 200);
        var said = Open.Replace("0.09", "0.08", StringComparison.Ordinal).Replace("\"side\"", "\"status\":\"open\",\"side\"", StringComparison.Ordinal);
        Assert.Equal(["status"], (await server.PostAsync("/api/trades", said, 409))["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
    }

    [Theory]
    [InlineData("10.0000001", false)]
    [InlineData("11", false)]
    [InlineData("0", false)]
    [InlineData("10", true)]
    [InlineData("10.0", true)]
    [InlineData("null", true)]
    public async Task A_close_of_more_than_the_trade_is_refused(string quantity, bool whole)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":10}""");
        var answer = await server.PostAsync("/api/trades/1/close", $$"""{"exit_price":120,"quantity":{{quantity}}}""", whole ? 200 : 400);
        Assert.Equal(whole ? null : "quantity", (string?)answer["details"]?[0]!["field"]);
        Assert.Equal(whole ? "closed|200" : "open|0", server.Sql("SELECT status || '|' || CAST(pnl AS INTEGER) FROM trades"));
    }
}
