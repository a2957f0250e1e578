using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary><c>pilothouse backup</c> as an owner uses it; what it made is looked at with gzip, sha256sum and sqlite3.</summary>
public sealed class BackupCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    private string Backups => folder.File("backups");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_is_what_the_manifest_says_by_other_programs_measure()
    {
        await SeedDatabase.CreateAsync(Database, SeedState.Migrated);
        await GoodAsync("migrate");
        var said = await GoodAsync("backup");
        var backup = Assert.Single(Directory.GetFiles(Backups, "trading_bot_backup_*.db.gz"));
        Assert.Matches(@"trading_bot_backup_\d{8}_\d{6}\.db\.gz$", backup);
        Assert.Contains($"{backup}: ", said, StringComparison.Ordinal);
        Assert.Contains("rows, verified.", said, StringComparison.Ordinal);

        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Pilothouse.Backups.BackupManifest.PathFor(backup)))!;
        var (_, sum, _) = await Tool.RunAsync("sha256sum", [backup]);
        Assert.Equal(sum.Split(' ')[0], (string?)manifest["sha256"]);
        Assert.Equal(new FileInfo(backup).Length, (long)manifest["size_bytes"]!);
        var plain = folder.File("unpacked.db");
        Assert.Equal(0, (await Tool.RunAsync("sh", ["-c", $"gzip -dc '{backup}' > '{plain}'"])).Code);
        (_, sum, _) = await Tool.RunAsync("sha256sum", [plain]);
        Assert.Equal(sum.Split(' ')[0], (string?)manifest["database_sha256"]);
        Assert.Equal("ok", await Tool.IntegrityAsync(plain));
        foreach (var (table, rows) in manifest["tables"]!.AsObject())
        {
            Assert.Equal(await Tool.SqliteAsync(plain, $"SELECT count(*) FROM {table};"), rows!.ToString());
        }

        Assert.Equal(await Tool.SqliteAsync(Database, "SELECT count(*) FROM pragma_foreign_key_check;"), manifest["foreign_key_violations"]!.ToString());
        Assert.NotEqual("0", manifest["foreign_key_violations"]!.ToString());
        Assert.Equal(await Tool.SqliteAsync(Database, "SELECT max(version) FROM schema_migrations WHERE version LIKE 'pilothouse%';"), (string?)manifest["schema_version"]);
        Assert.Equal(Pilothouse.Storage.Sqlite.SqliteConnection.Version, (string?)manifest["sqlite_version"]);

        // The backup is readable by its owner only, like the database.
        Assert.Equal("600", (await Tool.RunAsync("stat", ["-c", "%a", backup])).Out.Trim());
        Assert.Equal("600", (await Tool.RunAsync("stat", ["-c", "%a", Pilothouse.Backups.BackupManifest.PathFor(backup)])).Out.Trim());
    }

    [Fact]
    public async Task Uncompressed_where_the_owner_says_so()
    {
        await GoodAsync("migrate");
        await GoodAsync(["backup", "create"], ("COMPRESS_BACKUPS", "false"));
        var backup = Assert.Single(Directory.GetFiles(Backups, "trading_bot_backup_*.db"));
        Assert.Equal("ok", await Tool.IntegrityAsync(backup));
        Assert.Contains("good  " + Path.GetFileName(backup), await GoodAsync("backup", "verify"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_at_the_same_second_get_two_names_and_the_newest_is_last_by_name()
    {
        await GoodAsync("migrate");
        var both = await Task.WhenAll(GoodAsync("backup"), GoodAsync("backup"), GoodAsync("backup"));
        Assert.Equal(3, both.Distinct().Count());
        Assert.Equal(3, Directory.GetFiles(Backups, "*.gz").Length);
        Assert.Equal(3, (await GoodAsync("backup", "verify", "all")).Split('\n').Count(static line => line.StartsWith("good  ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_oldest_go_but_never_the_last_good_one()
    {
        await GoodAsync("migrate");
        Directory.CreateDirectory(Backups);
        await Tool.SqliteAsync(Path.Combine(Backups, "trading_bot_backup_20240101_020000.db"), "CREATE TABLE a(b); INSERT INTO a VALUES (1);");
        for (var i = 0; i < 4; i++)
        {
            await GoodAsync(["backup"], ("MAX_BACKUPS", "2"));
        }

        Assert.Equal(2, Directory.GetFiles(Backups, "*.gz").Length);
        Assert.Equal(2, Directory.GetFiles(Backups, "*.json").Length);
        Assert.Empty(Directory.GetFiles(Backups, "*.db"));

        // The newer one is broken now: when room must be made, the good one stays.
        string[] two = [.. Directory.GetFiles(Backups, "*.gz").Order(StringComparer.Ordinal)];
        await File.AppendAllTextAsync(two[1], "x");
        var (code, _, error) = await RunAsync(["backup"], ("MAX_BACKUPS", "1"), ("DATABASE_PATH", folder.File("none.db")));
        Assert.Equal(1, code);
        Assert.Contains("There is no database", error, StringComparison.Ordinal);
        Assert.True(File.Exists(two[0]));
        Assert.Contains("BROKEN: it has not the size that it was made with", await GoodAsync("backup", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_seeds_backups_without_a_manifest_are_listed_verified_and_restored()
    {
        await SeedDatabase.CreateAsync(Database, SeedState.Migrated, "WAL");
        Directory.CreateDirectory(Backups);
        var plain = Path.Combine(Backups, "trading_bot_backup_20251007_020000.db");
        await Tool.SqliteAsync(Database, $"VACUUM INTO '{plain}';");
        var packed = Path.Combine(Backups, "trading_bot_backup_20251008_020000.db.gz");
        await using (var output = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
        {
            await using var input = File.OpenRead(plain);
            await input.CopyToAsync(output, TestContext.Current.CancellationToken);
        }

        var list = await GoodAsync("backup", "list");
        Assert.Contains("trading_bot_backup_20251008_020000.db.gz", list, StringComparison.Ordinal);
        Assert.Contains("unproven", list, StringComparison.Ordinal);
        var verified = await GoodAsync("backup", "verify", "all");
        Assert.Equal(2, verified.Split('\n').Count(static line => line.StartsWith("good  ", StringComparison.Ordinal) && line.Contains("no manifest to compare with", StringComparison.Ordinal)));
        foreach (var name in new[] { "latest", Path.GetFileName(plain), plain })
        {
            await Tool.SqliteAsync(Database, "DELETE FROM signals;");
            await GoodAsync("backup", "restore", name, "--yes");
            Assert.Equal(SeedDatabase.RowsEach.ToString(System.Globalization.CultureInfo.InvariantCulture), await Tool.SqliteAsync(Database, "SELECT count(*) FROM signals;"));
        }
    }

    [Fact]
    public async Task A_restore_is_refused_while_a_server_or_an_idle_bot_has_the_file_and_says_who()
    {
        string key;
        await using (var server = await ServerProcess.ServeAsync(folder, ("BACKUP_DIR", Backups)))
        {
            (_, key, _) = await RunAsync(["key", "create", "--name", "a"]);
            await GoodAsync("backup");
            var (code, _, error) = await RunAsync(["backup", "restore", "--yes"]);
            Assert.Equal(1, code);
            Assert.Contains($"process {server.Id} (", error, StringComparison.Ordinal);
            Assert.Contains("./start_mcp_server.sh stop", error, StringComparison.Ordinal);
        }

        // The bot is idle: it only has the file open, in either journal mode.
        foreach (var mode in new[] { "WAL", "DELETE" })
        {
            using var bot = Tool.Start("python3", ["-c", $"import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode={mode}').fetchall(); c.execute('SELECT count(*) FROM signals').fetchall(); print('idle', flush=True); sys.stdin.read()", Database]);
            Assert.Equal("idle", await bot.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            var before = await File.ReadAllBytesAsync(Database);
            var (code, _, error) = await RunAsync(["backup", "restore", "--yes"]);
            Assert.Equal(1, code);
            Assert.Contains($"is open in process {bot.Id} (", error, StringComparison.Ordinal);
            Assert.Contains("python3 -c import sqlite3", error, StringComparison.Ordinal);
            Assert.Contains($"kill {bot.Id}", error, StringComparison.Ordinal);
            Assert.Equal(before, await File.ReadAllBytesAsync(Database));
            bot.StandardInput.Close();
            await bot.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await GoodAsync("backup", "restore", "--yes");
        Assert.Contains("a ", await GoodAsync("key", "list"), StringComparison.Ordinal);
        Assert.StartsWith("ph_", key, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_there_is_set_aside_whole_and_what_was_revoked_stays_revoked()
    {
        await GoodAsync("migrate");
        var key = (await GoodAsync("key", "create", "--name", "revoked-later")).Trim();
        var kept = (await GoodAsync("key", "create", "--name", "kept")).Trim();
        var hook = (await GoodAsync("webhook", "create", "--name", "ended", "--kind", "freqtrade", "--mode", "paper")).Trim();
        await GoodAsync("backup");
        await GoodAsync("key", "revoke", "1");
        await GoodAsync("webhook", "revoke", "1");
        await GoodAsync("key", "create", "--name", "made-later");
        await Tool.SqliteAsync(Database, "PRAGMA journal_mode=WAL; INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1);");

        var (code, output, error) = await RunAsync(["backup", "restore", "latest", "--yes"]);
        Assert.True(code == 0, error);
        Assert.Contains("stay ended (2)", error, StringComparison.Ordinal);
        var aside = Assert.Single(Directory.GetFiles(folder.Path, "*.before_restore_*"));
        Assert.Contains(aside, output, StringComparison.Ordinal);
        Assert.Equal("1", await Tool.SqliteAsync(aside, "SELECT count(*) FROM signals;"));
        Assert.Equal("0", await Tool.SqliteAsync(Database, "SELECT count(*) FROM signals;"));
        await using var server = await ServerProcess.ServeAsync(folder);
        Assert.Equal(401, (await server.Client.SendAsync("POST", "/api/signals", "{}", ("X-Api-Key", key))).Status);
        Assert.Equal(400, (await server.Client.SendAsync("POST", "/api/signals", "{}", ("X-Api-Key", kept))).Status);
        Assert.Equal(404, (await server.Client.SendAsync("POST", $"/api/webhooks/freqtrade/ended/{hook}", """{"event":"status","status":"running"}""")).Status);
    }

    [Fact]
    public async Task Without_yes_and_without_anybody_to_ask_nothing_is_restored()
    {
        await GoodAsync("migrate");
        await GoodAsync("backup");
        var (code, _, error) = await RunAsync(["backup", "restore"]);
        Assert.Equal(2, code);
        Assert.Contains("add --yes", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*before_restore*"));
        Assert.Equal(1, (await RunAsync(["backup", "restore", "trading_bot_backup_20200101_000000.db", "--yes"])).Code);
        Assert.Equal(1, (await RunAsync(["backup", "verify", "all"], ("BACKUP_DIR", folder.File("nowhere")))).Code);
        Assert.Equal(2, (await RunAsync(["backup", "frobnicate"])).Code);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("empty beside its log")]
    public async Task A_server_does_not_begin_anew_where_a_database_was_lost(string loss)
    {
        await GoodAsync("migrate");
        await GoodAsync("backup");
        File.Delete(Database);
        if (loss != "missing")
        {
            await File.WriteAllBytesAsync(Database, []);
        }

        if (loss == "empty beside its log")
        {
            await File.WriteAllTextAsync(Database + "-wal", "frames");
            var (refused, _, sentence) = await RunAsync(["migrate"]);
            Assert.Equal(1, refused);
            Assert.Contains("-wal beside it holds writes", sentence, StringComparison.Ordinal);
        }

        var (code, _, error) = await RunAsync(["serve"], ("MCP_SERVER_PORT", "0"));
        Assert.Equal(1, code);
        Assert.Contains("pilothouse backup restore", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Database) && new FileInfo(Database).Length > 0);
        Assert.Equal(loss == "empty beside its log", File.Exists(Database + "-wal"));
        Assert.Contains("pilothouse backup restore", (await RunAsync(["status"])).Out, StringComparison.Ordinal);
        await GoodAsync("backup", "restore", "--yes");

        // The new file gets the rights of the old one. If there was none, not everybody may read it.
        Assert.Equal(loss == "missing" ? "0" : "4", (await Tool.RunAsync("stat", ["-c", "%a", Database])).Out.Trim()[^1..]);
        await using var server = await ServerProcess.ServeAsync(folder, ("BACKUP_DIR", Backups));
    }

    [Fact]
    public async Task Beginning_anew_is_a_decision()
    {
        await GoodAsync("migrate");
        await GoodAsync("backup");
        File.Delete(Database);
        await GoodAsync("migrate");
        await using var server = await ServerProcess.ServeAsync(folder, ("BACKUP_DIR", Backups));
    }

    /// <summary>The schedule alone, in a process of its own: a missed backup is made up at once.</summary>
    [Fact]
    public async Task The_service_makes_up_for_a_missed_backup()
    {
        await GoodAsync("migrate");
        await Tool.SqliteAsync(Database, "UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00';");
        await using var service = ServerProcess.Begin(folder, ["backup", "service"], ("BACKUP_DIR", Backups));
        for (var watch = Stopwatch.StartNew(); !Directory.Exists(Backups) || Directory.GetFiles(Backups, "*.gz").Length == 0; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), service.Errors);
        }

        Assert.Contains("good  ", await GoodAsync("backup", "verify"), StringComparison.Ordinal);
    }

    private Task<string> GoodAsync(params string[] command) => GoodAsync(command, []);

    private async Task<string> GoodAsync(string[] command, params (string, string)[] environment)
    {
        var (code, output, error) = await RunAsync(command, environment);
        Assert.True(code == 0, $"{string.Join(' ', command)}: {error}");
        return output;
    }

    private Task<(int Code, string Out, string Error)> RunAsync(string[] command, params (string Name, string Value)[] environment) =>
        ServerProcess.RunAsync(folder, command, [("BACKUP_DIR", Backups), .. environment]);
}
