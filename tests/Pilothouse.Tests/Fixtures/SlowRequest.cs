using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// A request of which only the head and the first byte of the body have been sent. The rest is sent when the test decides.
/// </summary>
internal sealed class SlowRequest : IDisposable
{
    private readonly TcpClient socket = new() { NoDelay = true };
    private readonly string rest;

    private SlowRequest(string json) => rest = json[1..];

    /// <summary>Sends the head and the first byte, and waits until the server has checked the credential.</summary>
    public static async Task<SlowRequest> BeginAsync(Uri server, string method, string path, string json, params string[] headers)
    {
        var request = new SlowRequest(json);
        await request.socket.ConnectAsync(server.Host, server.Port);
        var length = Encoding.UTF8.GetByteCount(json).ToString(CultureInfo.InvariantCulture);
        string[] lines =
        [
            $"{method} {path} HTTP/1.1", $"Host: {server.Host}", "Content-Type: application/json", $"Content-Length: {length}", "Expect: 100-continue",
            "Connection: close", .. headers,
        ];
        await request.WriteAsync(string.Join("\r\n", lines) + "\r\n\r\n");

        // The server sends 100 Continue when it begins to read the body, which is after it has checked the credential.
        var answer = new byte[25];
        await request.socket.GetStream().ReadExactlyAsync(answer);
        Assert.StartsWith("HTTP/1.1 100 Continue", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
        await request.WriteAsync(json[..1]);
        return request;
    }

    /// <summary>Sends the rest of the body.</summary>
    /// <returns>The status and the body of the answer.</returns>
    public async Task<(int Status, JsonObject Body)> EndAsync()
    {
        await WriteAsync(rest);
        using var reader = new StreamReader(socket.GetStream(), Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), JsonNode.Parse(body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)])!.AsObject());
    }

    public void Dispose() => socket.Dispose();

    private async Task WriteAsync(string text) => await socket.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));
}
