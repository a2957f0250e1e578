using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Storage;

namespace Pilothouse.Tests.Backups;

/// <summary>
/// The seed's own <c>backup.py restore</c>, and scripts of owners, look for backups by a pattern and copy the newest over the database.
/// Whatever such a pattern finds in the folder, at any moment, is a whole backup.
/// </summary>
public sealed class SeedPatternTests : IDisposable
{
    /// <summary>Looks for backups as Python's glob and pathlib do, and proves that each one found holds a database with the row.</summary>
    private const string Look = """
        import glob, gzip, os, pathlib, sqlite3, sys, tempfile
        folder, needed, found = sys.argv[1], int(sys.argv[2]), 0
        for pattern in ("trading_bot_backup_*", "*trading_bot_backup_*", "trading_bot_backup_*.db*", "*.db*", "*.db", "*.gz", "*.db.gz*", "*backup*", "trading_bot*"):
            for path in {*glob.glob(os.path.join(folder, pattern)), *map(str, pathlib.Path(folder).glob(pattern)), *map(str, pathlib.Path(folder).rglob(pattern))}:
                with tempfile.NamedTemporaryFile() as copy:
                    opened = gzip.open(path) if path.endswith(".gz") else open(path, "rb")
                    try:
                        copy.write(opened.read())
                    except Exception as error:
                        sys.exit(f"{pattern} finds {path}, which cannot be read: {error}")
                    copy.flush()
                    try:
                        row = sqlite3.connect(copy.name).execute("SELECT trading_pair FROM signals").fetchall()
                    except Exception as error:
                        sys.exit(f"{pattern} finds {path}, which is no whole backup: {error}")
                    if row != [("SUI/USDC",)]:
                        sys.exit(f"{pattern} finds {path}, which is an empty backup")
                    found += 1
        if found < needed:
            sys.exit(f"only {found} backups are found")
        """;

    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    private string Backups => folder.File("backups");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("backup")]
    [InlineData("backup", "verify", "latest")]
    public async Task No_pattern_finds_anything_but_whole_backups_at_any_step_of(params string[] command)
    {
        await PrepareAsync();
        await RunAsync("backup");
        var kills = await KillAt.EachStepAsync(folder, command, [("BACKUP_DIR", Backups), ("MAX_BACKUPS", "1")], async () => await RunAsync("backup"),
            step => LookAsync(step), stride: CrashTests.Slow ? 1 : 3);
        Assert.True(kills > 2, $"only {kills} steps");
        await LookAsync("in the end");
    }

    [Fact]
    public async Task No_pattern_finds_a_copy_before_a_migration_that_is_not_whole()
    {
        await RunAsync("migrate");
        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('SUI/USDC', 'BUY', 1, 1); DELETE FROM schema_migrations WHERE version LIKE '%0003%';");
        await Tool.SqliteAsync(Database, "PRAGMA wal_checkpoint(TRUNCATE);");
        var before = await File.ReadAllBytesAsync(Database, TestContext.Current.CancellationToken);
        var kills = await KillAt.EachStepAsync(folder, ["migrate"], [("BACKUP_DIR", Backups)], async () =>
        {
            foreach (var file in Directory.GetFiles(folder.Path, "trading_bot.db*"))
            {
                File.Delete(file);
            }

            await File.WriteAllBytesAsync(Database, before);
        }, step => LookAsync(step, needed: 0), stride: CrashTests.Slow ? 1 : 4);
        Assert.True(kills > 2, $"only {kills} steps");
        await LookAsync("in the end");
    }

    [Fact]
    public async Task The_next_backup_renames_manifests_of_older_versions_which_are_read_until_then()
    {
        await PrepareAsync();
        var manifest = Directory.GetFiles(Backups, "manifest_*.json").Single();
        var backup = Directory.GetFiles(Backups, "*.gz").Single();
        Assert.Equal(manifest, Pilothouse.Backups.BackupManifest.PathFor(backup));
        File.Move(manifest, backup + ".json");
        var lost = Path.Combine(Backups, "trading_bot_backup_20240101_020000.db.json");
        await File.WriteAllTextAsync(lost, "{}", TestContext.Current.CancellationToken);
        var foreign = Path.Combine(Backups, "manifest_of_my_own.json");
        await File.WriteAllTextAsync(foreign, "{}", TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => LookAsync("before", needed: 1));
        Assert.Contains("good", await RunAsync("backup", "list"), StringComparison.Ordinal);

        await RunAsync("backup");
        Assert.True(File.Exists(manifest));
        Assert.True(File.Exists(foreign));
        Assert.False(File.Exists(backup + ".json") || File.Exists(lost));
        Assert.Equal(Path.GetFileName(backup), (string?)JsonNode.Parse(await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken))!["file"]);
        await LookAsync("after", needed: 2);
        Assert.DoesNotContain("no manifest", await RunAsync("backup", "verify", "all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_the_seed_made_in_the_same_second_is_not_taken_for_ours()
    {
        await PrepareAsync();
        var backup = Directory.GetFiles(Backups, "*.gz").Single();
        File.Copy(Database, backup[..^3]);
        var listed = await RunAsync("backup", "list");
        Assert.Contains("unproven", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("broken", listed, StringComparison.OrdinalIgnoreCase);
    }

    private async Task PrepareAsync()
    {
        await RunAsync("migrate");
        await Tool.SqliteAsync(Database, "INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('SUI/USDC', 'BUY', 1, 1);");
        await Tool.SqliteAsync(Database, "PRAGMA wal_checkpoint(TRUNCATE);");
        await RunAsync("backup");
    }

    private async Task LookAsync(string step, int needed = 1)
    {
        if (Directory.Exists(Backups))
        {
            var (code, _, error) = await Tool.RunAsync("python3", ["-c", Look, Backups, $"{needed}"]);
            Assert.True(code == 0, $"{step}: {error}");
        }
    }

    private async Task<string> RunAsync(params string[] command)
    {
        var (code, output, error) = await ServerProcess.RunAsync(folder, command, ("BACKUP_DIR", Backups));
        Assert.True(code == 0, $"{string.Join(' ', command)}: {output}{error}");
        return output;
    }
}
