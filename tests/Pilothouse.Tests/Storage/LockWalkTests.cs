using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>Promise 8 of the plan: whatever a server does, and whoever works beside it, it keeps the locks of its database.</summary>
public sealed class LockWalkTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Fact]
    public async Task Every_route_and_every_background_job_leaves_the_locks_of_the_server_as_they_are()
    {
        await using var server = await TestServer.StartAsync();
        async Task Demand(string after)
        {
            FileLocks.Demand(Environment.ProcessId, server.DatabasePath, after);
            await Tool.SqliteAsync(server.DatabasePath, "SELECT count(*) FROM signals;");
            FileLocks.Demand(Environment.ProcessId, server.DatabasePath, after + " and a look of another program");
        }

        await Demand("the start");
        var bodies = await ExampleBodies.OfAsync(server);
        bodies["POST /api/auth/login"] = $$"""{"pin":"{{TestServer.Pin}}"}""";
        var paths = (await server.GetAsync("/openapi/v1.json"))["paths"]!.AsObject();
        string[] documented = [.. paths.SelectMany(static path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"))];
        string[] others = ["GET /docs", "GET /openapi/v1.json", "GET /metrics", "GET /nothing", "GET /api/nothing"];

        // Writes first, so that reads find something; keys are revoked and sessions ended last.
        foreach (var route in documented.Concat(others).OrderBy(Place))
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            path = path.Replace("{id}", path.Contains("keys", StringComparison.Ordinal) ? "2" : "1", StringComparison.Ordinal)
                .Replace("{name}", "trading_bot_backup_20260302_120000.db.gz", StringComparison.Ordinal);
            foreach (var sent in method == "GET" ? new[] { "GET", "HEAD" } : [method])
            {
                var body = bodies.GetValueOrDefault(route) is { } json ? Encoding.UTF8.GetBytes(json) : null;
                using var answer = await server.Client.RawAsync(sent, path + Query(path), body);
                Assert.True((int)answer.StatusCode < 500, $"{sent} {path} answered {(int)answer.StatusCode}");
                await Demand($"{sent} {path}, which answered {(int)answer.StatusCode},");
            }
        }

        var jobs = server.Services.GetServices<IHostedService>().ToList();
        await jobs.OfType<Housekeeping>().Single().RunAsync(TestContext.Current.CancellationToken);
        await Demand("the housekeeping");
        await jobs.OfType<NightlyMaintenance>().Single().RunAsync(TestContext.Current.CancellationToken);
        await Demand("the nightly work");
        await server.Services.GetRequiredService<IntegrityCheck>().RunAsync(TestContext.Current.CancellationToken);
        await Demand("the integrity check");

        // Whatever else runs by the clock, through a day and a night.
        for (var end = server.Clock.GetUtcNow().AddHours(26); server.Clock.GetUtcNow() < end; server.Clock.Advance(TimeSpan.FromMinutes(5)))
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
            FileLocks.Demand(Environment.ProcessId, server.DatabasePath, string.Create(CultureInfo.InvariantCulture, $"what runs at {server.Clock.GetUtcNow():HH:mm}"));
        }

        await Demand("the day");
        await server.PostAsync("/api/signals", Signal);
        Assert.Equal("ok", await Tool.IntegrityAsync(server.DatabasePath));
    }

    [Fact]
    public async Task Every_command_beside_the_server_leaves_its_locks_as_they_are()
    {
        using var folder = new TemporaryFolder();
        var database = folder.File("trading_bot.db");
        (string, string)[] settings = [("BACKUP_DIR", folder.File("backups")), ("RATE_LIMIT_ENABLED", "false")];
        await using var server = await ServerProcess.ServeAsync(folder, settings);
        var url = $"http://127.0.0.1:{server.Port}";
        var candles = folder.File("candles.csv");
        var recorded = Repository.PathOf("samples", "data", "btc-usd-1m-2018-04-04_05.csv");
        await File.WriteAllLinesAsync(candles, File.ReadLines(recorded).Take(200), TestContext.Current.CancellationToken);
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "walk", "--scopes", "read,write,control"], settings)).Out.Trim();
        string[][] commands =
        [
            ["key", "list"], ["key", "revoke", "4711"], ["key", "hash-pin", "135790"], ["webhook", "create", "--name", "walk", "--kind", "tradingview"], ["webhook", "list"], ["webhook", "revoke", "4711"], ["alert", "test"], ["migrate"], ["serve"], ["status"], ["status", "--json"],
            ["check"], ["check", "--json"], ["backup"], ["backup", "create"], ["backup", "list"], ["backup", "verify"], ["backup", "restore", "--yes"],
            ["cleanup", "--dry-run"], ["cleanup"], ["vacuum"], ["audit", "verify"], ["audit", "export"],
            ["import", "csv", candles, "--into", "candles"], ["import", "freqtrade", database], ["import", "flask", database, "--dry-run"],
            ["replay", "--server", url, "--api-key", key, "--data", candles], ["mcp", "--server", url],
            ["move", "--from", database, "--to", "postgres://nobody:none@127.0.0.1:1/none"], ["move", "--from", database, "--to", "postgres://nobody:none@127.0.0.1:1/none", "--dry-run"],
        ];
        await DemandAsync(server, database, key, "the start");
        foreach (var command in commands)
        {
            var (code, _, _) = await ServerProcess.RunAsync(folder, command, [.. settings, ("MCP_SERVER_PORT", server.Port.ToString(CultureInfo.InvariantCulture))]);
            await DemandAsync(server, database, key, $"`pilothouse {string.Join(' ', command)}`, which ended with {code},");
        }

        await using (var service = ServerProcess.Begin(folder, ["backup", "service"], settings))
        {
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            await service.TerminateAsync();
        }

        await DemandAsync(server, database, key, "`pilothouse backup service`");
        foreach (var command in await SubcommandsAsync(folder))
        {
            var isTried = commands.Any(tried => $"{string.Join(' ', tried)} ".StartsWith(command + " ", StringComparison.Ordinal));
            Assert.True(isTried || command is "backup service" or "key create", $"`pilothouse {command}` is new: run it in this test.");
        }
    }

    private static int Place(string route) => route switch
    {
        _ when route.StartsWith("POST /api/trades/", StringComparison.Ordinal) => 2,
        _ when route.StartsWith("POST", StringComparison.Ordinal) => 1,
        _ => 3,
    };

    private static string Query(string path) => path switch
    {
        "/api/correlation" => "?asset1=A&asset2=B",
        "/api/cost-analytics" => "?hours=87600",
        "/api/performance" => "?trading_pair=A/B",
        _ => "",
    };

    private static async Task DemandAsync(ServerProcess server, string database, string key, string after)
    {
        FileLocks.Demand(server.Id, database, after);
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key));
        Assert.True(status == 201, $"After {after} a write answered {status}: {body.ToJsonString()}");
        Assert.Equal("1", await Tool.SqliteAsync(database, $"SELECT count(*) FROM signals WHERE id = {body["signal_id"]};"));
        FileLocks.Demand(server.Id, database, after + " and a look of another program");
    }

    /// <summary>Every command that --help shows, with those below it.</summary>
    private static async Task<List<string>> SubcommandsAsync(TemporaryFolder folder, string above = "")
    {
        string[] words = above.Length == 0 ? ["--help"] : [.. above.Split(' '), "--help"];
        var help = (await ServerProcess.RunAsync(folder, words)).Out;
        var found = new List<string>();
        foreach (var line in help.Split("Commands:").Skip(1).SelectMany(static part => part.Split('\n')).Where(static line => line is [' ', ' ', not ' ', ..]))
        {
            var name = $"{above} {line.Trim().Split(' ')[0]}".Trim();
            found.Add(name);
            found.AddRange(await SubcommandsAsync(folder, name));
        }

        Assert.True(above.Length > 0 || found.Count > 10, help);
        return found;
    }
}
