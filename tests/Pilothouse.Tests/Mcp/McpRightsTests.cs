using System.Text;
using ModelContextProtocol;
using Pilothouse.Mcp;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Mcp;

/// <summary>Who may do what through the Model Context Protocol, and from where.</summary>
public sealed class McpRightsTests
{
    private const string List = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_signals","arguments":{}}}""";

    private static readonly (string, string) Accept = ("Accept", "application/json, text/event-stream");

    [Fact]
    public async Task A_caller_sees_the_tools_of_its_scopes_and_no_others()
    {
        await using var server = await TestServer.StartAsync();
        var cases = new (string[] Scopes, ToolKind[] Kinds)[]
        {
            (["read"], [ToolKind.Read]), (["write"], [ToolKind.Read, ToolKind.Write]), (["control"], [ToolKind.Read, ToolKind.Control]),
            (["read", "write", "control"], [ToolKind.Read, ToolKind.Write, ToolKind.Control]),
        };
        foreach (var (scopes, kinds) in cases)
        {
            await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", scopes));
            Assert.Equal(NamesOf(kinds), (await agent.Client.ListToolsAsync()).Select(static tool => tool.Name));
        }

        await using var nobody = await McpConnection.OpenAsync(server, null);
        Assert.Equal(NamesOf(ToolKind.Read), (await nobody.Client.ListToolsAsync()).Select(static tool => tool.Name));
        Assert.Equal("authentication-required", (string)(await nobody.RefusedAsync("record_signal"))["code"]!);
        await using var reader = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("reader", "read"));
        Assert.Equal("scope-needed", (string)(await reader.RefusedAsync("open_trade"))["code"]!);
        await using var person = await McpConnection.OpenAsync(server, await server.LoginAsync());
        Assert.Equal(ToolBook.Standard.Count, (await person.Client.ListToolsAsync()).Count);
    }

    [Fact]
    public async Task Where_reads_need_a_credential_so_does_the_protocol()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        using var refused = await server.Anonymous.RawAsync("POST", "/mcp", Encoding.UTF8.GetBytes(List), Accept);
        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Contains("resource_metadata=\"http://", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);

        await using var writer = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("writer", "write"));
        Assert.Equal(NamesOf(ToolKind.Write), (await writer.Client.ListToolsAsync()).Select(static tool => tool.Name));
        Assert.Equal("scope-needed", (string)(await writer.RefusedAsync("list_signals"))["code"]!);
        await using var reader = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("reader", "read"));
        await reader.CallAsync("list_signals");
    }

    [Fact]
    public async Task Read_only_means_that_no_tool_writes_or_controls_whatever_the_credential()
    {
        await using var server = await TestServer.StartAsync(("MCP_READ_ONLY", "true"));
        await using var agent = await McpConnection.OpenAsync(server);
        Assert.Equal(NamesOf(ToolKind.Read), (await agent.Client.ListToolsAsync()).Select(static tool => tool.Name));
        var error = await Assert.ThrowsAsync<McpProtocolException>(async () => await agent.TryAsync("record_signal", "{}"));
        Assert.Contains("MCP_READ_ONLY", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_protocol_can_be_turned_off()
    {
        await using var server = await TestServer.StartAsync(("MCP_ENABLED", "false"));
        Assert.Equal(404, (await server.Anonymous.SendAsync("POST", "/mcp", List, Accept)).Status);
        Assert.Equal(404, (await server.Anonymous.SendAsync("GET", "/.well-known/oauth-protected-resource")).Status);
    }

    [Theory]
    [InlineData("Host", "evil.example", "host-not-allowed")]
    [InlineData("Origin", "http://evil.example", "origin-not-allowed")]
    [InlineData("Origin", "null", "origin-not-allowed")]
    [InlineData("Sec-Fetch-Site", "cross-site", "origin-not-allowed")]
    public async Task A_foreign_host_or_page_is_refused(string name, string value, string code)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/mcp", List, Accept, (name, value));
        Assert.Equal((403, code), (status, (string)body["code"]!));
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_and_our_own_may_call()
    {
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", "http://localhost:5000"));
        foreach (var origin in new[] { "http://localhost:5000", server.Anonymous.BaseAddress!.GetLeftPart(UriPartial.Authority) })
        {
            using var answer = await server.Anonymous.RawAsync("POST", "/mcp", Encoding.UTF8.GetBytes(List), Accept, ("Origin", origin));
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_cookie_gives_no_right()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        using var login = await server.Anonymous.RawAsync("POST", "/api/auth/login", Encoding.UTF8.GetBytes($$"""{"pin":"{{TestServer.Pin}}"}"""));
        var cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/api/signals", null, ("Cookie", cookie))).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/mcp", List, Accept, ("Cookie", cookie))).Status);
    }

    [Fact]
    public async Task A_revoked_key_reads_nothing_more()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", "read"));
        await agent.CallAsync("list_signals");
        var id = (int)(await server.GetAsync("/api/keys"))["data"]!.AsArray().Single(static key => (string)key!["name"]! == "agent")!["id"]!;
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"/api/keys/{id}")).Status);
        await Assert.ThrowsAnyAsync<Exception>(async () => await agent.CallAsync("list_signals"));
    }

    [Theory]
    [InlineData("record_signal", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""")]
    [InlineData("list_signals", "{}")]
    public async Task A_key_that_is_revoked_while_its_message_arrives_does_nothing(string tool, string arguments)
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        var made = await server.PostAsync("/api/keys", """{"name":"slow","scopes":["read","write"]}""");
        var message = Call.Replace("list_signals", tool, StringComparison.Ordinal).Replace("{}", arguments, StringComparison.Ordinal);
        using var slow = await SlowRequest.BeginAsync(server.Client.BaseAddress!, "POST", "/mcp", message, $"Authorization: Bearer {made["key"]}", "Accept: application/json, text/event-stream");
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"/api/keys/{made["key_id"]}")).Status);
        var (status, answer) = await slow.EndAsync();
        Assert.Equal(200, status);
        Assert.Equal("authentication-required", (string)answer["result"]!["structuredContent"]!["code"]!);
        Assert.Equal(0, (int)(await server.GetAsync("/api/signals"))["count"]!);
    }

    [Fact]
    public async Task The_document_of_the_protected_resource_says_how_a_credential_is_sent()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        foreach (var path in new[] { "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp" })
        {
            var (status, body) = await server.Anonymous.SendAsync("GET", path);
            Assert.Equal(200, status);
            Assert.Equal(new Uri(server.Anonymous.BaseAddress!, "/mcp").ToString(), (string)body["resource"]!);
            Assert.Equal("header", (string)Assert.Single(body["bearer_methods_supported"]!.AsArray())!);
        }
    }

    [Fact]
    public async Task An_answer_is_not_buffered_and_other_methods_are_405()
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Anonymous.RawAsync("POST", "/mcp", Encoding.UTF8.GetBytes(Call), Accept);
        Assert.Equal("no", answer.Headers.GetValues("X-Accel-Buffering").Single());
        foreach (var method in new[] { "GET", "DELETE", "PATCH" })
        {
            Assert.Equal(405, (await server.Anonymous.SendAsync(method, "/mcp", null, Accept)).Status);
        }
    }

    [Fact]
    public async Task A_request_that_is_no_message_is_refused_in_words()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(406, (await server.Anonymous.SendAsync("POST", "/mcp", List, ("Accept", "application/json"))).Status);
        Assert.Equal(400, (await server.Anonymous.SendAsync("POST", "/mcp", "{", Accept)).Status);
        using var text = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(List, Encoding.UTF8, "text/plain") };
        using var unsupported = await server.Anonymous.SendAsync(text);
        Assert.Equal(415, (int)unsupported.StatusCode);
        var large = Call.Replace("{}", $"{{\"trading_pair\":\"{new string('x', 1_100_000)}\"}}", StringComparison.Ordinal);
        using var tooLarge = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = new StringContent(large, Encoding.UTF8, "application/json") };
        tooLarge.Headers.Add("Accept", Accept.Item2);

        // The server refuses it by its length alone, and a client that has begun to send it would not always read that.
        tooLarge.Headers.ExpectContinue = true;
        using var refused = await server.Anonymous.SendAsync(tooLarge);
        Assert.Equal(413, (int)refused.StatusCode);
    }

    [Fact]
    public async Task Calls_are_counted_in_the_limits_of_their_operations_at_both_doors_together()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_KEY_PER_MINUTE", "5"));
        await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", "read"), "2025-11-25");
        var key = server.ClientWithKey(await server.CreateKeyAsync("other", "read"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await key.SendAsync("GET", "/api/signals")).Status);
        }

        await using var other = await McpConnection.OpenAsync(server, key.DefaultRequestHeaders.Authorization!.Parameter, "2025-11-25");
        var refused = await other.RefusedAsync("list_signals");
        Assert.Equal("rate-limited", (string)refused["code"]!);
        Assert.True((bool)refused["retry_is_safe"]!);
        Assert.InRange((int)refused["retry_after_seconds"]!, 1, 60);
        await agent.CallAsync("list_signals");
    }

    private static IEnumerable<string> NamesOf(params ToolKind[] kinds) =>
        ToolBook.Standard.Where(tool => kinds.Contains(tool.Kind)).Select(static tool => tool.Name);
}
