using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using Pilothouse.Tests.Fixtures;
using ToolBook = Pilothouse.Mcp.ToolBook;
using ToolKind = Pilothouse.Mcp.ToolKind;

namespace Pilothouse.Tests.Mcp;

/// <summary>The command <c>pilothouse mcp</c>: the protocol over standard input and output.</summary>
public sealed class McpBridgeTests
{
    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task A_client_that_only_starts_programs_reads_and_writes(string version)
    {
        await using var server = await TestServer.StartAsync();
        await using var client = await McpClient.CreateAsync(
            new StdioClientTransport(new()
            {
                Command = ServerProcess.Words[0],
                Arguments = [.. ServerProcess.Words[1..], "mcp", "--server", server.Anonymous.BaseAddress!.ToString()],
                EnvironmentVariables = new Dictionary<string, string?> { ["PILOTHOUSE_API_KEY"] = await server.CreateKeyAsync("agent", "read", "write") },
            }),
            new() { ProtocolVersion = version });
        Assert.Equal(version, client.NegotiatedProtocolVersion);
        Assert.Equal(ToolBook.Standard.Count(static tool => tool.Kind != ToolKind.Control), (await client.ListToolsAsync()).Count);
        var stored = await client.CallToolAsync("record_signal", new Dictionary<string, object?> { ["trading_pair"] = "SUI/USDC", ["signal_type"] = "BUY", ["signal_strength"] = 7, ["price"] = 3.4, ["strategy"] = "ü – \"x\"" });
        Assert.NotEqual(true, stored.IsError);
        var read = await client.CallToolAsync("list_signals");
        Assert.Equal("ü – \"x\"", read.StructuredContent!.Value.GetProperty("data")[0].GetProperty("strategy").GetString());
        Assert.Equal("agent", (string)(await server.GetAsync("/api/keys"))["data"]!.AsArray().Single(static key => (string)key!["name"]! == "agent")!["name"]!);
    }

    [Fact]
    public async Task Without_a_server_each_request_is_told_how_to_start_one()
    {
        var input = """
            {"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
            no message

            """;
        var (code, output, error) = await Tool.RunAsync(ServerProcess.Words[0], [.. ServerProcess.Words[1..], "mcp", "--server", $"http://127.0.0.1:{ServerProcess.FreePort()}"], input);
        Assert.Equal(0, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!.AsObject()).ToList();
        Assert.Equal("a", (string)lines[0]["id"]!);
        Assert.Contains("./start_mcp_server.sh start", (string)lines[0]["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(-32700, (int)lines[1]["error"]!["code"]!);
        Assert.Contains("./start_mcp_server.sh start", error, StringComparison.Ordinal);
    }

    /// <summary>As the configuration of Claude Desktop in docs/mcp.md has it.</summary>
    [Fact]
    public void The_bridge_needs_no_option_and_takes_no_key_that_cannot_be_one()
    {
        Assert.Empty(Pilothouse.Cli.McpCommand.Create().Parse([]).Errors);
        Assert.Contains("Copy the key again", Assert.Single(Pilothouse.Cli.McpCommand.Create().Parse(["--api-key", "ph_ä"]).Errors).Message, StringComparison.Ordinal);
        Assert.Contains("must be an address", Assert.Single(Pilothouse.Cli.McpCommand.Create().Parse(["--server", "localhost"]).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_the_server_comes_as_an_error_with_its_words()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        var (_, output, _) = await Tool.RunAsync(
            ServerProcess.Words[0], [.. ServerProcess.Words[1..], "mcp", "--server", server.Anonymous.BaseAddress!.ToString()], """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""" + "\n");
        Assert.Contains("authentication-required", (string)JsonNode.Parse(output)!["error"]!["message"]!, StringComparison.Ordinal);
    }

    /// <summary>A client that gets no answer waits for ever, and one bad line must not end the bridge for all that follow.</summary>
    [Fact]
    public async Task Whatever_comes_from_either_side_each_request_is_answered()
    {
        var (lines, _) = await BridgeAsync(
            static _ => new(HttpStatusCode.BadGateway) { Content = new StringContent("<html>Bad Gateway</html>", Encoding.UTF8, "text/html") },
            """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""",
            """{"jsonrpc":"2.0","id":2,"method":7,"params":[1]}""",
            """{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"_meta":"x","name":{"a":1}}}""",
            """{"jsonrpc":"2.0","id":4,"id":5,"method":"tools/list"}""",
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":"x"}""",
            """{"jsonrpc":"2.0","id":6,"method":"a\nb"}""");
        Assert.Equal(["1", "2", "3", "6", "null"], lines.Select(static line => line["id"]?.ToJsonString() ?? "null").Order(StringComparer.Ordinal));
        Assert.All(lines.Where(static line => line["id"] is not null), static line => Assert.Contains("HTTP 502", (string)line["error"]!["message"]!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json")]
    public async Task An_answer_that_breaks_off_is_told_and_the_next_request_goes_on(string type)
    {
        var calls = 0;
        var (lines, asked) = await BridgeAsync(
            _ => new(HttpStatusCode.OK)
            {
                Content = Interlocked.Increment(ref calls) == 1 ? new StreamContent(new BrokenStream()) { Headers = { ContentType = new(type) } }
                    : new StringContent("""{"jsonrpc":"2.0","id":2,"result":{}}""", Encoding.UTF8, "application/json"),
            },
            """{"jsonrpc":"2.0","id":1,"method":"initialize"}""",
            """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""");
        Assert.Contains("not known whether the call was carried out", (string)lines[0]["error"]!["message"]!, StringComparison.Ordinal);
        Assert.NotNull(lines[1]["result"]);
        Assert.All(asked, static uri => Assert.Equal("http://127.0.0.1/pilot/mcp", uri.AbsoluteUri));
    }

    [Fact]
    public void The_client_of_a_server_keeps_its_path_and_asks_no_proxy_on_this_machine()
    {
        using var http = Pilothouse.Replay.ServerOptions.Connect(new("http://127.0.0.1:3000/pilot"), "ph_x", TimeSpan.FromSeconds(1));
        Assert.Equal("http://127.0.0.1:3000/pilot/api/signals", new Uri(http.BaseAddress!, "api/signals").AbsoluteUri);
    }

    private static async Task<(List<JsonObject> Lines, List<Uri> Asked)> BridgeAsync(Func<HttpRequestMessage, HttpResponseMessage> answer, params string[] input)
    {
        using var handler = new Answering(answer);
        using var http = new HttpClient(handler) { BaseAddress = new("http://127.0.0.1/pilot/") };
        using var output = new MemoryStream();
        await new Pilothouse.Cli.McpBridge(http, output, static _ => { }).RunAsync(new StringReader(string.Join('\n', input)), TestContext.Current.CancellationToken);
        return ([.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!.AsObject())], handler.Asked);
    }

    private sealed class Answering(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            return Task.FromResult(answer(request));
        }
    }

    /// <summary>Ends in the middle, as the stream of a server that was killed does.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The response ended prematurely.");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("The response ended prematurely.");
    }
}
