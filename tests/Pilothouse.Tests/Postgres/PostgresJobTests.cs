using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Backups;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>The daily work of several servers on one database: one of them does it, and another takes over when that one dies.</summary>
public sealed class PostgresJobTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_server_has_a_job_until_it_lets_go_or_its_connection_ends()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (one, name) = await cluster.OpenAsync();
        await using var closing = one;
        await using var two = DatabaseEngine.OpenForCommand(TestServer.SettingsFor(new TemporaryFolder(), ("DATABASE_URL", cluster.UrlOf(name))), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var held = await one.TryTakeJobAsync("backup", TestContext.Current.CancellationToken);
        Assert.NotNull(held);
        Assert.Null(await two.TryTakeJobAsync("backup", TestContext.Current.CancellationToken));
        await using (var other = await two.TryTakeJobAsync("nightly", TestContext.Current.CancellationToken))
        {
            Assert.NotNull(other);
        }

        await held.DisposeAsync();
        var again = await two.TryTakeJobAsync("backup", TestContext.Current.CancellationToken);
        Assert.NotNull(again);
        await cluster.ExecuteAsync(name, "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'");
        await using var taken = await one.TryTakeJobAsync("backup", TestContext.Current.CancellationToken);
        Assert.NotNull(taken);
        await again.DisposeAsync();
    }

    [Fact]
    public async Task The_nightly_work_is_done_by_one_server_and_taken_over_from_one_that_dies()
    {
        await using var pair = await Pair.StartAsync();
        var (one, two) = (pair.One.Services.GetRequiredService<NightlyMaintenance>(), pair.Two.Services.GetRequiredService<NightlyMaintenance>());
        var dying = await pair.One.Services.GetRequiredService<Database>().TryTakeJobAsync("nightly", TestContext.Current.CancellationToken);
        var waiting = two.RunOnceForAllAsync(TestContext.Current.CancellationToken);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        Assert.Equal("0", await pair.SqlAsync("SELECT count(*) FROM maintenance_runs WHERE task = 'nightly'"));

        await dying!.DisposeAsync();
        await pair.AdvanceUntilAsync(() => Task.FromResult(waiting.IsCompleted));
        await waiting;
        var ran = await pair.SqlAsync("SELECT finished_at FROM maintenance_runs WHERE task = 'nightly'");
        pair.Clock.Advance(TimeSpan.FromMinutes(1));
        await one.RunOnceForAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ran, await pair.SqlAsync("SELECT finished_at FROM maintenance_runs WHERE task = 'nightly'"));
        Assert.StartsWith("The nightly work deleted", one.Look().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_scheduled_backup_is_made_by_one_server_and_the_other_knows_of_it()
    {
        await using var pair = await Pair.StartAsync();
        var dying = await pair.One.Services.GetRequiredService<Database>().TryTakeJobAsync("backup", TestContext.Current.CancellationToken);
        var now = pair.Clock.GetUtcNow();
        pair.Clock.Advance(now.Date.AddDays(now.Hour < 2 ? 0 : 1).AddHours(2).AddMinutes(1) - now.UtcDateTime);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Empty(pair.Backups());

        await dying!.DisposeAsync();
        await pair.AdvanceUntilAsync(() => Task.FromResult(pair.Backups().Length == 1 && pair.Health().All(static health => health.Shared is not null)));
        var name = Path.GetFileName(pair.Backups().Single());
        Assert.All(pair.Health(), health => Assert.StartsWith($"{name} on ", health.Shared!.Name, StringComparison.Ordinal));
        Assert.All(pair.Health(), static health => Assert.Equal(Pilothouse.Monitoring.ConditionState.Ok, health.Look().State));
        pair.Clock.Advance(TimeSpan.FromHours(22));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Single(pair.Backups());

        // Both hold that the next one is overdue as long as nobody makes it.
        await using var stuck = await pair.One.Services.GetRequiredService<Database>().TryTakeJobAsync("backup", TestContext.Current.CancellationToken);
        pair.Clock.Advance(TimeSpan.FromHours(6));
        Assert.All(pair.Health(), static health => Assert.Equal(Pilothouse.Monitoring.ConditionState.Failed, health.Look().State));
    }

    /// <summary>Two servers on one new database, with one clock and a folder each.</summary>
    private sealed class Pair : IAsyncDisposable
    {
        private readonly PostgresCluster cluster;
        private readonly string name;

        private Pair(PostgresCluster cluster, string name, FakeTimeProvider clock, TestServer one, TestServer two) =>
            (this.cluster, this.name, Clock, One, Two) = (cluster, name, clock, one, two);

        public FakeTimeProvider Clock { get; }

        public TestServer One { get; }

        public TestServer Two { get; }

        public static async Task<Pair> StartAsync()
        {
            var cluster = await PostgresCluster.SharedAsync();
            var url = await cluster.CreateDatabaseAsync();

            // The migrations are of the machine's own time: no backup was due since then.
            var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            var one = await TestServer.StartAsync(new TemporaryFolder(), clock, ("DATABASE_URL", url));
            var two = await TestServer.StartAsync(new TemporaryFolder(), clock, ("DATABASE_URL", url));
            return new(cluster, url[(url.LastIndexOf('/') + 1)..], clock, one, two);
        }

        public BackupHealth[] Health() => [One.Services.GetRequiredService<BackupHealth>(), Two.Services.GetRequiredService<BackupHealth>()];

        public string[] Backups() => [.. new[] { One, Two }.Select(static server => server.Folder.File("backups")).Where(Directory.Exists).SelectMany(static folder => Directory.GetFiles(folder, "trading_bot_backup_*"))];

        /// <summary>Moves the clock by a minute every tenth of a second until the condition holds.</summary>
        public async Task AdvanceUntilAsync(Func<Task<bool>> condition)
        {
            for (var began = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(100))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "It did not happen.");
                Clock.Advance(TimeSpan.FromMinutes(1));
            }
        }

        public Task<string?> SqlAsync(string sql) => cluster.ExecuteAsync(name, sql);

        public async ValueTask DisposeAsync()
        {
            await One.DisposeAsync();
            await Two.DisposeAsync();
            await cluster.DropAsync(name);
        }
    }
}
