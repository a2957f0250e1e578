using System.Text.Json.Nodes;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;

namespace Pilothouse.Tests.Mcp;

/// <summary>A day of an agent on the data of the sample bot: recorded calls of tools, no model.</summary>
public sealed class McpAgentTests
{
    [Fact]
    public async Task An_agent_reviews_decides_trades_is_stopped_and_explains()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.CreateKeyAsync("replay", "read", "write");
        var settings = new ReplaySettings(server.Client.BaseAddress!, key, [Repository.PathOf("samples", "data")], null, "replay_bot", AsRecorded: false);
        using (var http = settings.Connect())
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
            await new ReplaySession(settings, http, server.Clock, console).RunAsync(CancellationToken.None);
        }

        await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", "read", "write"));
        await using var owner = await McpConnection.OpenAsync(server);

        // The daily review: the same figures as over HTTP.
        var review = ((ModelContextProtocol.Protocol.TextContentBlock)(await agent.Client.GetPromptAsync("daily_review")).Messages[0].Content).Text;
        Assert.Contains("replay_bot", review, StringComparison.Ordinal);
        var overview = await agent.CallAsync("get_overview");
        Assert.Equal("paper", (string)overview["about"]!["mode"]!);
        var daily = (await server.GetAsync("/api/performance?period=daily"))["data"]!;
        Assert.Equal((int)daily["total_trades"]!, (int)overview["last_24_hours"]!["total_trades"]!);
        Assert.Equal((decimal)daily["total_pnl"]!, (decimal)overview["last_24_hours"]!["total_pnl"]!);
        var signal = (await agent.CallAsync("list_signals", """{"limit":1}"""))["data"]![0]!;

        // A decision, a trade, more of it, and its close.
        var may = await agent.CallAsync("may_i_trade", """{"bot_name":"agent_bot"}""");
        Assert.True((bool)may["data"]!["may_trade"]!);
        var pair = (string)signal["trading_pair"]!;
        var opened = await agent.CallAsync("open_trade", new JsonObject
        {
            ["trading_pair"] = pair,
            ["side"] = "BUY",
            ["entry_price"] = 2,
            ["quantity"] = 10,
            ["signal_id"] = (int)signal["id"]!,
            ["bot_name"] = "agent_bot",
            ["mode"] = "paper",
            ["stop_loss"] = 1.8,
            ["idempotency_key"] = "open-1",
        }.ToJsonString());
        var trade = (int)opened["trade_id"]!;
        await agent.CallAsync("record_decision", new JsonObject
        {
            ["agent_name"] = "agent",
            ["agent_role"] = "trader",
            ["decision_type"] = "entry",
            ["decision"] = "buy",
            ["confidence"] = 0.7,
            ["reasoning"] = "Strong signal, small size.",
            ["trade_id"] = trade,
            ["bot_name"] = "agent_bot",
        }.ToJsonString());
        await agent.CallAsync("add_fill", $$"""{"trade_id":{{trade}},"kind":"entry","price":2.2,"quantity":10,"idempotency_key":"fill-1"}""");

        // The owner stops trading: nothing is opened or added, a close passes.
        await owner.CallAsync("trigger_circuit_breaker", """{"reason":"the exchange is down"}""");
        Assert.Equal("breaker-triggered", (string)(await agent.RefusedAsync("open_trade", $$"""{"trading_pair":"{{pair}}","side":"BUY","entry_price":2,"quantity":1,"bot_name":"agent_bot"}"""))["code"]!);
        Assert.Equal("breaker-triggered", (string)(await agent.RefusedAsync("add_fill", $$"""{"trade_id":{{trade}},"kind":"entry","price":2.2,"quantity":1}"""))["code"]!);
        Assert.Equal("scope-needed", (string)(await agent.RefusedAsync("clear_circuit_breaker", """{"reason":"I want to trade"}"""))["code"]!);
        var closed = await agent.CallAsync("close_trade", $$"""{"trade_id":{{trade}},"exit_price":2.4,"exit_reason":"breaker"}""");
        Assert.Equal(6m, (decimal)closed["data"]!["pnl"]!);

        // Why: the signal, the decision, both entries and the exit.
        var why = await agent.CallAsync("explain_trade", $$"""{"trade_id":{{trade}}}""");
        var kinds = why["data"]!["steps"]!.AsArray().Select(static step => (string)step!["kind"]!).ToList();
        Assert.Contains("signal", kinds);
        Assert.Contains("decision", kinds);
        Assert.Equal(3, kinds.Count(static kind => kind is "entry" or "exit"));
        Assert.Equal(kinds.Count, (int)why["about"]!["sample_size"]!);
        var events = await agent.CallAsync("list_events", """{"types":"trade.*","bot_name":"agent_bot","limit":1}""");
        Assert.Equal("trade.closed", (string)events["data"]![0]!["event"]!);
    }
}
