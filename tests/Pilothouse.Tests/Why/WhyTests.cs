using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Why;

/// <summary>GET /api/why/trades/{id}: what belongs to a trade, in the order of time, and what is missing.</summary>
public sealed class WhyTests
{
    [Fact]
    public async Task All_that_belongs_to_a_trade_comes_in_the_order_of_time()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T10:01:00Z","trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":70,"price":4}""");
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T10:01:30Z","trading_pair":"SUI/USDC","signal_type":"HOLD","signal_strength":0,"price":5}""");
        await server.PostAsync("/api/analysis", """{"timestamp":"2026-03-02T10:02:00Z","trading_pair":"SUI/USDC","timeframe":"1m","recommendation":"BUY","signal_id":1}""");
        await server.PostAsync("/api/analysis", """{"timestamp":"2026-03-02T10:02:00Z","trading_pair":"SUI/USDC","timeframe":"1m","recommendation":"SELL","signal_id":2}""");
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-02T10:05:00Z","trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10,"signal_id":1}""");
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-02T10:05:00Z","trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10,"signal_id":1}""");
        server.Sql("""
            INSERT INTO spike_events(id, timestamp, trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to, trade_id)
            VALUES (11, '2026-03-02 10:00:00', 'SUI/USDC', 'price', 'pump', 5.5, 5, 3.8, 4, NULL), (12, '2026-03-02 10:00:30', 'SUI/USDC', 'price', 'pump', 6, 5, 3.8, 4, 1), (13, '2026-03-02 10:00:30', 'X/Y', 'price', 'dump', 6, 5, 3.8, 4, NULL);
            INSERT INTO agent_decisions(id, timestamp, agent_name, agent_role, decision_type, decision, confidence, reasoning, spike_event_id, trade_id, signal_id)
            VALUES (21, '2026-03-02 10:03:00', 'analyst', 'analysis', 'trade', 'buy', 0.8, 'it rises', 11, NULL, 1), (22, '2026-03-02 10:04:00', 'risk', 'risk', 'size', '10', 0.9, NULL, NULL, 1, NULL),
              (23, '2026-03-02 10:04:00', 'risk', 'risk', 'size', '10', 0.9, NULL, NULL, 2, 1), (24, '2026-03-02 10:04:00', 'other', 'risk', 'size', '10', 0.9, NULL, 13, NULL, 2);
            """);
        await server.PostAsync("/api/cost-analytics", """{"timestamp":"2026-03-02T10:03:01Z","api_name":"llm","operation_type":"chat","estimated_cost":0.1,"decision_id":21}""");
        await server.PostAsync("/api/cost-analytics", """{"timestamp":"2026-03-02T10:04:01Z","api_name":"llm","operation_type":"chat","estimated_cost":0.2,"decision_id":22}""");
        await server.PostAsync("/api/cost-analytics", """{"timestamp":"2026-03-02T10:04:01Z","api_name":"llm","operation_type":"chat","estimated_cost":7,"decision_id":23}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":6,"quantity":10,"filled_at":"2026-03-02T10:10:00Z"}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":7,"closed_at":"2026-03-02T10:20:00Z","fees":1}""", 200);

        var why = (await server.GetAsync("/api/why/trades/1"))["data"]!;
        Assert.Equal("spike 11,spike 12,signal 1,analysis 1,decision 21,cost 1,decision 22,cost 2,entry 4,entry 6,exit 7", string.Join(',', why["steps"]!.AsArray().Select(static step =>
        {
            var kind = (string)step!["kind"]!;
            var record = step[kind is "entry" or "exit" ? "fill" : kind]!;
            Assert.Equal((string?)step["time"], (string?)(record["timestamp"] ?? record["filled_at"]));
            return $"{kind} {(kind is "entry" or "exit" ? record["price"] : record["id"])}";
        })));
        Assert.Equal(("it rises", 0.8), ((string?)why["steps"]![4]!["decision"]!["reasoning"], (double)why["steps"]![4]!["decision"]!["confidence"]!));

        // 20 at 5 on average, sold at 7, less the fees of 1; less 0.1 and 0.2 of its decisions.
        var result = why["result"]!;
        Assert.Equal(("closed", 39m, 900d, 0.3m, 38.7m), ((string?)result["status"], (decimal)result["pnl"]!, (double)result["holding_seconds"]!, (decimal)result["ai_cost"]!, (decimal)result["pnl_after_ai"]!));
        Assert.Equal(39m, (decimal)why["trade"]!["pnl"]!);

        Assert.Equal((0.1m, 0.2m), ((decimal)why["steps"]![4]!["decision"]!["ai_cost"]!, (decimal)why["steps"]![6]!["decision"]!["ai_cost"]!));
        var list = (await server.GetAsync("/api/why/trades"))["data"]!.AsArray();
        Assert.Equal(["1 39 0.3 38.7"], list.Select(static trade => $"{trade!["trade_id"]} {trade["pnl"]} {trade["ai_cost"]} {trade["pnl_after_ai"]}"));
        Assert.Equal(7.1m, (decimal)(await server.GetAsync("/api/why/trades?status=open"))["data"]![0]!["ai_cost"]!);

        // Its signals' prices are the only ones, and they were before it.
        Assert.Equal(["prices"], why["missing"]!.AsArray().Select(static gap => (string?)gap!["what"]));
    }

    /// <summary>
    /// A decision cost 30 dollars. A trade that earned 10 USDC has 10 − 30 = −20 left; one that earned 0.001 BTC at 50,000 has 50 − 30 = 20.
    /// </summary>
    [Theory]
    [InlineData("SUI/USDC", 10, "USD", "true", -20.0, "USDC")]
    [InlineData("SUI/BTC", 0.001, "USD", "true", 20.0, "USD")]
    [InlineData("SUI/BTC", 0.001, "BTC", "true", 0.0004, "BTC")]
    [InlineData("SUI/EUR", 10, "USD", "true", null, "USD")]
    [InlineData("SUI/USDC", 10, "USD", "false", null, "USD")]
    [InlineData("SUI/USD", 10, "USD", "false", -20.0, "USD")]
    public async Task What_is_left_after_the_costs_of_AI_is_in_one_currency(string pair, double pnl, string reporting, string atPar, double? left, string currency)
    {
        await using var server = await TestServer.StartAsync(("REPORTING_CURRENCY", reporting), ("STABLECOINS_AT_PAR", atPar));
        foreach (var (priced, price) in new[] { ("BTC/USD", 50000.0), ("USD/BTC", 0.00002) })
        {
            await server.PostAsync("/api/signals", System.FormattableString.Invariant($$"""{"timestamp":"2026-03-02T09:00:00Z","trading_pair":"{{priced}}","signal_type":"HOLD","signal_strength":0,"price":{{price}}}"""));
        }

        await server.PostAsync("/api/trades", System.FormattableString.Invariant($$"""{"timestamp":"2026-03-02T10:00:00Z","closed_at":"2026-03-02T11:00:00Z","status":"closed","trading_pair":"{{pair}}","side":"BUY","entry_price":100,"exit_price":{{100 + pnl}},"quantity":1}"""));
        server.Sql("INSERT INTO agent_decisions(id, timestamp, agent_name, agent_role, decision_type, decision, trade_id) VALUES (1, '2026-03-02 10:00:00', 'a', 'b', 'c', 'd', 1)");
        await server.PostAsync("/api/cost-analytics", """{"timestamp":"2026-03-02T10:00:00Z","api_name":"llm","operation_type":"chat","estimated_cost":30,"decision_id":1}""");
        var why = (await server.GetAsync("/api/why/trades/1"))["data"]!;
        Assert.Equal((left, currency), ((double?)why["result"]!["pnl_after_ai"], (string?)why["result"]!["currency"]));
        var gap = why["missing"]!.AsArray().SingleOrDefault(static gap => (string?)gap!["what"] == "pnl_after_ai");
        Assert.Equal(left is null ? $"What is left after the costs of AI is not known in USD: 1 trade in {pair[4..]} has no price in USD." : null, (string?)gap?["message"]);
    }

    [Fact]
    public async Task What_its_signal_and_its_analyses_cost_counts_once_and_an_unknown_price_is_named()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T10:01:00Z","trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":70,"price":4}""");
        await server.PostAsync("/api/analysis", """{"timestamp":"2026-03-02T10:02:00Z","trading_pair":"SUI/USDC","timeframe":"1m","recommendation":"BUY","signal_id":1}""");
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-02T10:05:00Z","trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10,"signal_id":1}""");
        server.Sql("INSERT INTO agent_decisions(id, agent_name, agent_role, decision_type, decision, trade_id) VALUES (9, 'a', 'b', 'c', 'd', 1)");
        foreach (var named in new[] { "\"signal_id\":1", "\"analysis_id\":1", "\"decision_id\":9,\"signal_id\":1,\"analysis_id\":1" })
        {
            await server.PostAsync("/api/cost-analytics", $$"""{"api_name":"llm","operation_type":"chat","estimated_cost":0.25,{{named}}}""");
        }

        await server.PostAsync("/api/cost-analytics", """{"api_name":"llm","operation_type":"chat","model":"new","input_tokens":7,"analysis_id":1}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":5}""", 200);
        var why = (await server.GetAsync("/api/why/trades/1"))["data"]!;
        Assert.Equal((0.75m, 1, 9.25m), ((decimal)why["result"]!["ai_cost"]!, (int)why["result"]!["unpriced_uses"]!, (decimal)why["result"]!["pnl_after_ai"]!));
        Assert.Contains(why["missing"]!.AsArray(), static gap => (string?)gap!["what"] == "cost" && ((string)gap["message"]!).Contains("1 of its 4 uses", StringComparison.Ordinal));
        Assert.Equal(9.25m, (decimal)(await server.GetAsync("/api/why/trades?trading_pair=SUI/USDC"))["data"]![0]!["pnl_after_ai"]!);
    }

    [Fact]
    public async Task What_is_missing_is_named_with_a_sentence()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10}""");
        var why = (await server.GetAsync("/api/why/trades/1"))["data"]!;
        Assert.Equal(["entry"], why["steps"]!.AsArray().Select(static step => (string?)step!["kind"]));
        Assert.Equal("""{"status":"open","pnl":null,"holding_seconds":null,"ai_cost":null,"unpriced_uses":0,"pnl_after_ai":null,"currency":null}""", why["result"]!.ToJsonString());
        Assert.Equal(["signal", "analysis", "decision", "spike", "cost", "exit", "prices"], why["missing"]!.AsArray().Select(static gap => (string?)gap!["what"]));
        Assert.All(why["missing"]!.AsArray(), static gap => Assert.EndsWith(".", (string)gap!["message"]!, StringComparison.Ordinal));

        await server.PostAsync("/api/signals", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":70,"price":4}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10,"signal_id":1}""");
        why = (await server.GetAsync("/api/why/trades/2"))["data"]!;
        Assert.Equal(["signal", "entry"], why["steps"]!.AsArray().Select(static step => (string?)step!["kind"]));
        Assert.Contains("signal 1", (string?)why["missing"]![0]!["message"], StringComparison.Ordinal);
        Assert.Equal(0m, (decimal)why["trade"]!["unrealized_pnl"]!);
        await server.PostAsync("/api/trades/2/void", """{"reason":"test"}""", 200);
        Assert.Equal("exit", (string?)(await server.GetAsync("/api/why/trades/2"))["data"]!["missing"]!.AsArray()[^1]!["what"]);
    }

    [Fact]
    [OnlyOnSqlite("removes what others refer to")]
    public async Task A_signal_that_is_gone_is_named()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":70,"price":4}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":4,"quantity":10,"signal_id":1}""");
        await Tool.SqliteAsync(server.DatabasePath, "DELETE FROM signals");
        Assert.Equal("Signal 1, which the trade names, is not stored any more.", (string?)(await server.GetAsync("/api/why/trades/1"))["data"]!["missing"]![0]!["message"]);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public async Task A_trade_that_is_not_there_is_not_found(string id)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(404, (await server.Client.SendAsync("GET", $"/api/why/trades/{id}")).Status);
    }
}
