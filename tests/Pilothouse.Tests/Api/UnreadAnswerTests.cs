using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Http;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Clients that ask for large answers and do not read them.</summary>
public sealed class UnreadAnswerTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Fact]
    public async Task What_clients_do_not_read_is_bounded_and_who_has_a_credential_is_served()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5200)
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, status, bot_name, external_id)
            SELECT {TestEngine.SecondsAfter("2026-03-01", "-i")}, 'SUI/USDC', 'BUY', 1.5, 10, 'open', 'a bot of some name', 'external-' || i FROM n
            """);
        var unread = server.Services.GetRequiredService<UnreadAnswers>();
        var sockets = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 40; i++)
            {
                // A signal is stored before each request, so that each answer is made anew.
                await server.PostAsync("/api/signals", Signal);
                var socket = new TcpClient { ReceiveBufferSize = 4096 };
                sockets.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, server.Anonymous.BaseAddress!.Port);
                await socket.GetStream().WriteAsync("GET /api/trades/open HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            }

            var answers = await Task.WhenAll(sockets.Select(FirstAsync));
            Assert.All(answers, static answer => Assert.True(answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal), answer));
            var refused = answers.Where(static answer => answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal)).ToList();
            Assert.InRange(refused.Count, 20, 38);
            Assert.All(refused, static answer => Assert.Contains("Retry-After: 5", answer, StringComparison.Ordinal));
            Assert.InRange(unread.Bytes, 1_000_000, UnreadAnswers.MostAnonymous / 2);

            var open = await server.GetAsync("/api/trades/open");
            Assert.Equal(5000, (int)open["count"]!);
            var (small, _) = await server.Anonymous.SendAsync("GET", "/api/trades?limit=5");
            Assert.Equal(200, small);
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }

        for (var tries = 0; unread.Bytes > 0; tries++)
        {
            Assert.True(tries < 100, "what nobody waits for any more is still held");
            await Task.Delay(100);
        }

        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/api/trades/open")).Status);
    }

    private static async Task<string> FirstAsync(TcpClient socket)
    {
        var buffer = new byte[2000];
        return Encoding.ASCII.GetString(buffer, 0, await socket.GetStream().ReadAsync(buffer));
    }
}
