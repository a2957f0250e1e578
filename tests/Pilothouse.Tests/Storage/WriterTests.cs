using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Audit;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Storage.Sqlite;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

public sealed class WriterTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";
    private static readonly Sql InsertSignal = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES (@pair, 'BUY', 1, 1) RETURNING id");
    private static readonly Sql AnySignal = new("SELECT id FROM signals");
    private static readonly Sql BadInsert = new("INSERT INTO signals(trading_pair) VALUES (NULL)");

    [Fact]
    public async Task One_bad_write_among_many_of_a_commit_fails_alone()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        Func<Session, ValueTask<long>>[] kinds =
        [
            static session => session.Prepare(InsertSignal).Set("pair", "good").InsertAsync(),
            static async session => await session.Prepare(InsertSignal).Set("pair", "half").InsertAsync() + await session.Prepare(BadInsert).ExecuteAsync(),
            static async session =>
            {
                await session.Prepare(InsertSignal).Set("pair", "thrown").InsertAsync();
                throw new InvalidDataException("thrown by the work");
            },
        ];
        var writes = await InOneCommitAsync(database, Enumerable.Range(0, 60).Select(i => kinds[i % 3]));
        Assert.Equal(21, writes.Count(static write => write.IsCompletedSuccessfully));
        Assert.Equal(20, writes.Count(static write => write.Exception?.InnerException is SqliteException { Code: 19 }));
        Assert.Equal(20, writes.Count(static write => write.Exception?.InnerException is InvalidDataException));
        Assert.Equal("good 20", server.Sql("SELECT group_concat(t, ',') FROM (SELECT trading_pair || ' ' || count(*) AS t FROM signals WHERE trading_pair <> 'gate' GROUP BY trading_pair)"));
    }

    [Fact]
    public async Task A_write_that_is_refused_before_it_changes_anything_makes_no_other_run_again()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var runs = 0;
        var writes = await InOneCommitAsync(database, Enumerable.Range(0, 9).Select<int, Func<Session, ValueTask<long>>>(i => async session =>
        {
            runs++;
            await session.Prepare(AnySignal).AnyAsync();
            return i % 3 == 1 ? throw new InvalidDataException("refused") : await session.Prepare(InsertSignal).Set("pair", "good").InsertAsync();
        }));
        Assert.Equal((9, 3), (runs, writes.Count(static write => write.Exception?.InnerException is InvalidDataException)));
        Assert.Equal("6", server.Sql("SELECT count(*) FROM signals WHERE trading_pair = 'good'"));
    }

    [Fact]
    public async Task The_audit_chain_has_a_row_for_each_write_of_a_commit_that_succeeded_and_none_for_one_that_failed_half_done()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var audit = server.Services.GetRequiredService<AuditLog>();
        var writes = await InOneCommitAsync(database, Enumerable.Range(0, 30).Select<int, Func<Session, ValueTask<long>>>(i => async session =>
        {
            var id = await StoreAuditedAsync(session, audit);
            return i % 3 == 1 ? throw new InvalidDataException("thrown by the work") : id;
        }));
        Assert.Equal(10, writes.Count(static write => write.IsFaulted));
        Assert.Equal("20|1|20", server.Sql("SELECT count(*) || '|' || min(number) || '|' || max(number) FROM audit_log"));
        Assert.Equal("20", server.Sql("SELECT number FROM audit_chains"));
        var findings = await database.SnapshotAsync(ReadKind.Own, static session => new AuditCheck([new AuditKey(TestServer.Secret)]).RunAsync(session, []));
        Assert.Empty(findings.Problems);
    }

    [Fact]
    public async Task A_foreign_trigger_that_refuses_the_end_of_the_audit_chain_fails_the_writes_with_a_row_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var audit = server.Services.GetRequiredService<AuditLog>();
        server.Sql("CREATE TRIGGER foreign_one BEFORE INSERT ON audit_chains BEGIN SELECT RAISE(ABORT, 'not this one'); END");
        var writes = await InOneCommitAsync(database, [
            session => StoreAuditedAsync(session, audit),
            static session => session.Prepare(InsertSignal).Set("pair", "plain").InsertAsync()]);
        Assert.Equal([false, true, false], writes.Select(static write => write.IsFaulted));
        Assert.Equal("gate,plain|0", server.Sql("SELECT (SELECT group_concat(trading_pair) FROM signals) || '|' || (SELECT count(*) FROM audit_log)"));
    }

    [Fact]
    public async Task A_key_that_is_revoked_in_the_same_commit_stores_nothing_behind_that()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var callers = server.Services.GetRequiredService<CallerDatabase>();
        var keys = server.Services.GetRequiredService<ApiKeys>();
        var (id, text) = await database.WriteAsync(session => keys.CreateAsync(session, "bot", ["write"], null, null));
        var key = (await database.ReadAsync(session => keys.FindAsync(session, text)))!;
        var caller = new Caller("key:bot", "key:1", "key:1", Scopes.Write) { Key = key };
        using var gate = new ManualResetEventSlim();
        var first = callers.WriteAsync(caller, session => Blocked(session, gate));
        var before = callers.WriteAsync(caller, static session => session.Prepare(InsertSignal).Set("pair", "before").InsertAsync());
        var revoked = database.WriteAsync(session => CredentialStore.RevokeKeyAsync(session, id, DateTimeOffset.UtcNow));
        var after = callers.WriteAsync(caller, static session => session.Prepare(InsertSignal).Set("pair", "after").InsertAsync());
        gate.Set();
        await first;
        await before;
        Assert.True(await revoked);
        Assert.Equal(401, (await Assert.ThrowsAsync<Refusal>(() => after)).Status);
        Assert.Equal("gate,before", server.Sql("SELECT group_concat(trading_pair) FROM signals"));
    }

    [Fact]
    public async Task A_write_that_was_given_up_while_it_waited_is_not_stored()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        using var gate = new ManualResetEventSlim();
        using var gaveUp = new CancellationTokenSource();
        var first = database.WriteAsync(session => Blocked(session, gate));
        var second = database.WriteAsync(static session => session.Prepare(InsertSignal).Set("pair", "B").InsertAsync(), gaveUp.Token);
        await gaveUp.CancelAsync();
        gate.Set();
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_full_queue_is_overload_and_passes()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        using var gate = new ManualResetEventSlim();
        var waiting = new List<Task<long>> { database.WriteAsync(session => Blocked(session, gate)) };
        while (((SqliteDatabase)database).Waiting > 0)
        {
            await Task.Delay(5);
        }

        for (var i = 0; i < WriteQueue.MostWaiting; i++)
        {
            waiting.Add(database.WriteAsync(static _ => new ValueTask<long>(1)));
        }

        using var answer = await server.Client.RawAsync("POST", "/api/signals", System.Text.Encoding.UTF8.GetBytes(Signal));
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Contains("\"code\":\"overloaded\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await server.GetAsync("/api/signals");
        gate.Set();
        await Task.WhenAll(waiting);
        await server.PostAsync("/api/signals", Signal);
    }

    [Fact]
    public async Task A_read_that_breaks_off_does_not_keep_its_connection_in_the_past()
    {
        await using var server = await TestServer.StartAsync(("DB_POOL_SIZE", "1"));
        var database = server.Services.GetRequiredService<Database>();
        await server.PostAsync("/api/signals", Signal);
        foreach (var one in new[] { true, false })
        {
            await Assert.ThrowsAsync<InvalidDataException>(async () => await database.ReadAsync(async session => one
                ? await session.Prepare(AnySignal).FirstAsync<int>(static _ => throw new InvalidDataException())
                : (await session.Prepare(AnySignal).ListAsync<int>(static _ => throw new InvalidDataException())).Count));
            await server.PostAsync("/api/signals", Signal);
            Assert.Equal(server.Sql("SELECT count(*) FROM signals"), ((int)(await server.GetAsync("/api/signals"))["count"]!).ToString(CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("full", 2)]
    [InlineData("normal", 1)]
    public async Task Every_connection_has_the_pragmas_of_the_design(string durability, int synchronous)
    {
        await using var server = await TestServer.StartAsync(("DURABILITY", durability), ("DB_POOL_SIZE", "2"));
        var database = server.Services.GetRequiredService<Database>();
        string[] names = ["busy_timeout", "journal_mode", "synchronous", "foreign_keys", "cache_size", "temp_store", "journal_size_limit", "trusted_schema", "query_only"];
        var statements = names.Select(static name => new Sql($"PRAGMA {name}")).ToArray();
        async ValueTask<string> All(Session session)
        {
            var values = new List<string?>();
            foreach (var statement in statements)
            {
                values.Add(await session.Prepare(statement).FirstAsync(static row => row.Text(0)));
            }

            return string.Join(' ', values);
        }

        Assert.Equal($"5000 wal {synchronous} 1 -4096 1 67108864 0 0", await database.WriteAsync(All));
        foreach (var kind in Enum.GetValues<ReadKind>())
        {
            Assert.Equal($"5000 wal {synchronous} 1 -2048 2 67108864 0 1", await database.ReadAsync(kind, All));
        }

        Assert.Equal($"5000 wal {synchronous} 1 -2048 2 67108864 0 1", await database.SnapshotAsync(ReadKind.Own, All));
        await Assert.ThrowsAnyAsync<Exception>(async () => await database.ReadAsync(static session => session.Prepare(BadInsert).ExecuteAsync()));
    }

    [Fact]
    public async Task A_full_disk_is_said_so_and_the_server_goes_on_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        var small = Directory.CreateDirectory(folder.File("small")).FullName;
        var (code, _, error) = await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", small]);
        Assert.SkipWhen(code != 0, $"cannot mount a small disk here: {error}");
        try
        {
            await using var server = await TestServer.StartAsync(("DATABASE_PATH", Path.Combine(small, "trading_bot.db")));
            var path = Path.Combine(small, "trading_bot.db");
            await server.PostAsync("/api/signals", Signal);
            await File.WriteAllBytesAsync(Path.Combine(small, "ballast"), new byte[100_000]);
            await FillAsync(Path.Combine(small, "rest"));

            var stored = 1;
            var full = 0;
            for (var i = 0; full < 5 && i < 3000; i++)
            {
                using var answer = await server.Client.RawAsync("POST", "/api/signals", System.Text.Encoding.UTF8.GetBytes(Signal), ("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"k{i}")));
                var text = await answer.Content.ReadAsStringAsync();
                stored += (int)answer.StatusCode == 201 ? 1 : 0;
                full += (int)answer.StatusCode == 201 ? 0 : 1;
                Assert.True((int)answer.StatusCode is 201 || ((int)answer.StatusCode == 507 && text.Contains("\"code\":\"disk-full\"", StringComparison.Ordinal)), text);
            }

            Assert.Equal(5, full);
            var (read, page) = await server.Client.SendAsync("GET", "/api/signals?limit=500");
            Assert.Equal(200, read);
            Assert.Equal(Math.Min(stored, 500), (int)page["count"]!);

            File.Delete(Path.Combine(small, "ballast"));
            File.Delete(Path.Combine(small, "rest"));
            await server.PostAsync("/api/signals", Signal);
            Assert.Equal($"{stored + 1}|{stored - 1}", await Tool.SqliteAsync(path, "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM idempotency_keys);"));
            Assert.Equal("ok", await Tool.IntegrityAsync(path));
        }
        finally
        {
            await Tool.RunAsync("umount", [small]);
        }
    }

    [Fact]
    public async Task A_thousand_requests_leave_no_descriptor_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "counts the files in /proc");
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder, ("RATE_LIMIT_ENABLED", "false"));
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "bot"])).Out.Trim();
        async Task SendAsync(int count) => await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key), ("Idempotency-Key", Guid.NewGuid().ToString()));
            await server.Client.SendAsync("GET", i % 2 == 0 ? "/api/signals?limit=2" : "/api/nothing");
        });
        int Open() => Directory.GetFiles($"/proc/{server.Id}/fd").Length;

        await SendAsync(50);
        var before = Open();
        await SendAsync(500);
        Assert.InRange(Open(), 0, before + 8);
    }

    /// <summary>Runs writes in one commit, behind one that stores a row of the pair "gate".</summary>
    /// <returns>All of them when they have ended, well or not, the one of the gate first.</returns>
    private static async Task<List<Task<long>>> InOneCommitAsync(Database database, IEnumerable<Func<Session, ValueTask<long>>> works)
    {
        using var gate = new ManualResetEventSlim();
        List<Task<long>> writes = [database.WriteAsync(session => Blocked(session, gate)), .. works.Select(work => database.WriteAsync(work))];
        gate.Set();
        await Task.WhenAll(writes.Select(static write => write.ContinueWith(static _ => { }, TaskScheduler.Default)));
        return writes;
    }

    private static async ValueTask<long> StoreAuditedAsync(Session session, AuditLog audit)
    {
        var id = await session.Prepare(InsertSignal).Set("pair", "audited").InsertAsync();
        await audit.RecordAsync(session, Call.OfServer(), "createSignal", new Changed("signals", id, null, null));
        return id;
    }

    /// <summary>Writes a row and waits inside the transaction, so that everything behind it is one batch.</summary>
    private static async ValueTask<long> Blocked(Session session, ManualResetEventSlim gate)
    {
        var id = await session.Prepare(InsertSignal).Set("pair", "gate").InsertAsync();
        Assert.True(gate.Wait(TimeSpan.FromSeconds(20)));
        return id;
    }

    private static async Task FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        try
        {
            for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(10);)
            {
                await file.WriteAsync(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
