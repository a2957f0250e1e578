using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>The seed's bots write the same file while the server runs.</summary>
public sealed class OtherProcessTests
{
    private const string Signal = """{"trading_pair":"WEB/X","signal_type":"BUY","signal_strength":1,"price":1}""";
    private const string Insert = "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES";

    [Fact]
    public async Task Others_that_write_under_load_lose_nothing_and_hold_up_nobody()
    {
        await using var server = await TestServer.StartAsync();
        var slowest = 0L;
        var stored = 0;
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!enough.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal);
                Assert.True(status == 201, body.ToJsonString());
                Interlocked.Increment(ref stored);
                var (read, _) = await server.Client.SendAsync("GET", "/api/signals?limit=5");
                Assert.Equal(200, read);
                InterlockedMax(ref slowest, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }).ToArray();

        // Autocommit, one row a commit, and one transaction of many: what bots do.
        var program = Tool.SqliteAsync(server.DatabasePath,
            string.Concat(Enumerable.Range(0, 150).Select(static i => string.Create(CultureInfo.InvariantCulture, $"{Insert} ('CLI/X', 'BUY', {i}, 1);\n"))));
        var script = Tool.PythonAsync($$"""
            import sqlite3, sys, time
            db = sqlite3.connect(sys.argv[1], timeout=10)
            end = time.monotonic() + 1.5
            while time.monotonic() < end:
                db.execute("{{Insert}} ('PY/X', 'SELL', 1, 1)")
                db.commit()
            db.executemany("{{Insert}} ('PY/MANY', 'SELL', ?, 1)", [(i,) for i in range(1000)])
            db.commit()
            """, server.DatabasePath);
        await Task.WhenAll(program, script);
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        // The first request after another program's commit shows its rows, because no stale answer is kept.
        Assert.Equal("150", await CountAsync(server, "cli/x"));
        Assert.Equal("1000", server.Sql("SELECT count(*) FROM signals WHERE trading_pair = 'PY/MANY'"));
        Assert.Equal(stored.ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM signals WHERE trading_pair = 'WEB/X'"));
        Assert.Equal("ok", await Tool.IntegrityAsync(server.DatabasePath));
        Assert.True(stored > 20, $"only {stored} requests beside the others, slowest {slowest}");
        Assert.True(slowest < 2000, $"the slowest pair of requests took {slowest} ms");
    }

    [Fact]
    public async Task What_another_process_commits_is_in_the_very_next_answer()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 10; i++)
        {
            await Tool.SqliteAsync(server.DatabasePath, string.Create(CultureInfo.InvariantCulture, $"{Insert} ('CLI/X', 'BUY', {i}, 1);"));
            Assert.Equal(i, (int)(await server.GetAsync("/api/signals"))["count"]!);
        }
    }

    [Fact]
    public async Task A_lock_of_a_second_delays_a_write_and_fails_none_and_reads_do_not_wait()
    {
        await using var server = await TestServer.StartAsync();
        using var holder = await Tool.HoldLockAsync(server.DatabasePath, 1);
        var watch = Stopwatch.StartNew();
        var writes = Enumerable.Range(0, 10).Select(_ => server.PostAsync("/api/signals", Signal)).ToArray();
        await server.GetAsync("/api/signals");
        Assert.True(watch.Elapsed < TimeSpan.FromMilliseconds(700), $"a read waited {watch.Elapsed}");
        await Task.WhenAll(writes);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2.5));
        Assert.Equal("10", server.Sql("SELECT count(*) FROM signals"));
        await holder.WaitForExitAsync();
    }

    [Fact]
    public async Task A_lock_that_is_held_too_long_is_told_as_overload_and_nothing_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        using var holder = await Tool.HoldLockAsync(server.DatabasePath, 6.5);
        using var answer = await server.Client.RawAsync("POST", "/api/signals", System.Text.Encoding.UTF8.GetBytes(Signal), ("Idempotency-Key", "held"));
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("\"code\":\"overloaded\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));

        // The same request again, as a bot would after Retry-After: the failed one left no trace.
        var (status, _) = await server.Client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "held"));
        Assert.Equal(201, status);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));
        await holder.WaitForExitAsync();

        // What an alert asks for.
        var figures = await Monitoring.MetricsTests.ScrapeAsync(server);
        Assert.Equal(1, figures.Sum("pilothouse_db_failed_transactions_total"));
        Assert.Equal(1, figures.Sum("pilothouse_db_writes_total", static sample => sample.Labels["result"] == "failed"));
        Assert.Equal(1, figures.Sum("pilothouse_http_refusals_total", static sample => sample.Labels["code"] == "overloaded"));
    }

    [Fact]
    public async Task A_bot_that_holds_the_file_while_the_server_starts_is_named_in_a_sentence()
    {
        using var folder = new TemporaryFolder();
        await using (await TestServer.StartAsync(folder, null))
        {
        }

        Directory.CreateDirectory(folder.Path);
        Assert.Equal("delete", await Tool.SqliteAsync(folder.File("trading_bot.db"), "CREATE TABLE IF NOT EXISTS x(y); PRAGMA journal_mode=DELETE;"));
        using var holder = await Tool.HoldLockAsync(folder.File("trading_bot.db"), 30, "BEGIN EXCLUSIVE");
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("MCP_SERVER_PORT", "0"));
        holder.Kill();
        Assert.Equal(1, code);
        Assert.Contains("locked", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    private static async Task<string> CountAsync(TestServer server, string pair) =>
        ((int)(await server.GetAsync($"/api/signals?limit=500&trading_pair={pair}"))["count"]!).ToString(CultureInfo.InvariantCulture);

    private static void InterlockedMax(ref long most, long value)
    {
        for (var seen = Interlocked.Read(ref most); value > seen; seen = Interlocked.Read(ref most))
        {
            if (Interlocked.CompareExchange(ref most, value, seen) == seen)
            {
                return;
            }
        }
    }
}
