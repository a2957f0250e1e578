using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>What an agent stores and controls through the Model Context Protocol.</summary>
public sealed class McpWriteTests
{
    private const string Trade = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha","mode":"paper"}""";

    [Fact]
    public async Task A_trade_is_opened_added_to_and_closed_and_the_audit_log_names_the_door()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", "write"));
        var opened = await agent.CallAsync("open_trade", Trade);
        Assert.Equal("paper", (string)opened["about"]!["mode"]!);
        Assert.Equal(1, (int)opened["trade_id"]!);
        await agent.CallAsync("add_fill", """{"trade_id":1,"kind":"entry","price":4,"quantity":10}""");
        var closed = await agent.CallAsync("close_trade", """{"trade_id":1,"exit_price":5}""");
        Assert.Equal(30m, (decimal)closed["data"]!["pnl"]!);

        var audit = (await server.GetAsync("/api/audit"))["data"]!.AsArray();
        Assert.Equal(["closeTrade", "addFill", "createTrade"], audit.Select(static row => (string)row!["operation"]!));
        Assert.All(audit, static row => Assert.Equal(("mcp", "agent"), ((string)row!["door"]!, (string)row["who_name"]!)));
    }

    [Fact]
    public async Task A_repetition_under_the_same_key_is_carried_out_once()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        var arguments = Trade.Replace("}", ""","idempotency_key":"one"}""", StringComparison.Ordinal);
        Assert.Equal(1, (int)(await agent.CallAsync("open_trade", arguments))["trade_id"]!);
        var again = await agent.CallAsync("open_trade", arguments);
        Assert.Equal((1, true), ((int)again["trade_id"]!, (bool)again["about"]!["replayed"]!));
        var other = await agent.RefusedAsync("open_trade", arguments.Replace("\"quantity\":10", "\"quantity\":11", StringComparison.Ordinal));
        Assert.Equal("idempotency-mismatch", (string)other["code"]!);
        Assert.Equal(1, (int)(await server.GetAsync("/api/trades"))["count"]!);

        await agent.CallAsync("close_trade", """{"trade_id":1,"exit_price":5}""");
        const string close = """{"trade_id":1,"exit_price":6,"idempotency_key":"two"}""";
        Assert.Equal("already-closed", (string)(await agent.RefusedAsync("close_trade", close))["code"]!);
        Assert.Equal("already-closed", (string)(await agent.RefusedAsync("close_trade", close))["code"]!);
        Assert.Equal("idempotency_key", (string)(await agent.RefusedAsync("open_trade", Trade.Replace("}", ""","idempotency_key":""}""", StringComparison.Ordinal)))["details"]![0]!["field"]!);
    }

    [Fact]
    public async Task A_bad_argument_is_refused_with_the_field_what_is_allowed_and_an_example()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        var refused = await agent.RefusedAsync("record_signal", """{"trading_pair":"SUI/USDC","signal_type":"LONGISH","signal_strength":101,"price":-1}""");
        Assert.Equal("invalid-input", (string)refused["code"]!);
        Assert.False((bool)refused["retry_is_safe"]!);
        var details = refused["details"]!.AsArray().ToDictionary(static detail => (string)detail!["field"]!, static detail => detail!);
        Assert.Equal(["price", "signal_strength", "signal_type"], details.Keys.Order());
        Assert.Equal(["BUY", "SELL", "HOLD"], details["signal_type"]["allowed"]!["enum"]!.AsArray().Select(static word => (string)word!));
        Assert.Equal(100, (int)details["signal_strength"]["allowed"]!["maximum"]!);
        Assert.True((decimal)details["price"]["example"]! > 0);

        var unknown = await agent.RefusedAsync("list_signals", """{"tradingpair":"SUI/USDC"}""");
        Assert.Contains("trading_pair", (string)unknown["details"]![0]!["message"]!, StringComparison.Ordinal);
        var wrong = await agent.RefusedAsync("list_signals", """{"limit":"many"}""");
        Assert.Equal(("limit", "must be a whole number"), ((string)wrong["details"]![0]!["field"]!, (string)wrong["details"]![0]!["message"]!));
        var renamed = await agent.RefusedAsync("get_performance", """{"split_by":"moon"}""");
        Assert.Equal("split_by", (string)renamed["details"]![0]!["field"]!);
        Assert.Equal("trade_id", (string)(await agent.RefusedAsync("explain_trade"))["details"]![0]!["field"]!);
        Assert.Equal("not-found", (string)(await agent.RefusedAsync("explain_trade", """{"trade_id":"first"}"""))["code"]!);
    }

    [Fact]
    public async Task No_trade_is_opened_while_the_breaker_is_triggered_and_the_agent_is_told_to_wait()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        await agent.CallAsync("trigger_circuit_breaker", """{"reason":"a test"}""");
        var answer = await agent.CallAsync("may_i_trade", """{"bot_name":"alpha"}""");
        Assert.False((bool)answer["data"]!["may_trade"]!);
        var refused = await agent.RefusedAsync("open_trade", Trade);
        Assert.Equal("breaker-triggered", (string)refused["code"]!);
        Assert.Contains("may_i_trade", (string)refused["retry"]!, StringComparison.Ordinal);
        await agent.CallAsync("clear_circuit_breaker", """{"reason":"the test is over"}""");
        await agent.CallAsync("open_trade", Trade);
    }

    [Fact]
    public async Task A_bot_reports_and_is_told_what_is_asked_of_it()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        await agent.CallAsync("control_bot", """{"bot_name":"alpha","state":"paused","reason":"news"}""");
        var report = await agent.CallAsync("report_status", """{"bot_name":"alpha","status":"running","mode":"paper"}""");
        Assert.Equal("paused", (string)report["control"]!["state"]!);
        Assert.Equal("paused", (string)(await agent.CallAsync("may_i_trade", """{"bot_name":"alpha"}"""))["asked_of_bot"]!["state"]!);
        Assert.Equal("wrong-bot", (string)(await RefusedOfAsync(server))["code"]!);
    }

    [Fact]
    public async Task A_name_without_effect_is_told()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server);
        var answer = await agent.CallAsync("record_signal", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.4,"mood":"good"}""");
        Assert.Equal("mood", (string)answer["ignored"]![0]!);
    }

    private static async Task<JsonObject> RefusedOfAsync(TestServer server)
    {
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"beta","scopes":"write","bot_name":"beta"}"""))["key"]!;
        await using var agent = await McpConnection.OpenAsync(server, key);
        return await agent.RefusedAsync("report_status", """{"bot_name":"alpha","status":"running"}""");
    }
}
