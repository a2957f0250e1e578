using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Configuration;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>A primary with a standby: the primary is lost, and the standby answers long reads.</summary>
public sealed class PostgresStandbyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_primary_that_dies_under_load_loses_nothing_when_its_synchronous_standby_is_promoted()
    {
        await using var primary = await PostgresCluster.StartAsync("-c", "synchronous_standby_names=ANY 1 (second)");
        await using var standby = await primary.FollowAsync("second");
        var url = await primary.CreateDatabaseAsync();
        var both = url.Replace($"127.0.0.1:{primary.Port}", $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("DATABASE_URL", both), ("RATE_LIMIT_ENABLED", "false"));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bots"], ("DATABASE_URL", both))).Out.Trim();
        await using var bots = new RetryingBots(8, key, server.Client.BaseAddress!);
        await bots.MoreAsync(200);
        await primary.KillAsync();
        await standby.PromoteAsync();
        await bots.MoreAsync(200);
        await bots.CompareAsync(sql => standby.ExecuteAsync(url[(url.LastIndexOf('/') + 1)..], sql));
        Assert.True(bots.LongestGap < TimeSpan.FromSeconds(15), $"{bots.LongestGap} without an answer. {bots.Told()}");
        Assert.All(bots.Failures.Keys, static failure => Assert.Matches("^503 (overloaded|write-in-doubt|database-unavailable) .*(send|Send|again|Name)", failure));
        Assert.Equal(200, (await server.Client.SendAsync("GET", "/health")).Status);
    }

    [Fact]
    public async Task A_backup_and_a_restore_find_the_primary_where_the_address_names_a_standby_first()
    {
        await using var primary = await PostgresCluster.StartAsync();
        await using var standby = await primary.FollowAsync("second");
        var url = await primary.CreateDatabaseAsync();
        var both = url.Replace($"127.0.0.1:{primary.Port}", $"127.0.0.1:{standby.Port},127.0.0.1:{primary.Port}", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        foreach (var command in new[] { "migrate", "backup", "backup verify", "backup restore --yes" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(folder, command.Split(' '), ("DATABASE_URL", both), ("JWT_SECRET_KEY", TestServer.Secret));
            Assert.True(code == 0, $"{command}: {error}");
        }
    }

    [Fact]
    public async Task A_standby_answers_long_reads_only_and_the_primary_does_while_it_is_gone()
    {
        // A standby that is an hour behind shows which of the two has answered.
        await using var primary = await PostgresCluster.StartAsync();
        var standby = await primary.FollowAsync("second", "-c", "recovery_min_apply_delay=1h");
        await using var closing = standby;
        var url = await primary.CreateDatabaseAsync();
        await using var first = await TestServer.StartAsync(("DATABASE_URL", url));
        await first.PostAsync("/api/trades", Closed(1));
        await standby.ExecuteAsync("postgres", "SELECT 1");

        // The delay is taken away for a moment, until the standby has the first trade.
        var name = url[(url.LastIndexOf('/') + 1)..];
        standby.Stop();
        await standby.StartAgainAsync();
        await UntilAsync(async () => await standby.ExecuteAsync("postgres", $"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == "1" && await CountAsync(standby, name) == "1", standby.Log);
        standby.Stop();
        await standby.StartAgainAsync("-c", "recovery_min_apply_delay=1h");

        await using var server = await TestServer.StartAsync(
            ("DATABASE_URL", url), ("DATABASE_READ_URL", url.Replace($":{primary.Port}/", $":{standby.Port}/", StringComparison.Ordinal)));
        await server.PostAsync("/api/trades", Closed(2));
        Assert.Equal(2, await TradesAsync(server, ""));
        Assert.Equal(1, await TradesAsync(server, "?trading_pair=BTC/USDT"));
        Assert.Equal(2, (int)(await server.GetAsync("/api/trades"))["count"]!);
        Assert.Equal("ok", await StateAsync(server));
        await UntilAsync(async () => Regex.IsMatch(await MetricsAsync(server), @"(?m)^pilothouse_db_standbys(\{.*\})? 1\b"));

        standby.Stop();
        Assert.Equal(2, await TradesAsync(server, "?trading_pair=BTC/USDT"));
        Assert.Equal("warning", await StateAsync(server));
        await standby.StartAgainAsync("-c", "recovery_min_apply_delay=1h");
        await UntilAsync(async () => await StateAsync(server) == "ok");
        Assert.Equal(1, await TradesAsync(server, "?trading_pair=BTC/USDT"));
    }

    [Theory]
    [InlineData(-3600, "3600 seconds behind that of PostgreSQL")]
    [InlineData(3600, "3600 seconds ahead of that of PostgreSQL")]
    [InlineData(5, null)]
    public async Task A_clock_that_differs_from_that_of_PostgreSQL_is_told(int seconds, string? expected)
    {
        var cluster = await PostgresCluster.SharedAsync();
        var address = new PostgresAddress(DatabaseUrl.Parse(cluster.UrlOf("postgres")));
        await using var source = address.Open(1);
        var upkeep = new PostgresUpkeep(address, source, null, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds)));
        await upkeep.LookAsync(TestContext.Current.CancellationToken);
        if (expected is null)
        {
            Assert.Null(upkeep.Concern);
            return;
        }

        var told = upkeep.Concern!.Replace("3599", "3600", StringComparison.Ordinal).Replace("3601", "3600", StringComparison.Ordinal);
        Assert.Contains(expected, told, StringComparison.Ordinal);
    }

    private static async Task<string?> CountAsync(PostgresCluster standby, string name)
    {
        try
        {
            return await standby.ExecuteAsync(name, "SELECT count(*) FROM trades");
        }
        catch (Npgsql.PostgresException)
        {
            // The table has not arrived yet.
            return null;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? told = null)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(100))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"It did not happen. {told?.Invoke()}");
        }
    }

    private static async Task<int> TradesAsync(TestServer server, string query) => (int)(await server.GetAsync("/api/performance" + query))["data"]!["total_trades"]!;

    private static async Task<string?> StateAsync(TestServer server) =>
        (string?)(await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "database")!["state"];

    private static async Task<string> MetricsAsync(TestServer server) => await server.Client.GetStringAsync("/metrics");

    private static string Closed(int quantity) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"trading_pair":"BTC/USDT","side":"BUY","entry_price":1,"exit_price":2,"quantity":{{quantity}},"status":"closed","timestamp":"2026-03-01T00:00:00Z","closed_at":"2026-03-02T00:00:00Z"}""");
}
