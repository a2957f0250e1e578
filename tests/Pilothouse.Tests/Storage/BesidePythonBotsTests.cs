using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>
/// A realistic night: the seed's bots open, write and close the file all the time while the server does all of its upkeep. No write is
/// refused, nothing that is read is old, nothing is lost, and the server keeps its locks.
/// </summary>
public sealed class BesidePythonBotsTests
{
    private const string OldSignal =
        "INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2020-01-01 00:00:00', 'OLD/X', 'BUY', 1, 1)";

    private readonly ConcurrentDictionary<long, string> acknowledged = new();
    private volatile string? refused;

    [Fact]
    public async Task A_night_of_upkeep_beside_bots_refuses_no_write_loses_no_row_and_costs_the_server_no_lock()
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("trading_bot.db");
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups")), ("RATE_LIMIT_ENABLED", "false")];
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "night", "--scopes", "read,write,control"], settings)).Out.Trim();

        // The database is old and has no backup: the scheduled one was missed, and is made at the start, beside a bot that was there before.
        await Tool.SqliteAsync(database, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00';" + string.Concat(Enumerable.Repeat(OldSignal + ";", 50)));
        using var early = PythonBot.Start(folder, database, "early", null);
        await early.DemandGoesOnAsync("the start of the bots");
        await using var server = await ServerProcess.ServeAsync(folder, settings);
        var url = $"http://127.0.0.1:{server.Port}";
        server.Client.DefaultRequestHeaders.Add("X-Api-Key", key);
        using var one = PythonBot.Start(folder, database, "one", (url, key));
        using var two = PythonBot.Start(folder, database, "two", (url, key));
        PythonBot[] bots = [early, one, two];
        using var enough = new CancellationTokenSource();
        var writers = WritersAsync(server.Client, 4, enough.Token);
        var name = "";

        async Task Step(string what, Func<Task> step)
        {
            await step();
            FileLocks.Demand(server.Id, database, what);
            Assert.True(refused is null, $"After {what} a write was refused: {refused}");
            await Task.WhenAll(bots.Select(bot => bot.DemandGoesOnAsync(what)));
            Assert.Equal("ok", await Tool.IntegrityAsync(database));
            FileLocks.Demand(server.Id, database, what + " and a look of another program");
        }

        await Step("the start", () => Task.CompletedTask);
        await Step("the scheduled backup", () => UntilAsync(async () =>
            (await GetAsync(server.Client, "/api/backups"))["data"]!.AsArray().Any(static backup => (string?)backup!["made_by"] == "schedule")));
        await Step("a backup over HTTP", async () => name = (string)(await PostAsync(server.Client, "/api/backups", 201))["backup_name"]!);
        await Step("a verification over HTTP", () => PostAsync(server.Client, $"/api/backups/{name}/verify", 200));
        foreach (string[] command in new[] { ["backup", "verify", name], new[] { "backup" }, ["backup", "list"], ["cleanup"], ["status"] })
        {
            await Step($"`pilothouse {string.Join(' ', command)}`", async () =>
            {
                var (code, output, error) = await ServerProcess.RunAsync(folder, command, settings);
                Assert.True(code == 0 || command[0] == "status", $"{string.Join(' ', command)}: {output} {error}");
            });
        }

        Assert.Equal("0", await Tool.SqliteAsync(database, "SELECT count(*) FROM signals WHERE trading_pair = 'OLD/X';"));

        // These commands need a stopped server, and must not touch the file of a running one.
        foreach (string[] command in new[] { new[] { "vacuum" }, ["backup", "restore", "--yes"] })
        {
            await Step($"`pilothouse {string.Join(' ', command)}`", async () => Assert.Equal(1, (await ServerProcess.RunAsync(folder, command, settings)).Code));
        }

        await Step("a restore drill into another folder", () => DrillAsync(folder, name, settings));
        await Step("a second backup over HTTP", () => PostAsync(server.Client, "/api/backups", 201));

        await enough.CancelAsync();
        await writers;
        var written = (await Task.WhenAll(bots.Select(static bot => bot.StopAsync()))).SelectMany(static rows => rows).ToList();
        Assert.True(written.Count > 50 && acknowledged.Count > 50, $"{written.Count} rows of bots, {acknowledged.Count} over HTTP");
        await DemandAllAsync(database, written);
        Assert.Equal(0, (await server.TerminateAsync()).Code);
        await DemandAllAsync(database, written);
    }

    [Fact]
    public async Task The_scheduled_backup_the_nightly_work_and_its_integrity_check_are_done_beside_bots()
    {
        await using var server = await TestServer.StartAsync(("BACKUP_SCHEDULE_HOUR", "13"), ("BACKUP_SCHEDULE_MINUTE", "0"));
        var key = await server.CreateKeyAsync("bot", "read", "write");
        using var bot = PythonBot.Start(server.Folder, server.DatabasePath, "one", (server.Client.BaseAddress!.ToString().TrimEnd('/'), key));
        await bot.DemandGoesOnAsync("the start");
        FileLocks.Demand(Environment.ProcessId, server.DatabasePath, "the start");
        using var enough = new CancellationTokenSource();
        var writers = WritersAsync(server.Client, 4, enough.Token);
        var backups = Path.Combine(server.Folder.Path, "backups");
        await PassAsync(server, "the scheduled backup", TimeSpan.FromHours(1.5), () => Directory.Exists(backups) && Directory.GetFiles(backups, "*.gz").Length > 0);
        await bot.DemandGoesOnAsync("the scheduled backup");
        await Tool.SqliteAsync(server.DatabasePath, OldSignal + ";");

        // Another test checks when it is due. A busy machine lags behind the test's clock.
        await server.Services.GetRequiredService<NightlyMaintenance>().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", await Tool.SqliteAsync(server.DatabasePath, "SELECT count(*) FROM signals WHERE trading_pair = 'OLD/X';"));
        Assert.StartsWith("The database was whole on ", Condition(server, "integrity"), StringComparison.Ordinal);
        await bot.DemandGoesOnAsync("the nightly work");
        FileLocks.Demand(Environment.ProcessId, server.DatabasePath, "the night");
        await enough.CancelAsync();
        await writers;
        await DemandAllAsync(server.DatabasePath, await bot.StopAsync());
    }

    private static string Condition(TestServer server, string name) =>
        server.Services.GetServices<IWatched>().Select(static watched => watched.Look()).Single(condition => condition.Name == name).Message;

    /// <summary>Moves the clock by minutes until something was done, slowly after the given time. The locks are checked after each step.</summary>
    private async Task PassAsync(TestServer server, string what, TimeSpan most, Func<bool> isDone)
    {
        var end = server.Clock.GetUtcNow() + most;
        for (var late = 0; !isDone(); server.Clock.Advance(TimeSpan.FromMinutes(1)))
        {
            late += server.Clock.GetUtcNow() < end ? 0 : 1;
            Assert.True(late < 55, $"{what} was not done. {Condition(server, "maintenance")} {Condition(server, "integrity")}");
            await Task.Delay(late == 0 ? 10 : 500, TestContext.Current.CancellationToken);
            FileLocks.Demand(Environment.ProcessId, server.DatabasePath, what);
            Assert.True(refused is null, $"During {what} a write was refused: {refused}");
        }
    }

    private static async Task DrillAsync(TemporaryFolder folder, string name, (string, string)[] settings)
    {
        var elsewhere = Directory.CreateDirectory(folder.File("drill")).FullName;
        (string, string)[] drill = [.. settings, ("DATABASE_PATH", Path.Combine(elsewhere, "trading_bot.db"))];
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["backup", "restore", name, "--yes"], drill);
        Assert.True(code == 0, output + error);
        Assert.Equal("ok", await Tool.IntegrityAsync(Path.Combine(elsewhere, "trading_bot.db")));
        Assert.NotEqual("0", await Tool.SqliteAsync(Path.Combine(elsewhere, "trading_bot.db"), "SELECT count(*) FROM signals WHERE trading_pair LIKE '%/PY';"));
    }

    /// <summary>Clients of the API; the first refusal is kept and ends its client.</summary>
    private Task WritersAsync(HttpClient client, int count, CancellationToken enough)
    {
        async Task WriteAsync(int writer)
        {
            for (var i = 0; !enough.IsCancellationRequested && refused is null; i++)
            {
                var strategy = string.Create(CultureInfo.InvariantCulture, $"w{writer}n{i}");
                var (status, body) = await client.SendAsync("POST", "/api/signals",
                    $$"""{"trading_pair":"HTTP/X","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"{{strategy}}"}""");
                if (status != 201 || !acknowledged.TryAdd((long)body["signal_id"]!, strategy))
                {
                    refused = $"{status}: {body.ToJsonString()}";
                }

                await Task.Delay(5, CancellationToken.None);
            }
        }

        return Task.WhenAll(Enumerable.Range(0, count).Select(WriteAsync));
    }

    private async Task DemandAllAsync(string database, List<string> rows)
    {
        Assert.Null(refused);
        Assert.Equal("ok", await Tool.IntegrityAsync(database));
        var there = (await Tool.SqliteAsync(database, string.Concat(rows.Select(static row => $"SELECT {row};\n")))).Split('\n');
        Assert.Empty(rows.Where((_, i) => there[i] != "1"));
        var stored = (await Tool.SqliteAsync(database, "SELECT id || ' ' || strategy FROM signals WHERE trading_pair = 'HTTP/X' ORDER BY id;")).Split('\n');
        Assert.Equal(acknowledged.OrderBy(static row => row.Key).Select(static row => FormattableString.Invariant($"{row.Key} {row.Value}")), stored);
    }

    private static async Task<JsonObject> GetAsync(HttpClient client, string path) => (await client.SendAsync("GET", path)).Body;

    private static async Task<JsonObject> PostAsync(HttpClient client, string path, int expected)
    {
        // The scheduled backup is listed a moment before it has ended.
        var (status, body) = await client.SendAsync("POST", path);
        for (var watch = Stopwatch.StartNew(); (string?)body["code"] == "backup-running" && watch.Elapsed < TimeSpan.FromSeconds(30); await Task.Delay(50))
        {
            (status, body) = await client.SendAsync("POST", path);
        }

        Assert.True(status == expected, $"POST {path} answered {status}: {body.ToJsonString()}");
        return body;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var watch = Stopwatch.StartNew(); !await isSo(); await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "it did not happen");
        }
    }
}
