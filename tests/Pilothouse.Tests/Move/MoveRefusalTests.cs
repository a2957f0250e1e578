using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Move;
using Pilothouse.Storage.Postgres;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Move;

/// <summary>What a move refuses, and that a move which fails or is killed leaves both sides as they were.</summary>
public sealed class MoveRefusalTests
{
    private const string Signal = "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1.505)";

    [Theory]
    [InlineData("a.db", "b.db", "Both ends are files.")]
    [InlineData("postgres://o:geheim@h/a", "postgres://o:geheim@h/b", "Both ends are URLs of PostgreSQL.")]
    [InlineData("a.db", "postgres://:geheim@/b", "must name a host, a user and a database")]
    [InlineData("a.db", "host=h dbname=b user=o password=geheim nonsense=1", "does not take nonsense")]
    public async Task Two_ends_that_are_not_a_file_and_a_server_are_a_wrong_use(string from, string to, string sentence)
    {
        await using var place = await MovingFolder.MakeAsync();
        var (code, output, error) = await place.MoveAsync(from, to);
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error + output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_has_rows_is_refused_and_stays_as_it_is()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync(Signal + ";");
        place.MigrateServer();
        await place.ServerAsync("INSERT INTO maintenance_runs VALUES ('t', now(), 1, 'm')");
        foreach (var more in (string[][])[[], ["--dry-run"]])
        {
            var (code, _, error) = await place.MoveAsync(place.Path, place.Url, more);
            Assert.Equal(1, code);
            Assert.Contains("has rows in maintenance_runs. A move fills an empty database only.", error, StringComparison.Ordinal);
        }

        Assert.Equal("0", await place.ServerAsync("SELECT count(*) FROM signals"));
    }

    [Theory]
    [InlineData(Signal, "signals", "changes")]
    [InlineData("CREATE TABLE my_notes(note TEXT); INSERT INTO my_notes VALUES ('n')", "my_notes", "my_notes")]
    public async Task A_file_that_has_rows_is_refused_and_stays_as_it_is(string sql, string table, string named)
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.ServerAsync(Signal);
        await place.FileAsync(sql + ";");
        var (code, _, error) = await place.MoveAsync(place.Url, place.Path);
        Assert.Equal(1, code);
        Assert.Contains($"has rows in {named}. A move fills an empty database only.", error, StringComparison.Ordinal);
        Assert.Equal("1", await place.FileAsync($"SELECT count(*) FROM {table};"));
    }

    [Fact]
    public async Task A_file_without_rows_is_replaced()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.ServerAsync(Signal);
        await place.FileAsync("PRAGMA journal_mode=WAL;");
        await place.MustMoveAsync(place.Url, place.Path);
        Assert.Equal("1", await place.FileAsync("SELECT count(*) FROM signals;"));
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        Assert.True(OperatingSystem.IsWindows() || (File.GetUnixFileMode(place.Path) & Others) == 0);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_on_either_side()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync($"{Signal}; {Signal.Replace("'BUY', 1", "'BUY', 'many'", StringComparison.Ordinal)};");
        var files = Directory.GetFiles(place.Folder.Path);
        var (code, output, error) = await place.MoveAsync(place.Path, place.Url, "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains("has no rows, and not this version's schema; the move makes it.", output, StringComparison.Ordinal);
        Assert.Contains("3 rows would be moved and 1 set aside. Nothing was changed.", output, StringComparison.Ordinal);
        Assert.Equal("0", await place.ServerAsync("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"));
        Assert.Equal(files, Directory.GetFiles(place.Folder.Path));

        place.MigrateServer();
        (code, output, error) = await place.MoveAsync(place.Url, place.Folder.File("back.db"), "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains("back.db does not exist; the move makes it.", output, StringComparison.Ordinal);
        Assert.Equal(files, Directory.GetFiles(place.Folder.Path));
    }

    [Fact]
    public async Task A_file_that_a_server_or_another_program_has_open_is_refused()
    {
        await using var place = await MovingFolder.MakeAsync();
        await using (var server = await ServerProcess.ServeAsync(place.Folder, ("LOG_DIR", place.Folder.File("logs"))))
        {
            var (code, _, error) = await place.MoveAsync(place.Path, place.Url);
            Assert.Equal(1, code);
            Assert.Contains("Stop it first", error, StringComparison.Ordinal);
            (code, var output, error) = await place.MoveAsync(place.Path, place.Url, "--dry-run");
            Assert.True(code == 0, error);
            Assert.Contains("Stop it before the move.", output, StringComparison.Ordinal);
            await server.TerminateAsync();
        }

        using var holder = await Tool.HoldLockAsync(place.Path, 30, "BEGIN");
        var (held, _, sentence) = await place.MoveAsync(place.Path, place.Url);
        holder.Kill();
        Assert.Equal(1, held);
        Assert.Contains($"is open in process {holder.Id}", sentence, StringComparison.Ordinal);
        Assert.Contains("would be missing in the target. Stop it and run this again.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_program_writes_during_a_move_makes_it_fail()
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("PRAGMA journal_mode=WAL;");
        using var source = new SqliteSource(place.Path);
        source.Begin(dryRun: false);
        source.DemandUnchanged();
        await place.FileAsync(Signal + ";");
        var refusal = Assert.Throws<DatabaseRefusedException>(source.DemandUnchanged);
        Assert.Contains("Another program wrote to", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_to_which_a_server_is_connected_is_refused_at_either_end()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        var address = new PostgresAddress(DatabaseUrl.Parse(place.Url));
        await using var database = new PostgresDatabase(address, 1, durable: true, NullLogger<PostgresDatabase>.Instance);
        await database.ProbeAsync(TestContext.Current.CancellationToken);
        var back = place.MoveAsync(place.Url, place.Folder.File("back.db"));
        foreach (var (code, _, error) in await Task.WhenAll(place.MoveAsync(place.Path, place.Url), back))
        {
            Assert.Equal(1, code);
            Assert.Contains("Another Pilothouse is connected to postgres://owner@127.0.0.1:", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_difference_names_the_table_and_the_first_id_and_nothing_stays()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.FileAsync("""
            INSERT INTO signals(trading_pair, signal_type, signal_strength, price)
            VALUES ('A/B', 'BUY', 1, 1.5), ('A/B', 'BUY', 'many', 1), ('A/B', 'BUY', 1, 1.505), ('A/B', 'BUY', 1, 2.505);
            """);
        await place.ServerAsync("ALTER TABLE signals ALTER COLUMN price TYPE numeric(12, 2)");
        var (code, _, error) = await place.MoveAsync(place.Path, place.Url);
        Assert.Equal(1, code);
        Assert.Contains("The checksums of signals differ: the first row that is not the same in postgres://", error, StringComparison.Ordinal);
        Assert.Contains("has the id 3. Nothing of the move stays.", error, StringComparison.Ordinal);
        Assert.Equal("0 0", await place.ServerAsync("SELECT (SELECT count(*) FROM signals) || ' ' || (SELECT count(*) FROM changes)"));
        Assert.Equal("1", await place.ServerAsync(Signal + " RETURNING id"));
        Assert.Equal("1", await place.ServerAsync("SELECT count(*) FROM changes"));
        Assert.Empty(place.SetAsideFiles);
        var log = await File.ReadAllTextAsync(place.Folder.File("logs/mcp_server_commands.log"), TestContext.Current.CancellationToken);
        Assert.Contains("The checksums of signals differ", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_or_ended_while_it_copies_to_a_server_nothing_stays_and_it_can_run_again(bool isKilled)
    {
        await using var place = await MovingFolder.MakeAsync();
        await place.FileAsync("""
            INSERT INTO signals(trading_pair, signal_type, signal_strength, price)
            WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
            SELECT 'A/B', 'BUY', CASE i WHEN 9 THEN 'many' ELSE 1 END, i FROM n;
            """);
        string[] command = ["move", "--from", place.Path, "--to", place.Url];
        await using (var move = ServerProcess.Begin(place.Folder, command, ("LOG_DIR", place.Folder.File("logs"))))
        {
            var began = TimeProvider.System.GetTimestamp();
            while (await place.ServerAsync("SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database()") == "0")
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"It copies nothing: {move.Errors}");
            }

            if (isKilled)
            {
                await move.KillAsync();
            }
            else
            {
                Assert.Equal(130, (await move.TerminateAsync()).Code);
                Assert.Contains("nothing is left half done", move.Errors, StringComparison.Ordinal);
            }
        }

        Assert.Equal("0", await place.ServerAsync("SELECT count(*) FROM signals"));
        Assert.Equal(isKilled ? 1 : 0, place.SetAsideFiles.Length);
        Assert.All(place.SetAsideFiles, static file => Assert.EndsWith(".unfinished", file, StringComparison.Ordinal));
        await place.MustMoveAsync();
        Assert.Equal("199999", await place.ServerAsync("SELECT count(*) FROM signals"));
        Assert.EndsWith(".jsonl", Assert.Single(place.SetAsideFiles), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_at_any_step_a_move_to_a_file_leaves_all_or_nothing_and_can_run_again()
    {
        await using var place = await MovingFolder.MakeAsync();
        place.MigrateServer();
        await place.ServerAsync("""
            INSERT INTO signals(trading_pair, signal_type, signal_strength, price, rsi)
            SELECT 'A/B', 'BUY', 1, n, CASE n WHEN 7 THEN 'NaN'::double precision END FROM generate_series(1, 50) AS n
            """);
        var back = place.Folder.File("back.db");
        string[] command = ["move", "--from", place.Url, "--to", back];
        (string, string)[] settings = [("LOG_DIR", place.Folder.File("logs"))];
        var kills = await KillAt.EachStepAsync(place.Folder, command, settings, PrepareAsync, async step =>
        {
            if (File.Exists(back))
            {
                Assert.True(await Tool.SqliteAsync(back, "PRAGMA integrity_check; SELECT count(*) FROM signals;") == "ok\n49", step);
                File.Delete(back);
            }

            await place.MustMoveAsync(place.Url, back);
            Assert.True(await Tool.SqliteAsync(back, "PRAGMA integrity_check; SELECT count(*) FROM signals;") == "ok\n49", step);
            Assert.Empty(Directory.GetFiles(place.Folder.Path, "*.moving*"));
            Assert.Empty(Directory.GetFiles(place.Folder.Path, "*.unfinished"));
        }, stride: CrashTests.Slow ? 1 : 5);
        Assert.True(kills > 3, $"only {kills} steps");

        Task PrepareAsync()
        {
            Array.ForEach([.. Directory.GetFiles(place.Folder.Path, "back.db*"), .. place.SetAsideFiles], File.Delete);
            return Task.CompletedTask;
        }
    }
}
