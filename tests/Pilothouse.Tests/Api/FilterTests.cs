using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>A filter that one list of a resource has works on all of them.</summary>
public sealed class FilterTests
{
    [Theory]
    [InlineData("", "4 3 2 1")]
    [InlineData("bot_name=b1", "3 1")]
    [InlineData("strategy=s2", "4 3")]
    [InlineData("timeframe=4h", "2")]
    [InlineData("status=EXECUTED", "4 2")]
    [InlineData("signal_type=sell", "3")]
    [InlineData("status=executed&bot_name=b2&trading_pair=a/b", "4 2")]
    [InlineData("bot_name=b1&strategy=s2&timeframe=1h&signal_type=SELL&status=pending&trading_pair=A/B", "3")]
    [InlineData("bot_name=b1&to_date=2026-03-01", "1")]
    [InlineData("strategy=none", "")]
    public async Task Signals(string query, string ids)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 4; i++)
        {
            await server.PostAsync("/api/signals", $$"""
                {"trading_pair":"A/B","signal_type":"{{(i == 3 ? "SELL" : "BUY")}}","signal_strength":1,"price":1,"timestamp":"2026-03-0{{(i + 1) / 2}}T0{{i}}:00:00Z",
                "bot_name":"b{{2 - (i % 2)}}","strategy":"s{{(i + 1) / 2}}","timeframe":"{{(i == 2 ? "4h" : "1h")}}","status":"{{(i % 2 == 0 ? "executed" : "pending")}}"}
                """);
        }

        await ListAndLatestAsync(server, "/api/signals", query, ids);
    }

    [Theory]
    [InlineData("", "4 3 2 1")]
    [InlineData("timeframe=4h", "2")]
    [InlineData("model=m1", "3 1")]
    [InlineData("recommendation=sell", "3")]
    [InlineData("bot_name=b2", "4 3")]
    [InlineData("signal_id=1", "4")]
    [InlineData("signal_id=4294967297", "")]
    [InlineData("model=m1&bot_name=b2&timeframe=1h&from_date=2026-03-02", "3")]
    [InlineData("to_date=2026-03-01", "2 1")]
    public async Task Analyses(string query, string ids)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        for (var i = 1; i <= 4; i++)
        {
            await server.PostAsync("/api/analysis", $$"""
                {"trading_pair":"A/B","timeframe":"{{(i == 2 ? "4h" : "1h")}}","recommendation":"{{(i == 3 ? "SELL" : "BUY")}}","timestamp":"2026-03-0{{(i + 1) / 2}}T0{{i}}:00:00Z",
                "bot_name":"b{{(i + 1) / 2}}","model":"m{{2 - (i % 2)}}","signal_id":{{(i == 4 ? "1" : "null")}}}
                """);
        }

        await ListAndLatestAsync(server, "/api/analysis", query, ids);
    }

    [Theory]
    [InlineData("", "6 5 4 3 2 1", "6 5 4")]
    [InlineData("mode=PAPER", "6 4 2", "6 4")]
    [InlineData("signal_id=1", "5 2", "5")]
    [InlineData("signal_id=4294967297", "", "")]
    [InlineData("external_id=x5", "5", "5")]
    [InlineData("external_id=x5&mode=paper", "", "")]
    [InlineData("bot_name=b1&mode=auto&signal_id=1", "5", "5")]
    [InlineData("status=open", "6 5 4", "6 5 4")]
    [InlineData("status=open&bot_name=b1&trading_pair=c/d", "5", "5")]
    [InlineData("side=sell", "6 3", "6")]
    [InlineData("from_date=2026-02-02&to_date=2026-02-05", "5 4 3 2", "5 4")]
    [InlineData("status=open&limit=2", "6 5", "6 5")]
    public async Task Trades(string query, string all, string open)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        for (var i = 1; i <= 6; i++)
        {
            await server.PostAsync("/api/trades", $$"""
                {"trading_pair":"{{(i < 5 ? "A/B" : "C/D")}}","side":"{{(i % 3 == 0 ? "SELL" : "BUY")}}","entry_price":1,"quantity":1,"bot_name":"b{{2 - (i % 2)}}","mode":"{{(i % 2 == 0 ? "paper" : "auto")}}",
                "external_id":"x{{i}}","signal_id":{{(i % 3 == 2 ? "1" : "null")}},"timestamp":"2026-02-0{{i}}T00:00:00Z"{{(i < 4 ? ",\"status\":\"closed\",\"exit_price\":2" : "")}}}
                """);
        }

        Assert.Equal(all, await IdsAsync(server, $"/api/trades?{query}"));
        Assert.Equal(open, await IdsAsync(server, $"/api/trades/open?{query}"));
        Assert.Equal("", await IdsAsync(server, "/api/trades?status=open&closed_from=2026-01-01"));
        Assert.Equal("3 2", await IdsAsync(server, "/api/trades?closed_from=2026-02-02&closed_to=2026-02-03"));
        Assert.Equal("2", await IdsAsync(server, "/api/trades?closed_from=2026-02-02&closed_to=2026-02-03&mode=paper&signal_id=1"));
        Assert.Contains("must be open here", (string?)(await server.GetAsync("/api/trades/open?status=closed", 400))["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_of_a_filtered_list_is_filtered()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 9; i++)
        {
            await server.PostAsync("/api/signals", $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"bot_name":"b{{i % 2}}","strategy":"s{{i % 3}}"}""");
        }

        var first = await server.GetAsync("/api/signals?bot_name=b0&strategy=s0&limit=1");
        Assert.Equal(7, (long)first["data"]![0]!["id"]!);
        Assert.Equal("1", await IdsAsync(server, $"/api/signals?bot_name=b0&strategy=s0&limit=1&cursor={(string?)first["next_cursor"]}"));
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("operation_type=FETCH", 1)]
    [InlineData("bot_name=b1", 2)]
    [InlineData("model=m2", 2)]
    [InlineData("bot_name=b1&model=m1&api_name=A", 1)]
    [InlineData("from_date=2026-03-02T03:00:00Z", 2)]
    [InlineData("to_date=2026-03-02T02:00:00Z", 2)]
    [InlineData("from_date=2026-03-02T02:00:00Z&to_date=2026-03-02T03:00:00Z", 2)]
    [InlineData("from_date=2026-03-02T01:00:00Z&hours=9", 2)]
    [InlineData("to_date=2026-03-02", 4)]
    public async Task Costs(string query, long calls)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 4; i++)
        {
            await server.PostAsync("/api/cost-analytics", $$"""
                {"api_name":"a","operation_type":"{{(i == 4 ? "fetch" : "chart")}}","api_calls":1,"bot_name":"b{{2 - (i % 2)}}","model":"m{{(i + 1) / 2}}","timestamp":"2026-03-02T0{{i}}:00:00Z"}
                """);
        }

        var answer = await server.GetAsync($"/api/cost-analytics?{query}");
        Assert.Equal(calls, answer["data"]!.AsArray().Sum(static total => (long)total!["total_calls"]!));
        Assert.Single((await server.GetAsync($"/api/cost-analytics?{query}&limit=1"))["data"]!.AsArray());
        Assert.Equal(2, (int)(await server.GetAsync("/api/cost-analytics?from_date=2026-03-02T10:30:00Z"))["period_hours"]!);
        Assert.Null((await server.GetAsync("/api/cost-analytics?to_date=2026-03-02"))["period_hours"]);
    }

    [Fact]
    public async Task Looks_at_the_market_and_reports_of_bots()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 3; i++)
        {
            await server.PostAsync("/api/market-context", $$"""{"btc_price":1,"timestamp":"2026-02-0{{i}}T12:00:00Z"}""");
        }

        Assert.Equal("", await IdsAsync(server, "/api/market-context/history?"));
        Assert.Equal("3 2", await IdsAsync(server, "/api/market-context/history?from_date=2026-02-02"));
        Assert.Equal("2 1", await IdsAsync(server, "/api/market-context/history?to_date=2026-02-02"));
        Assert.Equal("", await IdsAsync(server, "/api/market-context/history?from_date=2026-02-02&hours=1"));
        await server.PostAsync("/api/bot-status", """{"bot_name":"b1","status":"running","mode":"paper"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"b1","status":"error","mode":"auto"}""");
        Assert.Equal(1, (long)(await server.GetAsync("/api/bot-status?bot_name=b1&mode=paper"))["data"]!["id"]!);
        Assert.Equal(2, (long)(await server.GetAsync("/api/bot-status?status=error"))["data"]!["id"]!);
        Assert.Equal(2, (long)(await server.GetAsync("/api/bot-status"))["data"]!["id"]!);
    }

    [Theory]
    [InlineData("/api/signals/latest", "trading_pair=NOPE")]
    [InlineData("/api/analysis/latest", "model=NOPE")]
    [InlineData("/api/bot-status", "bot_name=NOPE")]
    public async Task What_no_record_fits_does_not_say_that_nothing_was_ever_stored(string path, string query)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Contains(" yet; POST /api/", (string?)(await server.GetAsync(path, 404))["message"], StringComparison.Ordinal);
        var message = (string?)(await server.GetAsync($"{path}?{query}", 404))["message"];
        Assert.Contains(query.Split('=')[0], message, StringComparison.Ordinal);
        Assert.DoesNotContain(" yet", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 4, 10)]
    [InlineData("from_date=2026-02-02", 3, 9)]
    [InlineData("to_date=2026-02-02", 2, 3)]
    [InlineData("from_date=2026-02-02&to_date=2026-02-03", 2, 5)]
    [InlineData("from_date=2026-02-02T12:00:00.5Z&to_date=2026-02-03T12:00:00.5Z", 2, 5)]
    [InlineData("from_date=2026-02-02T12:00:00.501Z&to_date=2026-02-03T12:00:00.499Z", 0, 0)]
    [InlineData("mode=paper&to_date=2026-02-03", 1, 2)]
    [InlineData("strategy=s1", 2, 4)]
    [InlineData("strategy=s1&bot_name=b1&from_date=2026-02-02", 1, 3)]
    [InlineData("period=monthly&from_date=2026-01-01", 4, 10)]
    [InlineData("period=weekly&from_date=2026-01-01", 0, 0)]
    public async Task Performance(string query, long trades, decimal pnl)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"s1"}""");
        for (var i = 1; i <= 4; i++)
        {
            await server.PostAsync("/api/trades", $$"""
                {"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":{{i}},"status":"closed","exit_price":2,"bot_name":"b1","mode":"{{(i == 2 ? "paper" : "auto")}}",
                "signal_id":{{(i % 2 == 1 ? "1" : "null")}},"timestamp":"2026-01-31T00:00:00Z","closed_at":"2026-02-0{{i}}T12:00:00.5Z"}
                """);
        }

        var data = (await server.GetAsync($"/api/performance?{query}"))["data"]!;
        Assert.Equal(trades, (long)data["total_trades"]!);
        Assert.Equal(pnl, (decimal)data["total_pnl"]!);
        Assert.Equal("to_date", (string?)(await server.GetAsync("/api/performance?period=weekly&to_date=2026-01-01", 400))["details"]![0]!["field"]);
        var basis = (await server.GetAsync("/api/performance?from_date=2026-02-02&to_date=2026-02-03"))["data"]!["basis"]!;
        Assert.Equal(("2026-02-02T00:00:00+00:00", "2026-02-03T23:59:59.999999+00:00"), ((string?)basis["from"], (string?)basis["to"]));
    }

    private static async Task ListAndLatestAsync(TestServer server, string path, string query, string ids)
    {
        Assert.Equal(ids, await IdsAsync(server, $"{path}?{query}"));
        var latest = await server.GetAsync($"{path}/latest?{query}", ids.Length == 0 ? 404 : 200);
        Assert.Equal(ids.Split(' ')[0], latest["data"]?["id"]?.ToJsonString() ?? "");
    }

    private static async Task<string> IdsAsync(TestServer server, string path) =>
        string.Join(' ', (await server.GetAsync(path))["data"]!.AsArray().Select(static record => ((JsonNode)record!)["id"]!.ToJsonString()));
}
