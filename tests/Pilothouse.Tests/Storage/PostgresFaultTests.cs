using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>What goes wrong with a database on another machine: nothing acknowledged is lost, and every failure is a sentence.</summary>
public sealed class PostgresFaultTests
{
    private static readonly Sql Insert = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES (@pair, 'BUY', 1, 1) RETURNING id");
    private static readonly Sql Pairs = new("SELECT trading_pair FROM signals");
    private static readonly Sql Count = new("SELECT count(*) FROM signals");

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_loses_nothing_that_was_acknowledged()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        var (database, _) = await cluster.OpenAsync();
        await using var closing = database;
        var rounds = Environment.GetEnvironmentVariable("PILOTHOUSE_SLOW_TESTS") == "1" ? 50 : 3;
        for (var round = 0; round < rounds; round++)
        {
            var acknowledged = new ConcurrentBag<string>();
            var failures = new ConcurrentBag<Exception>();
            using var end = new CancellationTokenSource();
            var writers = Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; !end.IsCancellationRequested; i++)
                {
                    var pair = string.Create(CultureInfo.InvariantCulture, $"{round}-{writer}-{i}");
                    try
                    {
                        await StoreAsync(database, pair);
                        acknowledged.Add(pair);
                    }
                    catch (Exception error) when (error is DatabaseBusyException or DatabaseInDoubtException)
                    {
                        failures.Add(error);
                        await Task.Delay(5);
                    }
                }
            })).ToList();
            await Task.Delay(300);
            await cluster.KillAsync();
            await Task.Delay(100);
            await cluster.StartAgainAsync();
            var before = acknowledged.Count;
            for (var watch = Stopwatch.StartNew(); acknowledged.Count == before && watch.Elapsed < TimeSpan.FromSeconds(10);)
            {
                await Task.Delay(20);
            }

            await end.CancelAsync();
            await Task.WhenAll(writers);
            Assert.True(acknowledged.Count > before, "no write was stored after the start");
            Assert.NotEmpty(failures);
            var stored = (await database.ReadAsync(static session => session.Prepare(Pairs).ListAsync(static row => row.Text(0)!))).ToHashSet();
            Assert.DoesNotContain(acknowledged, pair => !stored.Contains(pair));
        }
    }

    [Fact]
    public async Task A_lock_that_another_program_holds_is_waited_for_with_an_end_and_readers_go_on()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (database, name) = await cluster.OpenAsync();
        await using var closing = database;
        await using var stranger = new PostgresAddress(DatabaseUrl.Parse(cluster.UrlOf(name))).Open(1);
        await using var connection = await stranger.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("LOCK TABLE write_guard IN SHARE MODE", connection);
            await command.ExecuteNonQueryAsync();
            var watch = Stopwatch.StartNew();
            var refused = await Assert.ThrowsAsync<DatabaseBusyException>(() => StoreAsync(database, "A/B"));
            Assert.InRange(watch.Elapsed.TotalSeconds, 4, 9);
            Assert.Contains("held a lock", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, await CountAsync(database));
        }

        await StoreAsync(database, "A/B");
        Assert.Equal(1, await CountAsync(database));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task A_write_whose_commit_is_not_answered_is_in_doubt_and_the_next_ones_are_stored(bool reachesServer, int stored)
    {
        var (database, proxy) = await OpenBehindProxyAsync();
        using var cutting = proxy;
        await using var closing = database;
        proxy.CutAt("COMMIT", reachesServer);
        var doubt = await Assert.ThrowsAsync<DatabaseInDoubtException>(() => StoreAsync(database, "A/B"));
        Assert.Contains("Idempotency-Key", doubt.Message, StringComparison.Ordinal);
        Assert.Equal(stored, await CountAsync(database));
        await StoreAsync(database, "C/D");
        Assert.Equal(stored + 1, await CountAsync(database));
    }

    [Fact]
    public async Task A_write_that_is_cut_off_before_its_commit_is_not_stored_and_says_so()
    {
        var (database, proxy) = await OpenBehindProxyAsync();
        using var cutting = proxy;
        await using var closing = database;
        proxy.CutAt("INSERT INTO signals", afterwards: true);
        var busy = await Assert.ThrowsAsync<DatabaseBusyException>(() => StoreAsync(database, "A/B"));
        Assert.Contains("Nothing was stored", busy.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync(database));
        await StoreAsync(database, "C/D");
        Assert.Equal(1, await CountAsync(database));
    }

    [Fact]
    public async Task A_copy_is_a_dump_of_one_moment_that_pg_restore_reads_and_a_whole_database_has_no_damage()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (database, name) = await cluster.OpenAsync();
        await using var closing = database;
        await StoreAsync(database, "A/B");
        using var folder = new TemporaryFolder();
        var facts = database.Upkeep.CopyTo(folder.File("copy"), null, CancellationToken.None);
        Assert.Equal((1, 1), (facts.Tables["signals"], facts.Tables["changes"]));
        Assert.Equal(PostgresMigrator.Known, facts.Migrations);

        var address = new PostgresAddress(DatabaseUrl.Parse(cluster.UrlOf(name)));
        var copies = new PostgresCopies(address);
        Assert.Null(facts.DifferenceTo(copies.Check(folder.File("copy"), CancellationToken.None).Facts));
        await File.WriteAllBytesAsync(folder.File("half"), (await File.ReadAllBytesAsync(folder.File("copy")))[..20_000]);
        Assert.Contains("pg_restore failed", Assert.Throws<DamagedCopyException>(() => copies.Check(folder.File("half"), CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.Null(database.Upkeep.FindDamage(static _ => { }, CancellationToken.None));
    }

    /// <summary>A server that hangs cannot end its own reads.</summary>
    [Theory]
    [InlineData("Own", "0")]
    [InlineData("LookUp", "0")]
    [InlineData("Known", "35s")]
    [InlineData("LongAnonymous", "35s")]
    public async Task PostgreSQL_itself_ends_reads_of_callers_after_a_while(string kind, string expected)
    {
        var (database, _) = await (await PostgresCluster.SharedAsync()).OpenAsync();
        await using var closing = database;
        var ask = new Sql("SELECT current_setting('statement_timeout')");
        Assert.Equal(expected, await database.ReadAsync(Enum.Parse<ReadKind>(kind), session => session.Prepare(ask).FirstAsync(static row => row.Text(0))));
    }

    [Fact]
    public async Task Two_servers_on_one_database_lose_no_update_and_keep_the_changes_in_order()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (one, name) = await cluster.OpenAsync();
        await using var closing = one;
        await using var two = Connect(cluster.UrlOf(name));
        var insert = new Sql("INSERT INTO login_budgets(client, window_ends, attempts) VALUES ('one', @ends, 0)");
        var find = new Sql("SELECT attempts FROM login_budgets WHERE client = 'one'");
        var set = new Sql("UPDATE login_budgets SET attempts = @attempts WHERE client = 'one'");
        await one.WriteAsync(session => session.Prepare(insert).Set("ends", (DateTimeOffset?)DateTimeOffset.UnixEpoch).ExecuteAsync());

        var seen = new List<long>();
        using var end = new CancellationTokenSource();
        var following = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                seen.AddRange((await two.ReadAsync(session => ChangeLog.AfterAsync(session, seen.Count == 0 ? 0 : seen[^1], 100))).Select(static change => change.Sequence));
            }
        });
        await Parallel.ForAsync(0, 600, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            var database = i % 2 == 0 ? one : two;
            await database.WriteAsync(async session =>
            {
                var attempts = await session.Prepare(find).FirstAsync(static row => row.Whole(0));
                return await session.Prepare(set).Set("attempts", attempts + 1).ChangeAsync();
            }, CancellationToken.None);
            await StoreAsync(database, "A/B");
        });
        await end.CancelAsync();
        await following;
        Assert.Equal(600, await one.ReadAsync(session => session.Prepare(find).FirstAsync(static row => row.Whole(0))));
        var all = await one.ReadAsync(static session => ChangeLog.AfterAsync(session, 0, 10_000));
        Assert.Equal(600, all.Count);
        Assert.Equal(all.Take(seen.Count).Select(static change => change.Sequence), seen);
    }

    /// <summary>Opens a database of its own through a proxy that can cut its connections.</summary>
    private static async Task<(PostgresDatabase Database, CuttingProxy Proxy)> OpenBehindProxyAsync()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var (direct, name) = await cluster.OpenAsync();
        await direct.DisposeAsync();
        var proxy = new CuttingProxy(cluster.Port);
        return (Connect(cluster.UrlOf(name).Replace($":{cluster.Port}/", $":{proxy.Port}/", StringComparison.Ordinal)), proxy);
    }

    private static PostgresDatabase Connect(string url) => new(new PostgresAddress(DatabaseUrl.Parse(url)), 2, durable: true, NullLogger<PostgresDatabase>.Instance);

    private static Task<long> StoreAsync(Database database, string pair) => database.WriteAsync(session => session.Prepare(Insert).Set("pair", pair).InsertAsync());

    private static async Task<long> CountAsync(Database database) => await database.ReadAsync(static session => session.Prepare(Count).FirstAsync(static row => row.Id(0)));
}
