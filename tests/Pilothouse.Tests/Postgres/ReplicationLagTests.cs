using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>How far a standby is behind, as /metrics tells it.</summary>
public sealed class ReplicationLagTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_lag_is_told_where_the_role_may_see_it_and_left_out_where_it_may_not()
    {
        await using var primary = await PostgresCluster.StartAsync();
        await using var standby = await primary.FollowAsync("second", "-c", "recovery_min_apply_delay=3s");
        await primary.ExecuteAsync("postgres", "CREATE ROLE plain LOGIN PASSWORD 'plain'");
        var url = await primary.CreateDatabaseAsync();
        var name = url[(url.LastIndexOf('/') + 1)..];
        await primary.ExecuteAsync("postgres", $"ALTER DATABASE {name} OWNER TO plain");
        await using var server = await TestServer.StartAsync(("DATABASE_URL", string.Create(CultureInfo.InvariantCulture, $"postgres://plain:plain@127.0.0.1:{primary.Port}/{name}")));

        // The number of standbys needs no right. It is there as soon as the server has looked.
        await using var bots = new RetryingBots(4, await server.CreateKeyAsync("bots", "write"), server.Client.BaseAddress!);
        await bots.MoreAsync(20);
        Assert.Equal(1, await UntilAsync(server, "pilothouse_db_standbys", static value => value == 1));
        Assert.Null(await FindAsync(server, "pilothouse_db_replication_lag_seconds"));

        // The standby applies each commit three seconds late.
        await primary.ExecuteAsync("postgres", "GRANT pg_monitor TO plain");
        Assert.InRange((await UntilAsync(server, "pilothouse_db_replication_lag_seconds", static value => value > 2)).GetValueOrDefault(), 2, 30);

        // A standby that has everything is not behind, for as long as nobody writes.
        await bots.StopAsync();
        Assert.Equal(0, await UntilAsync(server, "pilothouse_db_replication_lag_seconds", static value => value == 0));

        await primary.ExecuteAsync("postgres", "REVOKE pg_monitor FROM plain");
        await UntilAsync(server, "pilothouse_db_replication_lag_seconds", static value => value is null);
        Assert.Equal(1, await FindAsync(server, "pilothouse_db_standbys"));
    }

    /// <summary>Waits for a value of a metric; it is renewed every five seconds.</summary>
    private static async Task<double?> UntilAsync(TestServer server, string metric, Func<double?, bool> isSo)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ; await Task.Delay(100))
        {
            var value = await FindAsync(server, metric);
            if (isSo(value))
            {
                return value;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{metric} is {value}");
        }
    }

    /// <summary>Returns the value of a metric; null if it is not there.</summary>
    private static async Task<double?> FindAsync(TestServer server, string metric)
    {
        var line = Regex.Match(await server.Client.GetStringAsync("/metrics"), $@"(?m)^{metric}(?:\{{.*\}})? (\S+)");
        return line.Success ? double.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture) : null;
    }
}
