using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>How the server stops on SIGTERM while clients send requests.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task SIGTERM_answers_what_was_sent_and_ends_in_time_though_slow_and_idle_clients_hold_connections()
    {
        using var folder = new TemporaryFolder();
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "stop"])).Out.Trim();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        var load = new Load(server.Port, key);
        var clients = Enumerable.Range(0, 8).Select(load.RunAsync).ToArray();
        using var idle = await ConnectAsync(server.Port, "");
        using var between = await ConnectAsync(server.Port, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        using var head = await ConnectAsync(server.Port, "GET /health HTTP/1.1\r\nHost: local");
        using var body = await ConnectAsync(server.Port, $"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{");
        await Task.Delay(700);
        var (code, took) = await server.TerminateAsync();
        await Task.WhenAll(clients);

        Assert.Equal(0, code);
        Assert.True(took < TimeSpan.FromSeconds(10), $"took {took}");
        Assert.True(load.Answered.Count > 50, $"only {load.Answered.Count} writes");
        Assert.Empty(load.Broken);
        var stored = (await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT strategy FROM signals;")).Split('\n').ToHashSet();
        Assert.Empty(load.Answered.Except(stored));

        // A request that was on the wire in the very instant of the end may find nobody; then it must not have been carried out.
        Assert.Empty(load.Unanswered.Intersect(stored));
        Assert.Equal(load.Answered.Count, stored.Count);
        Assert.Empty(load.Unanswered);
        var log = await File.ReadAllLinesAsync(folder.File("logs/mcp_server.log"));
        Assert.Contains($"\"message\":\"Stopped; process {server.Id} took ", log[^1], StringComparison.Ordinal);
        Assert.All(log, static line => Assert.Contains("\"level\":\"INFO\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SIGTERM_without_anybody_connected_ends_at_once_and_says_so()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var (code, took) = await server.TerminateAsync();
        Assert.Equal(0, code);
        Assert.True(took < TimeSpan.FromSeconds(4), $"took {took}");
        var log = await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"));
        Assert.Contains("Stopping: accepted requests are answered", log, StringComparison.Ordinal);
        Assert.Contains("Stopped; process", log, StringComparison.Ordinal);
    }

    private static async Task<TcpClient> ConnectAsync(int port, string bytes)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(bytes));
        return client;
    }

    /// <summary>Clients that write as fast as they are answered, on connections that they keep as long as the server does.</summary>
    private sealed class Load(int port, string key)
    {
        public ConcurrentBag<string> Answered { get; } = [];

        /// <summary>The request was sent completely, and the connection ended without a byte of an answer.</summary>
        public ConcurrentBag<string> Unanswered { get; } = [];

        /// <summary>The answer was incomplete or not the expected one.</summary>
        public ConcurrentBag<string> Broken { get; } = [];

        public async Task RunAsync(int client)
        {
            for (var i = 0; ;)
            {
                using var socket = new TcpClient { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port);
                }
                catch (SocketException)
                {
                    return;
                }

                for (var open = true; open; i++)
                {
                    open = await WriteOneAsync(socket.GetStream(), string.Create(CultureInfo.InvariantCulture, $"c{client}n{i}"));
                }
            }
        }

        /// <returns>Whether the connection stays.</returns>
        private async Task<bool> WriteOneAsync(NetworkStream stream, string name)
        {
            var json = $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"{{name}}"}""";
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /api/signals HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}"));
            }
            catch (IOException)
            {
                // Not sent: nothing was promised.
                return false;
            }

            var answer = await ReadAnswerAsync(stream);
            if (answer.Length == 0)
            {
                Unanswered.Add(name);
            }
            else if (answer.StartsWith("HTTP/1.1 201", StringComparison.Ordinal) && answer.EndsWith('}'))
            {
                Answered.Add(name);
            }
            else
            {
                Broken.Add(name + ": " + answer);
            }

            return answer.Length > 0 && !answer.Contains("Connection: close", StringComparison.Ordinal);
        }

        private static async Task<string> ReadAnswerAsync(NetworkStream stream)
        {
            var text = new StringBuilder();
            var buffer = new byte[8192];
            try
            {
                while (!IsWhole(text.ToString()))
                {
                    var read = await stream.ReadAsync(buffer);
                    if (read == 0)
                    {
                        break;
                    }

                    text.Append(Encoding.ASCII.GetString(buffer, 0, read));
                }
            }
            catch (IOException)
            {
                // The connection has ended. What was received until then is judged.
            }

            return text.ToString();
        }

        private static bool IsWhole(string text)
        {
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var length = text.IndexOf("Content-Length: ", StringComparison.Ordinal);
            return end > 0 && length > 0 && text.Length >= end + 4 + int.Parse(text[(length + 16)..text.IndexOf('\r', length)], CultureInfo.InvariantCulture);
        }
    }
}
