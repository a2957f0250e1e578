using System.Globalization;
using Npgsql;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>A PostgreSQL that has no room, no connection or no right left: each is told in a sentence, and nothing acknowledged is lost.</summary>
public sealed class PostgresLimitTests
{
    private const string Signal = """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":5,"price":1.5}""";

    [Fact]
    public async Task A_full_disk_of_PostgreSQL_is_told_loses_nothing_and_passes()
    {
        await using var disk = await SmallDisk.MountAsync(200);
        string[] options = ["-c", "min_wal_size=32MB", "-c", "max_wal_size=32MB", "-c", "shared_buffers=16MB"];
        await using var cluster = await PostgresCluster.StartAsync(disk, options);
        var url = await cluster.CreateDatabaseAsync();
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("DATABASE_URL", url), ("RATE_LIMIT_ENABLED", "false"));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"], ("DATABASE_URL", url))).Out.Trim();
        await using var bots = new RetryingBots(8, key, server.Client.BaseAddress!);
        await bots.MoreAsync(100);
        disk.Fill();
        for (var waited = 0; bots.Failures.IsEmpty; waited++)
        {
            Assert.True(waited < 600, "The disk did not become full.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await Task.Delay(1000, TestContext.Current.CancellationToken);
        disk.Free();
        if (cluster.HasEnded)
        {
            // PostgreSQL ends itself where its log has no room, and is started by its owner.
            await cluster.StartAgainAsync(options);
        }

        await bots.MoreAsync(100);
        await bots.CompareAsync(sql => cluster.ExecuteAsync(url[(url.LastIndexOf('/') + 1)..], sql));
        Assert.All(bots.Failures.Keys, static failure => Assert.Matches("^(507 disk-full The disk of PostgreSQL is full|503 (overloaded|write-in-doubt))", failure));
    }

    [Fact]
    public async Task Used_up_connections_are_told_and_the_server_goes_on_when_there_are_some_again()
    {
        await using var cluster = await PostgresCluster.StartAsync("-c", "max_connections=20", "-c", "superuser_reserved_connections=3");
        await cluster.ExecuteAsync("postgres", "CREATE ROLE plain LOGIN PASSWORD 'plain'");
        var url = await cluster.CreateDatabaseAsync();
        var name = url[(url.LastIndexOf('/') + 1)..];
        await cluster.ExecuteAsync("postgres", $"ALTER DATABASE {name} OWNER TO plain");
        var plain = string.Create(CultureInfo.InvariantCulture, $"postgres://plain:plain@127.0.0.1:{cluster.Port}/{name}");
        var hogs = new List<NpgsqlConnection>();
        using var folder = new TemporaryFolder();
        await using (var server = await ServerProcess.ServeAsync(folder, ("DATABASE_URL", plain)))
        {
            var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"], ("DATABASE_URL", plain))).Out.Trim();
            await TakeAllAsync(cluster, hogs, name);
            var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key));
            Assert.Equal((503, "overloaded"), (status, (string?)body["code"]));
            Assert.Equal(503, (await server.Client.SendAsync("GET", "/health")).Status);
            var told = await ServerProcess.RunAsync(folder, ["status"], ("DATABASE_URL", plain));
            Assert.Equal(1, told.Code);

            await ReleaseAsync(hogs);
            for (var tries = 0; (await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key))).Status != 201; tries++)
            {
                Assert.True(tries < 100, "It did not go on.");
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            await LoggedAsync(folder, "has no connection left");
        }

        await HogAsync(cluster, hogs);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("DATABASE_URL", plain));
        Assert.Equal(1, code);
        Assert.Contains("cannot be used: 53300", error, StringComparison.Ordinal);
        await ReleaseAsync(hogs);
    }

    [Fact]
    public async Task A_role_without_rights_is_told_at_the_start_and_one_that_loses_them_while_the_server_runs()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        var name = url[(url.LastIndexOf('/') + 1)..];
        await cluster.ExecuteAsync("postgres", $"CREATE ROLE weak_{name} LOGIN PASSWORD 'weak'");
        var weak = string.Create(CultureInfo.InvariantCulture, $"postgres://weak_{name}:weak@127.0.0.1:{cluster.Port}/{name}");
        using var folder = new TemporaryFolder();
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], ("DATABASE_URL", weak));
        Assert.Equal(1, code);
        Assert.Contains("the rights of the role: it must be able to create tables", error, StringComparison.Ordinal);

        await cluster.ExecuteAsync("postgres", $"ALTER DATABASE {name} OWNER TO weak_{name}");
        await using var server = await ServerProcess.ServeAsync(folder, ("DATABASE_URL", weak));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"], ("DATABASE_URL", weak))).Out.Trim();
        await cluster.ExecuteAsync(name, $"REASSIGN OWNED BY weak_{name} TO owner");
        await cluster.ExecuteAsync(name, $"GRANT SELECT ON ALL TABLES IN SCHEMA public TO weak_{name}; GRANT ALL ON write_guard TO weak_{name}");
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key));
        Assert.Equal((503, "database-unavailable"), (status, (string?)body["code"]));
        await LoggedAsync(folder, "lacks a right: permission denied");
        await cluster.ExecuteAsync(name, $"GRANT ALL ON ALL TABLES IN SCHEMA public TO weak_{name}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO weak_{name}");
        Assert.Equal(201, (await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key))).Status);
    }

    /// <summary>Waits until the error log has the text: its lines are gathered for a quarter of a second.</summary>
    private static async Task LoggedAsync(TemporaryFolder folder, string text)
    {
        var log = "";
        for (var tries = 0; !log.Contains(text, StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 50, $"Not logged: {text}. {log}");
            await Task.Delay(100);
            log = await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log"));
        }
    }

    /// <summary>Ends the connections to the database and takes their places, until none is left: the server opens new ones whenever it can.</summary>
    private static async Task TakeAllAsync(PostgresCluster cluster, List<NpgsqlConnection> hogs, string name)
    {
        for (var tries = 0; tries == 0 || await cluster.ExecuteAsync("postgres", $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'") != "0"; tries++)
        {
            Assert.True(tries < 100, "The server kept a connection.");
            await cluster.ExecuteAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            await HogAsync(cluster, hogs);
        }
    }

    private static async Task HogAsync(PostgresCluster cluster, List<NpgsqlConnection> hogs)
    {
        while (true)
        {
            var hog = new NpgsqlConnection(string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={cluster.Port};Username=plain;Password=plain;Database=postgres;Pooling=false"));
            try
            {
                await hog.OpenAsync();
                hogs.Add(hog);
            }
            catch (PostgresException)
            {
                await hog.DisposeAsync();
                return;
            }
        }
    }

    private static async Task ReleaseAsync(List<NpgsqlConnection> hogs)
    {
        foreach (var hog in hogs)
        {
            await hog.DisposeAsync();
        }

        hogs.Clear();
    }
}
