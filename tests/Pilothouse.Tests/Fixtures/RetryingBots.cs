using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// Bots that post signals as fast as they are answered, each with a pair and an Idempotency-Key of its own, and send one again until it is
/// acknowledged. After a fault they tell what the server has promised.
/// </summary>
internal sealed class RetryingBots : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource end = new();
    private readonly List<HttpClient> clients = [];
    private readonly Task[] running;
    private long lastAnswer = Stopwatch.GetTimestamp();
    private long longestGap;

    /// <param name="count">How many bots there are. </param>
    /// <param name="key">The API key of all.</param>
    /// <param name="connect">Returns the client of a bot.</param>
    public RetryingBots(int count, string key, Func<int, HttpClient> connect) => running = [.. Enumerable.Range(0, count).Select(bot =>
    {
        var client = connect(bot);
        clients.Add(client);
        return Task.Run(() => PostAsync(client, key, bot));
    })];

    /// <param name="count">How many bots there are.</param>
    /// <param name="key">The API key of all.</param>
    /// <param name="address">Where the server answers.</param>
    public RetryingBots(int count, string key, Uri address)
        : this(count, key, _ => new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) })
    {
    }

    /// <summary>The pairs whose signal was acknowledged.</summary>
    public ConcurrentDictionary<string, bool> Acknowledged { get; } = new();

    /// <summary>What was answered instead, by its first words.</summary>
    public ConcurrentDictionary<string, int> Failures { get; } = new();

    /// <summary>The longest time without an acknowledged write.</summary>
    public TimeSpan LongestGap => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref longestGap));

    /// <summary>Waits until this many more signals were acknowledged.</summary>
    public async Task MoreAsync(int signals)
    {
        var target = Acknowledged.Count + signals;
        for (var began = Stopwatch.GetTimestamp(); Acknowledged.Count < target; await Task.Delay(Pause))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"Nothing was acknowledged any more. {Told()}");
        }
    }

    /// <summary>Stops the bots, and compares what is stored with what was acknowledged.</summary>
    /// <param name="count">Returns how many signals there are with this condition.</param>
    public async Task CompareAsync(Func<string, Task<string?>> count)
    {
        await StopAsync();
        var acknowledged = Acknowledged.Keys.ToList();
        Assert.NotEmpty(acknowledged);
        var stored = string.Join(',', acknowledged.Select(static pair => $"('{pair}')"));
        Assert.Equal("0", await count($"SELECT count(*) FROM (VALUES {stored}) AS said(pair) WHERE pair NOT IN (SELECT trading_pair FROM signals)"));
        Assert.Equal("0", await count("SELECT count(*) FROM (SELECT 1 FROM signals GROUP BY trading_pair HAVING count(*) > 1) AS doubles"));
    }

    public string Told() => $"{Acknowledged.Count} acknowledged; {string.Join("; ", Failures.Select(static failure => $"{failure.Key}: {failure.Value}"))}";

    public async Task StopAsync()
    {
        await end.CancelAsync();
        await Task.WhenAll(running);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        clients.ForEach(static client => client.Dispose());
        end.Dispose();
    }

    private async Task PostAsync(HttpClient client, string key, int bot)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            var pair = string.Create(CultureInfo.InvariantCulture, $"B{bot}N{i}/USDT");
            while (!end.IsCancellationRequested && !await IsAcknowledgedAsync(client, key, pair))
            {
                await Task.Delay(Pause);
            }
        }
    }

    private async Task<bool> IsAcknowledgedAsync(HttpClient client, string key, string pair)
    {
        string failure;
        try
        {
            var (status, body) = await client.SendAsync(
                "POST", "/api/signals", $$"""{"trading_pair":"{{pair}}","signal_type":"BUY","signal_strength":5,"price":1}""", ("X-Api-Key", key), ("Idempotency-Key", pair));
            if (status == 201)
            {
                Answered();
                Acknowledged[pair] = true;
                return true;
            }

            failure = string.Create(CultureInfo.InvariantCulture, $"{status} {(string?)body["code"]} {(string?)body["message"]}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            failure = error.GetType().Name;
        }

        Failures.AddOrUpdate(failure, 1, static (_, times) => times + 1);
        return false;
    }

    private void Answered()
    {
        var now = Stopwatch.GetTimestamp();
        var gap = now - Interlocked.Exchange(ref lastAnswer, now);
        for (var known = Interlocked.Read(ref longestGap); gap > known && Interlocked.CompareExchange(ref longestGap, gap, known) != known;)
        {
            known = Interlocked.Read(ref longestGap);
        }
    }
}
