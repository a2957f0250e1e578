using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary>
/// How long a write waits while a backup is made. The real measure (400 MB, 1,000 writes a second, at most 50 ms) runs with
/// PILOTHOUSE_SLOW_TESTS=1 on a machine that does nothing else; the short form sees to it that no write waits for the backup itself.
/// </summary>
public sealed class BackupStallTests(ITestOutputHelper output)
{
    private const int Clients = 8;

    [Fact]
    public async Task Writers_go_on_while_a_backup_is_made_and_verified()
    {
        var megabytes = CrashTests.Slow ? 400 : 40;
        using var folder = new TemporaryFolder();
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups")), ("MAX_BACKUPS", "1"), ("RATE_LIMIT_ENABLED", "false")];
        var (_, key, _) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "load", "--scopes", "read,write,control"], settings);
        var rows = (megabytes * 1000).ToString(CultureInfo.InvariantCulture);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), $"PRAGMA journal_mode=WAL; INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT 'A/B', '1h', hex(randomblob(470)) FROM n;");
        await using var server = await ServerProcess.ServeAsync(folder, settings);
        using var client = new HttpClient { BaseAddress = server.Client.BaseAddress, Timeout = TimeSpan.FromMinutes(3) };

        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, Clients).Select(number => LoadAsync(server.Port, key.Trim(), number, stop.Token)));
        await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        var phases = new List<(string Name, long Began, long Ended)>();
        await PhaseAsync("alone", () => Task.Delay(TimeSpan.FromSeconds(CrashTests.Slow ? 10 : 1.5), TestContext.Current.CancellationToken));
        var first = "";
        await PhaseAsync("backup", async () => first = await MakeAsync());
        await PhaseAsync("verify", async () => Assert.Equal(200, (await client.SendAsync("POST", $"/api/backups/{first}/verify", "", ("X-Api-Key", key.Trim()))).Status));

        // MAX_BACKUPS: this one removes the first.
        await PhaseAsync("backup, with an old one removed", async () => Assert.NotEqual(first, await MakeAsync()));
        await stop.CancelAsync();
        var all = (await load).SelectMany(static waits => waits).ToList();
        Assert.False(File.Exists(folder.File($"backups/{first}")));
        foreach (var (name, began, ended) in phases)
        {
            Check($"{megabytes} MB, {name}", [.. all.Where(wait => wait.At >= began && wait.At <= ended).OrderBy(static wait => wait.Ms)], began, Stopwatch.GetElapsedTime(began, ended));
        }

        async Task PhaseAsync(string name, Func<Task> work)
        {
            var began = Stopwatch.GetTimestamp();
            await work();
            phases.Add((name, began, Stopwatch.GetTimestamp()));
        }

        async Task<string> MakeAsync()
        {
            var (status, body) = await client.SendAsync("POST", "/api/backups", "", ("X-Api-Key", key.Trim()));
            Assert.True(status == 201, body.ToJsonString());
            return (string)body["backup_name"]!;
        }
    }

    private void Check(string name, (long At, double Ms)[] waits, long began, TimeSpan took)
    {
        double At(double part) => waits[(int)(part * (waits.Length - 1))].Ms;
        var worst = waits[^1];
        var told = string.Create(CultureInfo.InvariantCulture,
            $"{name}: {took.TotalSeconds:0.0} s, {waits.Length / took.TotalSeconds:0} writes/s, p50 {At(0.5):0.0} p99 {At(0.99):0.0} longest {worst.Ms:0.0} ms (after {Stopwatch.GetElapsedTime(began, worst.At).TotalSeconds:0.0} s)");
        output.WriteLine(told);
        Assert.True(waits.Length > 20, told);

        // A busy machine makes others wait too: the short form looks for writers that waited for the work to end.
        Assert.True(worst.Ms < (CrashTests.Slow ? 50 : Math.Max(1000, took.TotalMilliseconds / 2)), told);
    }

    [Fact]
    public async Task SIGTERM_ends_a_server_that_is_making_a_backup_and_leaves_nothing_half_made()
    {
        using var folder = new TemporaryFolder();
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups"))];
        var (_, key, _) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "owner", "--scopes", "control"], settings);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), "PRAGMA journal_mode=WAL; INSERT INTO chart_analyses(trading_pair, timeframe, ai_analysis) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000) SELECT 'A/B', '1h', hex(randomblob(470)) FROM n;");
        await using var server = await ServerProcess.ServeAsync(folder, settings);
        var making = server.Client.SendAsync("POST", "/api/backups", "", ("X-Api-Key", key.Trim()));
        for (var watch = Stopwatch.StartNew(); !Directory.Exists(folder.File("backups")) || Directory.GetFiles(folder.File("backups"), "*.unfinished").Length == 0; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20) && !making.IsCompleted, "the backup had ended already");
        }

        var (code, took) = await server.TerminateAsync();
        Assert.Equal(0, code);
        Assert.True(took < TimeSpan.FromSeconds(10), $"took {took}");
        var (status, body) = await making;
        Assert.Equal((503, "backup-failed"), (status, (string?)body["code"]));
        Assert.Equal([".lock"], Directory.GetFiles(folder.File("backups")).Select(static file => Path.GetFileName(file)));
    }

    /// <summary>A bot with a connection of its own: a write each 8 ms.</summary>
    private static async Task<List<(long At, double Ms)>> LoadAsync(int port, string key, int number, CancellationToken stop)
    {
        var waits = new List<(long, double)>(100_000);
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port, CancellationToken.None);
        var stream = socket.GetStream();
        const string Body = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":7,"price":3.4567,"rsi":55.1,"status":"pending"}""";
        var request = Encoding.ASCII.GetBytes($"POST /api/signals HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        var answer = new byte[4096];
        var step = Stopwatch.Frequency * Clients / 1000;
        var due = Stopwatch.GetTimestamp() + (step * number / Clients);
        while (!stop.IsCancellationRequested)
        {
            var left = due - Stopwatch.GetTimestamp();
            if (left > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)left / Stopwatch.Frequency), CancellationToken.None);
            }

            var sent = Stopwatch.GetTimestamp();
            await stream.WriteAsync(request, CancellationToken.None);
            var count = 0;
            do
            {
                count += await stream.ReadAsync(answer.AsMemory(count), CancellationToken.None);
            }
            while (count < 12 || !answer.AsSpan(0, count).EndsWith("}"u8));
            Assert.StartsWith("HTTP/1.1 201", Encoding.ASCII.GetString(answer, 0, 12), StringComparison.Ordinal);
            waits.Add((sent, Stopwatch.GetElapsedTime(sent).TotalMilliseconds));
            due = Math.Max(due + step, Stopwatch.GetTimestamp() - step);
        }

        return waits;
    }
}
