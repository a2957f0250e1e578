using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Sends requests byte by byte, as an attacker does: HttpClient would correct or refuse most of them.</summary>
internal static class RawHttp
{
    /// <summary>
    /// Sends bytes on a new connection, and reads until the server closes it or has sent a whole answer and nothing more.
    /// </summary>
    /// <returns>All text that arrived; "" if there was none.</returns>
    public static async Task<string> SendAsync(int port, string bytes, IPAddress? to = null) => (await SendAsync(port, bytes, to, 50)).Text;

    /// <summary>Does the same, and waits some seconds for the server to close the connection.</summary>
    public static Task<(string Text, bool Closed)> SendToEndAsync(int port, string bytes) => SendAsync(port, bytes, null, 5_000);

    private static async Task<(string Text, bool Closed)> SendAsync(int port, string bytes, IPAddress? to, int afterAnswerMs)
    {
        using var socket = new TcpClient((to ?? IPAddress.Loopback).AddressFamily) { NoDelay = true };
        await socket.ConnectAsync(to ?? IPAddress.Loopback, port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        return await ReadAsync(stream, bytes.StartsWith("HEAD ", StringComparison.Ordinal), afterAnswerMs);
    }

    /// <summary>Returns the status of the only answer; 0 if the connection was closed without one. Two answers fail the test.</summary>
    public static async Task<int> StatusAsync(int port, string bytes, IPAddress? to = null)
    {
        var statuses = Statuses(await SendAsync(port, bytes, to));
        Assert.True(statuses.Count <= 1, $"{statuses.Count} answers to one request: {bytes}");
        return statuses.Count == 0 ? 0 : statuses[0];
    }

    /// <summary>Returns the status of each answer in the text.</summary>
    public static List<int> Statuses(string text) =>
        [.. text.Split("HTTP/1.1 ").Skip(1).Select(static answer => int.Parse(answer.AsSpan(0, 3), CultureInfo.InvariantCulture))];

    /// <summary>Reads until the connection ends. After a whole answer it waits a moment for a second one, which would be a fault.</summary>
    private static async Task<(string Text, bool Closed)> ReadAsync(NetworkStream stream, bool headOnly, int afterAnswerMs)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                using var waited = new CancellationTokenSource(TimeSpan.FromMilliseconds(IsWhole(text.ToString(), headOnly) ? afterAnswerMs : 10_000));
                var read = await stream.ReadAsync(buffer, waited.Token);
                if (read == 0)
                {
                    return (text.ToString(), true);
                }

                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            return (text.ToString(), true);
        }
        catch (OperationCanceledException)
        {
            return (text.ToString(), false);
        }
    }

    /// <summary>Whether the text ends at the end of an answer.</summary>
    private static bool IsWhole(string text, bool headOnly)
    {
        var last = Math.Max(0, text.LastIndexOf("HTTP/1.1 ", StringComparison.Ordinal));
        var end = text.IndexOf("\r\n\r\n", last, StringComparison.Ordinal);
        var length = text.IndexOf("Content-Length: ", last, StringComparison.Ordinal);
        return end > 0 && (headOnly || (length > 0 && length < end && text.Length >= end + 4 + int.Parse(text[(length + 16)..text.IndexOf('\r', length)], CultureInfo.InvariantCulture)));
    }
}
