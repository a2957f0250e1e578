using System.Collections.Concurrent;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>What was acknowledged is on disk also where the server is killed after a backup, and after another program has opened and closed the file.</summary>
public sealed class BackupThenKillTests
{
    private static readonly int Rounds = CrashTests.Slow ? 50 : 3;

    [Fact]
    public async Task After_a_backup_a_look_of_another_program_and_kill_9_under_16_writers_nothing_acknowledged_is_lost()
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("trading_bot.db");
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups")), ("RATE_LIMIT_ENABLED", "false")];
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "crash", "--scopes", "read,write,control"], settings)).Out.Trim();
        var acknowledged = new ConcurrentBag<string>();
        var random = new Random(20261125);
        for (var round = 0; round < Rounds; round++)
        {
            var unsure = new ConcurrentBag<string>();
            await using (var server = await ServerProcess.ServeAsync(folder, settings))
            {
                server.Client.DefaultRequestHeaders.Add("X-Api-Key", key);
                using var killed = new CancellationTokenSource();
                var load = Task.WhenAll(Enumerable.Range(0, 16).Select(writer => WriteAsync(server.Client, round, writer, acknowledged, unsure, killed.Token)));
                await Task.Delay(random.Next(50, 200), TestContext.Current.CancellationToken);
                var (status, body) = await server.Client.SendAsync("POST", "/api/backups");
                Assert.True(status == 201, body.ToJsonString());
                Assert.Equal("ok", await Tool.IntegrityAsync(database));
                FileLocks.Demand(server.Id, database, string.Create(CultureInfo.InvariantCulture, $"the backup of round {round}"));
                await Task.Delay(random.Next(50, 400), TestContext.Current.CancellationToken);
                await killed.CancelAsync();
                await server.KillAsync();
                await load;
            }

            Assert.Equal("ok", await Tool.IntegrityAsync(database));
            var stored = (await Tool.SqliteAsync(database, "SELECT strategy FROM signals;")).Split('\n').ToHashSet();
            Assert.Empty(acknowledged.Except(stored));
            Assert.Empty(stored.Except(acknowledged).Except(unsure));
            foreach (var name in unsure.Where(stored.Contains))
            {
                acknowledged.Add(name);
            }
        }

        Assert.True(acknowledged.Count > 50 * Rounds, $"only {acknowledged.Count} writes");
        Assert.Equal(acknowledged.Count.ToString(CultureInfo.InvariantCulture), await Tool.SqliteAsync(database, "SELECT count(*) FROM signals;"));
    }

    /// <summary>Writes until the server is gone. Before it is killed no write may be refused.</summary>
    private static async Task WriteAsync(
        HttpClient client, int round, int writer, ConcurrentBag<string> acknowledged, ConcurrentBag<string> unsure, CancellationToken killed)
    {
        for (var i = 0; ; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"r{round}w{writer}n{i}");
            try
            {
                var (status, body) = await client.SendAsync("POST", "/api/signals",
                    $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"{{name}}"}""");
                Assert.True(status == 201, $"{name}: {status} {body.ToJsonString()}");
                acknowledged.Add(name);
            }
            catch (Exception error) when (killed.IsCancellationRequested
                && error is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                unsure.Add(name);
                return;
            }
        }
    }
}
