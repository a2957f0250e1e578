using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Pilothouse.Tests.Fixtures;

/// <summary>An agent that speaks the Model Context Protocol to a test server, by the official C# client.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    private readonly HttpClient http;

    private McpConnection(HttpClient http, McpClient client) => (this.http, Client) = (http, client);

    public McpClient Client { get; }

    /// <summary>Connects with an API key or a session's token; null for neither.</summary>
    /// <param name="server">The server.</param>
    /// <param name="credential">The credential, or null.</param>
    /// <param name="version">The version of the protocol; null for the newest that both speak.</param>
    public static async Task<McpConnection> OpenAsync(TestServer server, string? credential, string? version = null)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        if (credential is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", credential);
        }

        var transport = new HttpClientTransport(
            new() { Endpoint = new Uri(server.Anonymous.BaseAddress!, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp }, http, null, ownsHttpClient: false);
        return new(http, await McpClient.CreateAsync(transport, new() { ProtocolVersion = version }));
    }

    /// <summary>Connects with an API key that has every scope.</summary>
    public static async Task<McpConnection> OpenAsync(TestServer server) => await OpenAsync(server, server.Client.DefaultRequestHeaders.Authorization!.Parameter);

    /// <summary>Calls a tool that must succeed.</summary>
    public async Task<JsonObject> CallAsync(string tool, string arguments = "{}")
    {
        var (isError, answer) = await TryAsync(tool, arguments);
        Assert.False(isError, $"{tool} {arguments}: {answer.ToJsonString()}");
        return answer;
    }

    /// <summary>Calls a tool that must be refused.</summary>
    public async Task<JsonObject> RefusedAsync(string tool, string arguments = "{}")
    {
        var (isError, answer) = await TryAsync(tool, arguments);
        Assert.True(isError, $"{tool} {arguments} was not refused: {answer.ToJsonString()}");
        return answer;
    }

    /// <summary>Calls a tool. The structure and the text of the answer must say the same.</summary>
    public async Task<(bool IsError, JsonObject Answer)> TryAsync(string tool, string arguments)
    {
        var sent = JsonNode.Parse(arguments)!.AsObject().ToDictionary(static field => field.Key, static field => (object?)JsonSerializer.SerializeToElement(field.Value));
        var result = await Client.CallToolAsync(tool, sent, cancellationToken: TestContext.Current.CancellationToken);
        var text = Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
        var answer = JsonNode.Parse(text)!.AsObject();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(result.StructuredContent!.Value.GetRawText()), answer));
        return (result.IsError == true, answer);
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        http.Dispose();
    }
}
