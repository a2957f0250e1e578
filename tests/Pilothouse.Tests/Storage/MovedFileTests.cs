using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>If a file is moved, removed or replaced under a running server, the server must not acknowledge writes that would be lost.</summary>
public sealed class MovedFileTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Theory]
    [InlineData("trading_bot.db", false)]
    [InlineData("trading_bot.db", true)]
    [InlineData("trading_bot.db-wal", false)]
    [InlineData("trading_bot.db-wal", true)]
    public async Task Writes_are_refused_and_health_is_red_until_it_is_back(string name, bool replaced)
    {
        using var folder = new TemporaryFolder();
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim();
        await using var server = await ServerProcess.ServeAsync(folder);
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        Assert.Equal("connected", (string?)(await server.Client.SendAsync("GET", "/health")).Body["database"]);

        File.Move(folder.File(name), folder.File("elsewhere"));
        if (replaced)
        {
            File.Copy(folder.File("elsewhere"), folder.File(name));
        }

        var (status, refused) = await PostAsync(server, key);
        Assert.Equal((503, "database-unavailable"), (status, (string?)refused["code"]));

        // This is tried with and without a credential, because credentials are in the database, too.
        foreach (var headers in new (string, string)[][] { [], [("X-Api-Key", key)] })
        {
            foreach (var path in new[] { "/health", "/health/ready" })
            {
                (status, var health) = await server.Client.SendAsync("GET", path, null, headers);
                Assert.Equal(503, status);
                Assert.Equal(["success", "status", "service", "version", "timestamp", "database", "error", "message", "code"], health.Select(static field => field.Key));
                Assert.Equal((false, "unhealthy", "database-unavailable"), ((bool)health["success"]!, (string?)health["status"], (string?)health["code"]));
                Assert.DoesNotContain(folder.Path, health.ToJsonString(), StringComparison.Ordinal);
            }
        }

        var (code, output, _) = await ServerProcess.RunAsync(folder, ["status"]);
        Assert.True(code == 1 && output.Contains("The database does not answer the server", StringComparison.Ordinal), output);

        File.Move(folder.File("elsewhere"), folder.File(name), overwrite: true);
        Assert.Equal(201, (await PostAsync(server, key)).Status);
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/health")).Status);
        Assert.Equal(0, (await server.TerminateAsync()).Code);
        Assert.Equal("2", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT count(*) FROM signals;"));
        Assert.Equal("ok", await Tool.IntegrityAsync(folder.File("trading_bot.db")));
        JsonObject[] errors = [.. (await File.ReadAllLinesAsync(folder.File("logs/mcp_server_error.log"), TestContext.Current.CancellationToken)).Select(static line => JsonNode.Parse(line)!.AsObject())];
        Assert.Contains(errors, line => ((string?)line["reason"])?.StartsWith(folder.File(name) + " was moved or replaced", StringComparison.Ordinal) == true);
        Assert.All(errors, static line => Assert.Null(line["exception"]));
    }

    private static Task<(int Status, JsonObject Body)> PostAsync(ServerProcess server, string key) => server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key));
}
