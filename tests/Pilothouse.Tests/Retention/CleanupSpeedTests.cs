using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Retention;

/// <summary>Writers do not wait long while many rows are deleted.</summary>
public sealed class CleanupSpeedTests
{
    private static readonly Sql InsertSignal = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('NEW/X', 'BUY', 1, 1) RETURNING id");

    [Theory]
    [OnlyOnSqlite("its limits are those of the one writer of a file; beside PostgreSQL's own processes they depend on what else the machine does")]
    [InlineData(false, 60_000, 1_000_000)]
    [InlineData(true, 60_000, 300_000)]
    public async Task Writers_wait_for_milliseconds_while_many_old_rows_go(bool byTheCommand, int few, int many)
    {
        var rows = CrashTests.Slow ? many : few;
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await TestServer.StartAsync();
        server.Sql(string.Create(CultureInfo.InvariantCulture, $"""
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, rsi, macd, ema9, volume, strategy)
            SELECT {TestEngine.SecondsAfter("2025-01-01", "i")}, 'P' || (i % 40) || '/USDC', 'BUY', 1, i * 1.5, 50.5, 0.12345, 1.23456789, i, 'a strategy' FROM n
            """));

        // Each signal that is deleted is looked for among these rows: without an index this would take for ever.
        server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, quantity, signal_id) SELECT 'A/B', 'BUY', 1, 1, id FROM signals WHERE id % 10 = 0");
        var gone = rows - (rows / 10);
        var database = server.Services.GetRequiredService<Database>();

        // The rows above are written to the disk first, so that this is not part of the measurement.
        Assert.Equal(0, (await Tool.RunAsync("sync", [])).Code);

        // A thousand writes a second, each by itself, as many bots would.
        using var done = new CancellationTokenSource();
        var waits = new List<double>();
        var begun = Stopwatch.GetTimestamp();
        (double Longest, TimeSpan At) worst = default;
        var writing = Task.Run(
            async () =>
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
                var running = new List<Task>();
                while (!done.IsCancellationRequested && await timer.WaitForNextTickAsync(cancel))
                {
                    // If the timer is late, the missed writes follow at once.
                    while (running.Count < Stopwatch.GetElapsedTime(begun).TotalMilliseconds)
                    {
                        running.Add(WriteAsync());
                    }
                }

                await Task.WhenAll(running);
            },
            cancel);

        // How long writers wait without any deletion, after the log of the rows above was begun anew.
        await Task.Delay(500, cancel);
        lock (waits)
        {
            waits.Clear();
        }

        await Task.Delay(CrashTests.Slow ? 20_000 : 500, cancel);
        string alone;
        lock (waits)
        {
            waits.Sort();
            alone = Told(waits);
            waits.Clear();
            worst = default;
        }

        var watch = Stopwatch.StartNew();
        var watchAt = Stopwatch.GetElapsedTime(begun);
        long largestLog = 0;
        using (var sampler = new Timer(_ => largestLog = Math.Max(largestLog, LogOf(server)), null, 0, 50))
        {
            if (byTheCommand)
            {
                var (code, output, error) = await ServerProcess.RunAsync(server.Folder, ["cleanup"], await TestEngine.CommandAsync(server.Folder));
                Assert.True(code == 0 && output.Contains(gone.ToString("N0", CultureInfo.InvariantCulture), StringComparison.Ordinal), output + error);
            }
            else
            {
                // All of the night: the deleting, the statistics, the checkpoint, the reading of the whole file.
                var night = server.Services.GetRequiredService<NightlyMaintenance>();
                await night.RunAsync(cancel);
                var said = night.Look().Message;
                Assert.True(said.Contains(string.Create(CultureInfo.InvariantCulture, $"deleted {gone} rows"), StringComparison.Ordinal), said + await File.ReadAllTextAsync(server.Folder.File("logs/mcp_server_error.log"), cancel));
                Assert.Contains("was whole on", server.Services.GetRequiredService<IntegrityCheck>().Look().Message, StringComparison.Ordinal);
            }
        }

        var took = watch.Elapsed;
        await done.CancelAsync();
        await writing;
        waits.Sort();
        var told = string.Create(CultureInfo.InvariantCulture,
            $"{rows} rows in {took.TotalSeconds:0.0} s beside {waits.Count / took.TotalSeconds:0} writes/s: {Told(waits)} (after {(worst.At - watchAt).TotalSeconds:0.0} s), log at most {largestLog >> 20} MB; without: {alone}");
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        Assert.Equal($"{rows / 10}", server.Sql("SELECT count(*) FROM signals WHERE trading_pair <> 'NEW/X'"));

        // The long form is run alone on a quiet machine (docs/operations.md). Beside the short one other tests want the processor and the disk too.
        Assert.True(waits.Count > took.TotalSeconds * 500, told);
        Assert.True(CrashTests.Slow ? waits[^1] < 50 : waits[^1] < 1000 && waits[(int)(waits.Count * 0.99)] < 300, told);

        async Task WriteAsync()
        {
            var started = Stopwatch.GetTimestamp();
            await database.WriteAsync(static session => session.Prepare(InsertSignal).InsertAsync());
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            lock (waits)
            {
                waits.Add(took);
                worst = took > worst.Longest ? (took, Stopwatch.GetElapsedTime(begun)) : worst;
            }
        }
    }

    /// <summary>The length of SQLite's log. PostgreSQL keeps its log for all databases together.</summary>
    private static long LogOf(TestServer server) => TestEngine.IsPostgres ? 0 : new FileInfo(server.DatabasePath + "-wal").Length;

    private static string Told(List<double> sorted) => string.Create(CultureInfo.InvariantCulture,
        $"median {sorted[sorted.Count / 2]:0.0} ms, 99.9% {sorted[(int)(sorted.Count * 0.999)]:0.0} ms, longest {sorted[^1]:0.0} ms");
}
