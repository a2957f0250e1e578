using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace Pilothouse.Cli;

/// <summary>
/// Hands messages of the Model Context Protocol, one on each line, to a server, and its answers back. It changes none: what it knows of the
/// protocol are the headers that HTTP needs.
/// </summary>
/// <param name="http">The client, with the server's address and the credential.</param>
/// <param name="output">Where the answers go.</param>
/// <param name="tell">Tells a person a sentence, beside the protocol.</param>
internal sealed class McpBridge(HttpClient http, Stream output, Action<string> tell)
{
    /// <summary>The code of an error of JSON-RPC that is the server's own.</summary>
    private const int ServerError = -32000;

    private const int ParseError = -32700;

    /// <summary>A name that stands twice would be found only where it is looked for.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly Lock writing = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new();
    private string? version;
    private bool told;

    /// <summary>Runs until the input ends.</summary>
    public async Task RunAsync(TextReader input, CancellationToken cancel)
    {
        var tasks = new List<Task>();
        while (await input.ReadLineAsync(cancel) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                tasks.RemoveAll(static task => task.IsCompleted);
                tasks.Add(await BeginAsync(line, cancel));
            }
        }

        foreach (var one in running.Values)
        {
            // Whoever listens would do so for ever.
            one.CancelAfter(TimeSpan.FromSeconds(5));
        }

        await Task.WhenAll(tasks);
    }

    /// <summary>Begins with a message. A handshake is finished before the next message is read, because that needs the version.</summary>
    private async Task<Task> BeginAsync(string line, CancellationToken cancel)
    {
        JsonObject message;
        try
        {
            message = JsonNode.Parse(line, null, Strict) as JsonObject ?? throw new JsonException("The message is not an object.");
        }
        catch (JsonException error)
        {
            Fail(null, ParseError, $"The line is no message of JSON-RPC: {error.Message}");
            return Task.CompletedTask;
        }

        var method = TextOf(message["method"]);
        if (method == "notifications/cancelled" && (message["params"] as JsonObject)?["requestId"] is { } cancelled
            && running.TryGetValue(cancelled.ToJsonString(), out var one))
        {
            // Over HTTP a call is given up by closing its request.
            await one.CancelAsync();
            return Task.CompletedTask;
        }

        var task = SendAsync(line, message, cancel);
        if (method == "initialize")
        {
            await task;
        }

        return task;
    }

    private async Task SendAsync(string line, JsonObject message, CancellationToken cancel)
    {
        var id = message["id"]?.ToJsonString();
        using var own = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (id is not null)
        {
            running[id] = own;
        }

        try
        {
            using var request = RequestOf(line, message);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, own.Token);
            await PassOnAsync(response, id, own.Token);
        }
        catch (HttpRequestException error) when (error.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            Fail(id, ServerError, $"No server answers at {http.BaseAddress}. Start it on its machine with ./start_mcp_server.sh start, or give its address by --server.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            Fail(id, ServerError, $"The answer of {http.BaseAddress} did not come to its end ({error.Message}), so it is not known whether the call was carried out. With the same idempotency_key it can be sent again.");
        }
        catch (OperationCanceledException)
        {
            // The client has given up the call, or the program ends.
        }
        finally
        {
            if (id is not null)
            {
                running.TryRemove(id, out _);
            }
        }
    }

    private HttpRequestMessage RequestOf(string line, JsonObject message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "mcp") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(line)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        var parameters = message["params"] as JsonObject;
        Add("MCP-Protocol-Version", TextOf((parameters?["_meta"] as JsonObject)?["io.modelcontextprotocol/protocolVersion"]) ?? version);
        Add("Mcp-Method", TextOf(message["method"]));
        Add("Mcp-Name", TextOf(parameters?["name"]) ?? TextOf(parameters?["uri"]));
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, McpHeaderEncoder.EncodeValue(value));
            }
        }
    }

    /// <summary>Returns a text; null for anything else.</summary>
    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private async Task PassOnAsync(HttpResponseMessage response, string? id, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
        {
            await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancel)).EnumerateAsync(cancel))
            {
                PassOn(item.Data);
            }

            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancel);
        if (text.Length == 0)
        {
            return;
        }

        if (Read(text) is not { } answer)
        {
            Fail(id, ServerError, $"What answers at {http.BaseAddress} is not Pilothouse, or something before it (HTTP {(int)response.StatusCode}). Look at the address that --server gives.");
        }
        else if (answer.ContainsKey("jsonrpc"))
        {
            PassOn(answer.ToJsonString());
        }
        else
        {
            Fail(id, ServerError, $"{TextOf(answer["error"]) ?? $"HTTP {(int)response.StatusCode}"}: {TextOf(answer["message"])} ({TextOf(answer["code"])})");
        }
    }

    /// <summary>Returns the object that a text is; null if it is none.</summary>
    private static JsonObject? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void PassOn(string message)
    {
        // Only the answer to a handshake has a version.
        if (version is null && message.Contains("\"protocolVersion\"", StringComparison.Ordinal))
        {
            version = TextOf((Read(message)?["result"] as JsonObject)?["protocolVersion"]);
        }

        lock (writing)
        {
            output.Write(Encoding.UTF8.GetBytes(message.ReplaceLineEndings(" ") + "\n"));
            output.Flush();
        }
    }

    /// <summary>Answers a request with an error. What has no id gets no answer; a person is told once.</summary>
    private void Fail(string? id, int code, string message)
    {
        if (!told)
        {
            told = true;
            tell(message);
        }

        if (id is not null || code == ParseError)
        {
            PassOn(new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = id is null ? null : JsonNode.Parse(id),
                ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
            }.ToJsonString());
        }
    }
}
