using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>Long reads wait for other long reads only.</summary>
public sealed class ReadQueueTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";
    private const string Costs = "/api/cost-analytics?hours=87600";
    private static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";
    private static readonly Sql Endless = new("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");
    private static readonly Sql Long = new("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n");

    [Fact]
    public async Task Long_reads_of_callers_without_a_credential_keep_nobody_else_waiting()
    {
        await using var server = await TestServer.StartAsync();
        await StoreCostsAsync(server.DatabasePath, Slow ? 1_000_000 : 200_000);
        using var enough = new CancellationTokenSource();
        var read = 0;
        var readers = Enumerable.Range(0, 8).Select(async i =>
        {
            while (!enough.IsCancellationRequested)
            {
                var (status, _) = await server.Anonymous.SendAsync("GET", $"{Costs}&api_name=api{i % 4}");
                Assert.True(status is 200 or 503, $"a reader was answered {status}");
                Interlocked.Increment(ref read);
            }
        }).ToArray();
        var waits = new Dictionary<string, List<double>> { ["POST"] = [], ["/health"] = [], ["/api/signals?limit=5"] = [] };
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(Slow ? 30 : 5);)
        {
            foreach (var (what, mine) in waits)
            {
                var began = Stopwatch.GetTimestamp();
                var (status, body) = what == "POST" ? await server.Client.SendAsync("POST", "/api/signals", Signal) : await server.Client.SendAsync("GET", what);
                mine.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Assert.True(status is 200 or 201, body.ToJsonString());
            }
        }

        await enough.CancelAsync();
        await Task.WhenAll(readers);
        Assert.True(read > 0);
        foreach (var (what, mine) in waits)
        {
            mine.Sort();
            Assert.True(mine[mine.Count / 2] < 100, string.Create(CultureInfo.InvariantCulture, $"half of {what} took {mine[mine.Count / 2]:0} ms or more beside {read} long reads, the longest {mine[^1]:0}"));
        }
    }

    [Fact]
    public async Task Each_kind_of_reads_has_connections_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        using var end = new ManualResetEventSlim();
        Task<bool> Hold(ReadKind kind) => Task.Factory.StartNew(
            () => database.ReadAsync(kind, _ => new ValueTask<bool>(end.Wait(TimeSpan.FromSeconds(60)))).AsTask().GetAwaiter().GetResult(),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // All reads for callers without a credential are taken, and more of them wait.
        List<Task<bool>> held = [Hold(ReadKind.LongAnonymous), .. Enumerable.Range(0, 4).Select(_ => Hold(ReadKind.Anonymous))];
        await Task.Delay(300);
        var waiting = new[] { server.Anonymous.SendAsync("GET", Costs), server.Anonymous.SendAsync("GET", "/api/signals") };
        await server.PostAsync("/api/signals", Signal);
        Assert.Equal(1, (int)(await server.GetAsync("/api/signals"))["count"]!);
        await server.GetAsync(Costs);
        await server.GetAsync("/api/performance?period=daily");
        await server.GetAsync("/health");

        // Now all reads for callers with a credential are taken, too.
        held.AddRange([Hold(ReadKind.LongKnown), .. Enumerable.Range(0, 4).Select(_ => Hold(ReadKind.Known))]);
        await Task.Delay(300);
        Assert.Equal(201, (await server.Client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "a"))).Status);
        await server.GetAsync("/health");
        Assert.All(waiting, static request => Assert.False(request.IsCompleted));
        end.Set();
        Assert.All(await Task.WhenAll(held), Assert.True);
        Assert.All(await Task.WhenAll(waiting), static answer => Assert.Equal(200, answer.Status));
    }

    [Fact]
    public async Task Too_many_long_reads_are_refused_with_a_time_to_come_back()
    {
        await using var server = await TestServer.StartAsync();
        using var end = new ManualResetEventSlim();
        var held = server.Services.GetRequiredService<Database>().ReadAsync(ReadKind.LongAnonymous, _ => new ValueTask<bool>(end.Wait(TimeSpan.FromSeconds(60)))).AsTask();
        var asked = Enumerable.Range(1, 40).Select(hours => server.Anonymous.RawAsync("GET", $"/api/cost-analytics?hours={hours}")).ToList();
        var refused = await await Task.WhenAny(asked);
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
        Assert.Contains("\"code\":\"overloaded\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(200, (await server.Client.SendAsync("GET", Costs)).Status);
        end.Set();
        await held;
        Assert.Equal(32, (await Task.WhenAll(asked)).Count(static answer => (int)answer.StatusCode == 200));
    }

    [Fact]
    public async Task A_read_that_takes_too_long_is_ended_and_its_connection_reads_on()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var watch = Stopwatch.StartNew();
        foreach (var snapshot in new[] { false, true })
        {
            watch.Restart();
            var refused = await Assert.ThrowsAsync<DatabaseBusyException>(async () => await (snapshot
                ? database.SnapshotAsync(ReadKind.LongAnonymous, static session => session.Prepare(Endless).AnyAsync())
                : database.ReadAsync(ReadKind.Anonymous, static session => session.Prepare(Endless).AnyAsync())));
            Assert.Equal(10, refused.RetryAfterSeconds);
            Assert.InRange(watch.Elapsed.TotalSeconds, 9, 18);
            Assert.Equal(200, (await server.Anonymous.SendAsync("GET", Costs)).Status);
        }

        // A client that has disconnected needs no answer.
        using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        watch.Restart();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await database.ReadAsync(ReadKind.LongKnown, static session => session.Prepare(Endless).AnyAsync(), gone.Token));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        Assert.Equal(2, (await Monitoring.MetricsTests.ScrapeAsync(server)).Sum("pilothouse_db_reads_ended_total", static sample => sample.Labels["reason"] == "time"));
    }

    [Fact]
    public async Task A_page_that_turns_out_to_be_long_waits_with_the_long_ones_and_is_right()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        using var end = new ManualResetEventSlim();
        var held = database.ReadAsync(ReadKind.LongKnown, _ => new ValueTask<bool>(end.Wait(TimeSpan.FromSeconds(60)))).AsTask();
        var page = Task.Run(async () => await database.ReadAsync(ReadKind.Known, static session => session.Prepare(Long).FirstAsync(static row => row.Id(0))));
        Assert.NotSame(page, await Task.WhenAny(page, Task.Delay(1000)));
        await server.GetAsync("/api/signals");
        end.Set();
        await held;
        Assert.Equal(300_000, await page);
        Assert.Equal(300_000, await database.ReadAsync(static session => session.Prepare(Long).FirstAsync(static row => row.Id(0))));
        Assert.Equal(1, (await Monitoring.MetricsTests.ScrapeAsync(server)).Sum("pilothouse_db_reads_ended_total", static sample => sample.Labels["reason"] == "steps"));
    }

    [Fact]
    public async Task Who_asks_the_same_while_it_waits_shares_the_answer_and_who_asks_later_gets_a_new_one()
    {
        var shared = new SharedReads<string, int>();
        var begin = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        var reads = 0;
        async ValueTask<int> Read(Action begun, CancellationToken cancel)
        {
            var mine = Interlocked.Increment(ref reads);
            await begin.Task.WaitAsync(cancel);
            begun();
            await finish.Task.WaitAsync(cancel);
            return mine;
        }

        using var gone = new CancellationTokenSource();
        var leaver = shared.RunAsync("a", Read, gone.Token);
        var first = Enumerable.Range(0, 5).Select(_ => shared.RunAsync("a", Read, CancellationToken.None)).ToArray();
        var other = shared.RunAsync("b", Read, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        begin.SetResult();
        await Task.Delay(50);
        var later = shared.RunAsync("a", Read, CancellationToken.None);
        finish.SetResult();
        Assert.All(await Task.WhenAll(first), static answer => Assert.Equal(1, answer));
        Assert.Equal(3, await later);
    }

    internal static Task<string> StoreCostsAsync(string database, int rows) => Tool.SqliteAsync(database, string.Create(CultureInfo.InvariantCulture, $"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO cost_analytics(timestamp, api_name, operation_type, api_calls, estimated_cost, cache_hits, cache_misses)
        SELECT datetime('2026-03-01', '-' || i || ' seconds'), 'api' || (i % 4), 'kind' || (i % 5), 1, 0.001, i % 2, 1 FROM n;
        """));
}
