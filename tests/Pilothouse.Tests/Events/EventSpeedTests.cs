using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Events;

/// <summary>How fast events reach many listeners, and what listeners cost that only wait. The figures are in docs/benchmarks.md.</summary>
public sealed class EventSpeedTests
{
    private static readonly TimeSpan Run = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task An_event_reaches_each_of_a_hundred_listeners_within_50_ms_at_1000_writes_a_second()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1", "It measures for ten seconds: set PILOTHOUSE_SLOW_TESTS=1.");
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim());
        using var stop = new CancellationTokenSource();
        var listeners = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => WaitingListener.OpenAsync(server.Port)));
        var reading = listeners.Select(listener => listener.ReadAsync(stop.Token)).ToArray();

        // Each write says in its price when it was sent; half of the writers' time is the server's, which counts against the events too.
        var (began, sent) = (Stopwatch.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began) < Run)
            {
                var number = Interlocked.Increment(ref sent);
                var due = TimeSpan.FromMilliseconds(number);
                if (due - Stopwatch.GetElapsedTime(began) is var early && early > TimeSpan.Zero)
                {
                    await Task.Delay(early);
                }

                using var body = new StringContent(string.Create(CultureInfo.InvariantCulture,
                    $$"""{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,"price":{{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.000}}}"""), Encoding.UTF8, "application/json");
                using var answer = await server.Client.PostAsync("/api/signals", body);
                Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            }
        })));
        var rate = sent / Stopwatch.GetElapsedTime(began).TotalSeconds;
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        double[] delays = [.. listeners.SelectMany(listener => listener.Received.Select(one => Stopwatch.GetElapsedTime(began, one.At).TotalMilliseconds - one.Price)).Order()];
        Array.ForEach(listeners, static listener => listener.Dispose());
        var (p50, p99) = (delays[delays.Length / 2], delays[delays.Length * 99 / 100]);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rate:0} writes/s, {delays.Length} events received of {100 * sent}; from the sending of the write to the event: p50 {p50:0.0} ms, p99 {p99:0.0} ms, longest {delays[^1]:0} ms"));
        Assert.Equal(100 * sent, delays.Length);
        Assert.True(p99 < 50, string.Create(CultureInfo.InvariantCulture, $"p99 is {p99:0.0} ms"));
    }

    [Fact]
    public async Task A_thousand_listeners_that_wait_cost_less_than_20_MB()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1", "It measures for half a minute: set PILOTHOUSE_SLOW_TESTS=1.");
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        await (await LiveStream.OpenAsync(server.Client)).DisposeAsync();
        await Task.Delay(5000, TestContext.Current.CancellationToken);
        var before = Resident(server.Id);
        var listeners = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => WaitingListener.OpenAsync(server.Port)));
        await Task.Delay(35_000, TestContext.Current.CancellationToken);
        var after = Resident(server.Id);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1,000 listeners: {before:0.0} MB before, {after:0.0} MB with them"));
        Array.ForEach(listeners, static listener => listener.Dispose());
        Assert.True(after - before < 20, string.Create(CultureInfo.InvariantCulture, $"{after - before:0.0} MB"));
    }

    private static double Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
    }

    /// <summary>A listener on a socket of its own that costs the measuring process as little as it can.</summary>
    private sealed class WaitingListener : IDisposable
    {
        private readonly TcpClient socket = new() { NoDelay = true };

        public List<(double Price, long At)> Received { get; } = [];

        public static async Task<WaitingListener> OpenAsync(int port)
        {
            var listener = new WaitingListener();
            await listener.socket.ConnectAsync(IPAddress.Loopback, port);

            // By HTTP/1.0 the answer has no chunks, whose heads could stand in the middle of a number.
            await listener.socket.GetStream().WriteAsync("GET /api/events HTTP/1.0\r\nHost: localhost\r\n\r\n"u8.ToArray());
            await listener.socket.GetStream().ReadExactlyAsync(new byte[200]);
            return listener;
        }

        public async Task ReadAsync(CancellationToken cancel)
        {
            var (buffer, kept) = (new byte[64 * 1024], 0);
            try
            {
                while (await socket.GetStream().ReadAsync(buffer.AsMemory(kept), cancel) is > 0 and var read)
                {
                    kept = Take(buffer, kept + read, Stopwatch.GetTimestamp());
                }
            }
            catch (OperationCanceledException)
            {
                // The measuring is over.
            }
        }

        public void Dispose() => socket.Dispose();

        private int Take(byte[] buffer, int length, long at)
        {
            var rest = buffer.AsSpan(0, length);
            var name = "\"price\":"u8;
            while (rest.IndexOf(name) is >= 0 and var found && rest[(found + name.Length)..].IndexOf((byte)',') is > 0 and var end)
            {
                Received.Add((double.Parse(rest.Slice(found + name.Length, end), CultureInfo.InvariantCulture), at));
                rest = rest[(found + name.Length + end)..];
            }

            rest.CopyTo(buffer);
            return rest.Length;
        }
    }
}
