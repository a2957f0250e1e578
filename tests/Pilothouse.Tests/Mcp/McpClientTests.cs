using System.Text.Json;
using System.Text.Json.Nodes;
using Pilothouse.Mcp;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>Other programs' clients list and call every tool: the official TypeScript clients of both eras, and the inspector.</summary>
public sealed class McpClientTests
{
    private const string Inspector = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";

    [Theory]
    [InlineData("legacy", "2025-11-25")]
    [InlineData("modern", "2026-07-28")]
    public async Task The_TypeScript_clients_list_and_call_every_tool(string era, string version)
    {
        await using var server = await TestServer.StartAsync();
        var calls = await CallsAsync(server);
        var (code, output, error) = await NodeTools.BunAsync(
            "mcp/call-tools.mjs", [$"{server.Anonymous.BaseAddress}mcp", server.Client.DefaultRequestHeaders.Authorization!.Parameter!, era, calls.ToJsonString()]);
        Assert.True(code == 0, error);
        var said = JsonNode.Parse(output)!;
        Assert.Equal(version, (string)said["version"]!);
        Assert.Equal(ToolBook.Standard.Select(static tool => tool.Name), said["tools"]!.AsArray().Select(static tool => (string)tool!));
        Assert.Equal(4, said["prompts"]!.AsArray().Count);
        Assert.Equal(3, said["resources"]!.AsArray().Count);
        foreach (var (tool, answer) in said["answers"]!.AsObject())
        {
            Assert.False((bool)answer!["isError"]!, $"{tool}: {answer["text"]}");
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse((string)answer["text"]!), answer["structured"]), tool);
        }
    }

    [Fact]
    public async Task The_inspector_lists_and_calls_every_tool()
    {
        await using var server = await TestServer.StartAsync();
        string[] target = ["--cli", $"{server.Anonymous.BaseAddress}mcp", "--header", $"Authorization: Bearer {server.Client.DefaultRequestHeaders.Authorization!.Parameter}"];
        var (code, output, error) = await NodeTools.BunAsync(Inspector, [.. target, "--method", "tools/list"]);
        Assert.True(code == 0, error);
        Assert.Equal(ToolBook.Standard.Select(static tool => tool.Name), JsonNode.Parse(output)!["tools"]!.AsArray().Select(static tool => (string)tool!["name"]!));
        foreach (var (tool, arguments) in await CallsAsync(server))
        {
            var given = arguments!.AsObject().SelectMany(static argument => new[]
            {
                "--tool-arg", $"{argument.Key}={(argument.Value!.GetValueKind() == JsonValueKind.String ? (string)argument.Value! : argument.Value.ToJsonString())}",
            });
            (code, output, error) = await NodeTools.BunAsync(Inspector, [.. target, "--method", "tools/call", "--tool-name", tool, .. given]);
            Assert.True(code == 0 && JsonNode.Parse(output)!["isError"] is null, $"{tool}: {output}{error}");
        }
    }

    /// <summary>docs/mcp.md has these figures; a list that grows beyond its bound has to be made shorter.</summary>
    [Fact]
    public async Task The_list_of_tools_takes_under_6000_tokens_and_no_answer_over_8000()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 100; i++)
        {
            await server.PostAsync("/api/signals", $$"""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":{{i}},"price":3.45{{i}},"rsi":45.1{{i}},"macd":0.012{{i}},"macd_signal":0.011{{i}},"macd_histogram":0.001{{i}},"vwap":3.44{{i}},"ema9":3.45{{i}},"ema21":3.43{{i}},"sma50":3.4{{i}},"bb_upper":3.6{{i}},"bb_middle":3.45{{i}},"bb_lower":3.3{{i}},"volume":123456.7{{i}},"bot_name":"alpha"}""");
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3.45{{i}},"quantity":10.1{{i}},"bot_name":"alpha","mode":"paper","stop_loss":3.1{{i}},"take_profit":4.1{{i}}}""");
        }

        await using var agent = await McpConnection.OpenAsync(server);
        var texts = new JsonObject { ["tools/list"] = JsonSerializer.Serialize((await agent.Client.ListToolsAsync()).Select(static tool => tool.ProtocolTool), ModelContextProtocol.McpJsonUtilities.DefaultOptions) };
        foreach (var tool in ToolBook.Standard.Where(static tool => tool.Kind == ToolKind.Read))
        {
            var arguments = tool.Name switch { "explain_trade" => """{"trade_id":1}""", "list_signals" or "list_trades" or "list_events" => """{"limit":100}""", _ => "{}" };
            texts[tool.Name] = (await agent.CallAsync(tool.Name, arguments)).ToJsonString(Relaxed);
        }

        var (code, output, error) = await NodeTools.BunAsync("mcp/count-tokens.mjs", [], texts.ToJsonString());
        Assert.True(code == 0, error);
        var counts = JsonNode.Parse(output)!.AsObject().ToDictionary(static count => count.Key, static count => (int)count.Value!);
        Assert.InRange(counts["tools/list"], 3000, 5999);
        Assert.All(counts, static count => Assert.InRange(count.Value, 10, count.Key == "tools/list" ? 5999 : 8000));
        Assert.True(counts["list_signals"] > 5000, $"a long page of signals takes {counts["list_signals"]} tokens");
    }

    private static JsonSerializerOptions Relaxed { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A good call of each tool, in an order in which each can be carried out.</summary>
    private static async Task<JsonObject> CallsAsync(TestServer server)
    {
        await server.PostAsync("/api/signals", """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":7,"price":3.4}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha"}""");
        return JsonNode.Parse("""
            {"get_overview":{},"list_signals":{"limit":2},"list_trades":{"status":"open"},"get_performance":{"split_by":"pair"},"explain_trade":{"trade_id":1},"get_market_context":{"trading_pair":"BTC/USDT"},
            "get_correlations":{},"get_costs":{},"get_agent_performance":{},"get_signal_scorecard":{"by":"type"},"list_events":{"limit":3},"may_i_trade":{"bot_name":"alpha"},
            "record_signal":{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":7,"price":3.4},
            "record_analysis":{"trading_pair":"BTC/USDT","timeframe":"4h","recommendation":"BUY"},
            "record_decision":{"agent_name":"risk","agent_role":"risk_manager","decision_type":"risk_check","decision":"approve"},
            "open_trade":{"trading_pair":"BTC/USDT","side":"BUY","entry_price":3,"quantity":1,"idempotency_key":"k1"},
            "add_fill":{"trade_id":1,"kind":"exit","price":3,"quantity":1},"close_trade":{"trade_id":1,"exit_price":4},
            "record_market_context":{"btc_price":64000},"record_cost":{"api_name":"openai","operation_type":"chart","estimated_cost":0.01},
            "record_spike":{"trading_pair":"BTC/USDT","spike_type":"price","direction":"pump","magnitude_percent":3.2,"timeframe_minutes":5,"price_from":62250.5,"price_to":64242.5},
            "record_news":{"article_url":"https://news.example/a","article_title":"A","sentiment":"bullish"},
            "report_status":{"bot_name":"alpha","status":"running"},"control_bot":{"bot_name":"alpha","state":"paused"},
            "trigger_circuit_breaker":{"reason":"a test"},"clear_circuit_breaker":{"reason":"the test is over"}}
            """)!.AsObject();
    }
}
