using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>The write-ahead log stays short whatever the server itself reads, and says when another program keeps it from that.</summary>
public sealed class LogLengthTests
{
    private static readonly bool Slow = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1";
    private static readonly Sql Endless = new("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n, (SELECT count(*) FROM chart_analyses)");
    private static readonly Sql Count = new("SELECT count(*) FROM chart_analyses");
    private static readonly Sql Megabyte = new("INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) VALUES ('A/B', '1h', hex(zeroblob(500000)))");

    [Fact]
    public async Task Long_reads_that_overlap_do_not_let_the_log_grow()
    {
        await using var server = await TestServer.StartAsync();
        await ReadQueueTests.StoreCostsAsync(server.DatabasePath, 300_000);

        // The other program's one transaction is a log of 100 MB by itself, which is not what is looked at here.
        await Tool.SqliteAsync(server.DatabasePath, "PRAGMA wal_checkpoint(TRUNCATE)");
        Assert.InRange(LogOf(server), 0, 1_000_000);
        using var enough = new CancellationTokenSource();
        var answers = new System.Collections.Concurrent.ConcurrentBag<int>();
        var readers = Enumerable.Range(0, 4).Select(async i =>
        {
            while (!enough.IsCancellationRequested)
            {
                answers.Add((await (i < 2 ? server.Anonymous : server.Client).SendAsync("GET", $"/api/cost-analytics?hours=87600&_={i}")).Status);
            }
        }).ToArray();
        var analysis = $$"""{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY","ai_analysis":"{{new string('x', 18_000)}}"}""";
        var (stored, longest, slowest) = (0L, 0L, 0L);
        using (new Timer(_ => longest = Math.Max(longest, LogOf(server)), null, 0, 5))
        {
            var writers = Enumerable.Range(0, 8).Select(async _ =>
            {
                while (!enough.IsCancellationRequested)
                {
                    var began = Stopwatch.GetTimestamp();
                    await server.PostAsync("/api/analysis", analysis);
                    slowest = Math.Max(slowest, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                    Interlocked.Add(ref stored, 20_000);
                }
            }).ToArray();
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(Slow ? 90 : 8) || (stored < 150_000_000 && watch.Elapsed < TimeSpan.FromSeconds(90));)
            {
                await Task.Delay(100);
            }

            await enough.CancelAsync();
            await Task.WhenAll(writers);
        }

        await Task.WhenAll(readers);
        Assert.True(stored >= 150_000_000, $"only {stored} bytes were stored");
        Assert.InRange(longest, 1, 100_000_000);
        Assert.Contains(200, answers);
        Assert.All(answers, static status => Assert.True(status is 200 or 503, $"{status}"));
        Assert.InRange(slowest, 0, 3_000);
        Assert.Equal("ok", State(server, await server.GetAsync("/health/ready")));
        Assert.Equal("ok", await Tool.IntegrityAsync(server.DatabasePath));
    }

    [Fact]
    public async Task A_read_that_was_ended_for_the_log_is_run_again_and_then_refused()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var runs = 0;
        var read = database.SnapshotAsync(ReadKind.LongKnown, session => session.Prepare(runs++ == 0 ? Endless : Count).FirstAsync(static row => row.Id(0))).AsTask();
        var many = await WriteUntilAsync(server, () => read.IsCompleted);
        Assert.Equal(2, runs);
        Assert.InRange(await read, many - 30, many);
        Assert.InRange(LogOf(server), 0, 100_000_000);

        // Each time that it runs.
        var endless = database.ReadAsync(ReadKind.LongKnown, static session => session.Prepare(Endless).AnyAsync()).AsTask();
        await WriteUntilAsync(server, () => endless.IsCompleted);
        Assert.Equal(10, (await Assert.ThrowsAsync<DatabaseBusyException>(() => endless)).RetryAfterSeconds);
        Assert.InRange(LogOf(server), 0, 100_000_000);
        Assert.Equal(1, (await Monitoring.MetricsTests.ScrapeAsync(server)).Sum("pilothouse_db_reads_ended_total", static sample => sample.Labels["reason"] == "log"));
    }

    [Fact]
    public async Task A_log_that_another_program_holds_is_a_condition_and_our_reads_go_on()
    {
        await using var server = await TestServer.StartAsync();
        await ReadQueueTests.StoreCostsAsync(server.DatabasePath, 1000);
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={server.DatabasePath};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN; SELECT count(*) FROM signals";
            command.ExecuteScalar();
            await WriteUntilAsync(server, () => LogOf(server) > LogWatch.Long);
            var ready = await server.GetAsync("/health/ready");
            Assert.Equal(("degraded", "warning"), ((string?)ready["status"], State(server, ready)));
            Assert.Equal(1, (await Monitoring.MetricsTests.ScrapeAsync(server)).Sum("pilothouse_condition", static sample => sample.Labels["name"] == "log"));
            for (var i = 0; i < 10; i++)
            {
                await server.Services.GetRequiredService<Database>().WriteAsync(static session => session.Prepare(Megabyte).ExecuteAsync());
                await server.GetAsync("/api/cost-analytics?hours=87600");
            }
        }

        await WriteUntilAsync(server, () => LogOf(server) < LogWatch.Long);
        Assert.Equal("ok", State(server, await server.GetAsync("/health/ready")));
    }

    private static long LogOf(TestServer server) => new FileInfo(server.DatabasePath + "-wal").Length;

    private static string? State(TestServer server, JsonObject ready) =>
        (string?)ready["checks"]!.AsArray().Single(static check => (string?)check!["name"] == LogWatch.Name)!["state"];

    /// <returns>How many rows there are then.</returns>
    private static async Task<long> WriteUntilAsync(TestServer server, Func<bool> enough)
    {
        var database = server.Services.GetRequiredService<Database>();
        for (var watch = Stopwatch.StartNew(); !enough(); await Task.Yield())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that in a minute");
            await database.WriteAsync(static session => session.Prepare(Megabyte).ExecuteAsync());
        }

        return await database.ReadAsync(static session => session.Prepare(Count).FirstAsync(static row => row.Id(0)));
    }
}
