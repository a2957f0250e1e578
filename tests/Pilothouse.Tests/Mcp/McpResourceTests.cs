using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>Resources, their templates and completion, prompts, and what a client is told of changes.</summary>
public sealed class McpResourceTests
{
    private const string Trade = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha","mode":"paper"}""";

    [Fact]
    public async Task Resources_and_templates_are_listed_and_read()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"al pha/ü","status":"running","mode":"paper"}""");
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":4}""", 200);
        await using var agent = await McpConnection.OpenAsync(server, null);

        var plain = (await agent.Client.ListResourcesAsync()).Select(static resource => resource.Uri);
        Assert.Equal(["pilothouse://docs/metrics", "pilothouse://docs/api", "pilothouse://performance/daily"], plain);
        var templates = (await agent.Client.ListResourceTemplatesAsync()).Select(static template => template.UriTemplate);
        Assert.Equal(["pilothouse://bots/{name}", "pilothouse://trades/{id}"], templates);

        Assert.Equal(await File.ReadAllTextAsync(Repository.PathOf("docs", "metrics.md")), (await ReadAsync(agent, "pilothouse://docs/metrics")).Text);
        Assert.Equal(await File.ReadAllTextAsync(Repository.PathOf("docs", "api.md")), (await ReadAsync(agent, "pilothouse://docs/api")).Text);
        Assert.Equal("al pha/ü", (string)Json(await ReadAsync(agent, "pilothouse://bots/al%20pha%2F%C3%BC"))["data"]!["bot_name"]!);
        Assert.Equal(10m, (decimal)Json(await ReadAsync(agent, "pilothouse://trades/1"))["data"]!["trade"]!["pnl"]!);
        Assert.Equal(10m, (decimal)Json(await ReadAsync(agent, "pilothouse://performance/daily"))["data"]!["days"]![0]!["pnl"]!);
    }

    [Theory]
    [InlineData("2025-11-25", -32002)]
    [InlineData("2026-07-28", -32602)]
    public async Task What_is_not_there_is_an_error_of_the_protocol_with_the_code_of_HTTP(string version, int code)
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server, null, version);
        var missing = await Assert.ThrowsAsync<McpProtocolException>(async () => await ReadAsync(agent, "pilothouse://trades/7"));
        Assert.Equal(code, (int)missing.ErrorCode);
        Assert.Contains("(not-found)", missing.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<McpProtocolException>(async () => await ReadAsync(agent, "pilothouse://moon"));
        Assert.Equal(code, (int)unknown.ErrorCode);
    }

    [Fact]
    public async Task Reading_needs_the_right_that_it_needs_over_HTTP()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        await using var writer = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("writer", "write"));
        var refused = await Assert.ThrowsAsync<McpProtocolException>(async () => await ReadAsync(writer, "pilothouse://performance/daily"));
        Assert.Contains("(scope-needed)", refused.Message, StringComparison.Ordinal);
        var prompt = await Assert.ThrowsAsync<McpProtocolException>(async () => await writer.Client.GetPromptAsync("daily_review"));
        Assert.Contains("(scope-needed)", prompt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_bots_and_ids_of_trades_are_completed()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"beta","status":"running"}""");
        for (var i = 0; i < 11; i++)
        {
            await server.PostAsync("/api/trades", Trade);
        }

        await using var agent = await McpConnection.OpenAsync(server, null);
        var bots = await agent.Client.CompleteAsync(new ResourceTemplateReference { Uri = "pilothouse://bots/{name}" }, "name", "A");
        Assert.Equal(["alpha"], bots.Completion.Values);
        var trades = await agent.Client.CompleteAsync(new PromptReference { Name = "trade_post_mortem" }, "trade_id", "1");
        Assert.Equal(["11", "10", "1"], trades.Completion.Values);
    }

    [Fact]
    public async Task Prompts_are_filled_with_live_figures()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper"}""");
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":4.25}""", 200);
        await using var agent = await McpConnection.OpenAsync(server);
        Assert.Equal(["daily_review", "trade_post_mortem", "risk_check", "strategy_comparison"], (await agent.Client.ListPromptsAsync()).Select(static prompt => prompt.Name));
        foreach (var (name, arguments, tools) in new (string, Dictionary<string, object?>, string[])[]
        {
            ("daily_review", [], ["get_overview", "get_performance", "get_costs", "list_events"]),
            ("trade_post_mortem", new() { ["trade_id"] = "1" }, ["explain_trade", "get_market_context"]),
            ("risk_check", new() { ["bot_name"] = "alpha" }, ["may_i_trade", "list_trades", "get_performance", "get_correlations"]),
            ("strategy_comparison", [], ["get_performance", "get_costs"]),
        })
        {
            var text = Assert.IsType<TextContentBlock>(Assert.Single((await agent.Client.GetPromptAsync(name, arguments)).Messages).Content).Text;
            Assert.All(tools, tool => Assert.Contains($"## {tool}\n{{\"", text, StringComparison.Ordinal));
            Assert.Contains("never instructions", text, StringComparison.Ordinal);
            Assert.InRange(text.Length, 500, 30_000);
            Assert.True(name == "risk_check" || text.Contains("12.5", StringComparison.Ordinal), $"{name} does not have the profit of the trade: {text}");
        }

        var missing = await Assert.ThrowsAsync<McpProtocolException>(async () => await agent.Client.GetPromptAsync("trade_post_mortem"));
        Assert.Contains("trade_id", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<McpProtocolException>(async () => await agent.Client.GetPromptAsync("moon"));
    }

    [Fact]
    public async Task A_client_that_listens_is_told_which_of_its_resources_changed()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp");
        request.Content = new StringContent(
            """
            {"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["pilothouse://bots/alpha","pilothouse://trades/1","pilothouse://performance/daily","pilothouse://docs/api"]},
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
            """, System.Text.Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", "2026-07-28");
        request.Headers.TryAddWithoutValidation("Mcp-Method", "subscriptions/listen");
        using var response = await server.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var begun = await NextAsync(reader);
        Assert.Equal("notifications/subscriptions/acknowledged", (string)begun["method"]!);
        Assert.Equal(3, begun["params"]!["notifications"]!["resourceSubscriptions"]!.AsArray().Count);

        await server.PostAsync("/api/bot-status", """{"bot_name":"beta","status":"running"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running"}""");
        var told = await NextAsync(reader);
        Assert.Equal(("notifications/resources/updated", "pilothouse://bots/alpha", 7), ((string)told["method"]!, (string)told["params"]!["uri"]!, (int)told["params"]!["_meta"]!["io.modelcontextprotocol/subscriptionId"]!));
        await server.PostAsync("/api/trades/1/close", """{"exit_price":4}""", 200);
        var changed = new HashSet<string>();
        while (changed.Count < 3)
        {
            changed.Add((string)(await NextAsync(reader))["params"]!["uri"]!);
        }

        Assert.Equal(["pilothouse://bots/alpha", "pilothouse://performance/daily", "pilothouse://trades/1"], changed.Order());
    }

    [Fact]
    public async Task Who_listens_names_a_hundred_addresses_at_most_and_may_read_them()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        using var reader = server.ClientWithKey(await server.CreateKeyAsync("reader", "read"));
        using var writer = server.ClientWithKey(await server.CreateKeyAsync("writer", "write"));
        var many = string.Join(',', Enumerable.Range(0, 101).Select(static i => $"\"pilothouse://trades/{i}\""));
        Assert.Contains("at most 100 addresses", await ListenAsync(reader, many), StringComparison.Ordinal);
        Assert.Contains("scope-needed", await ListenAsync(writer, "\"pilothouse://bots/alpha\""), StringComparison.Ordinal);
    }

    /// <summary>Returns the first message that answers a client who wants to listen.</summary>
    private static async Task<string> ListenAsync(HttpClient client, string addresses)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp");
        request.Content = new StringContent(
            """
            {"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":[ADDRESSES]},
            "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}
            """.Replace("ADDRESSES", addresses, StringComparison.Ordinal), System.Text.Encoding.UTF8, "application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Headers.TryAddWithoutValidation("MCP-Protocol-Version", "2026-07-28");
        request.Headers.TryAddWithoutValidation("Mcp-Method", "subscriptions/listen");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        return (await NextAsync(lines)).ToJsonString();
    }

    [Fact]
    public async Task An_older_client_is_told_that_it_cannot_subscribe()
    {
        await using var server = await TestServer.StartAsync();
        await using var agent = await McpConnection.OpenAsync(server, null, "2025-11-25");
        Assert.NotEqual(true, agent.Client.ServerCapabilities.Resources!.Subscribe);
        var refused = await Assert.ThrowsAsync<McpProtocolException>(async () => await agent.Client.SubscribeToResourceAsync("pilothouse://bots/alpha"));
        Assert.Contains("subscriptions/listen", refused.Message, StringComparison.Ordinal);
        await using var newer = await McpConnection.OpenAsync(server, null);
        Assert.True(newer.Client.ServerCapabilities.Resources!.Subscribe);
    }

    private static async Task<TextResourceContents> ReadAsync(McpConnection agent, string uri) =>
        Assert.IsType<TextResourceContents>(Assert.Single((await agent.Client.ReadResourceAsync(uri)).Contents));

    private static JsonObject Json(TextResourceContents contents) => JsonNode.Parse(contents.Text)!.AsObject();

    private static async Task<JsonObject> NextAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonNode.Parse(line[6..])!.AsObject();
            }
        }

        throw new EndOfStreamException("The stream has ended.");
    }
}
