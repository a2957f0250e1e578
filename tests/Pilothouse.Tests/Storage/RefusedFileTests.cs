using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>Files that are not for this version are refused with a sentence, and not one byte of them changes.</summary>
public sealed class RefusedFileTests
{
    [Theory]
    [InlineData("DELETE")]
    [InlineData("WAL")]
    public async Task A_file_of_a_newer_version_is_refused(string journalMode)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Migrated, journalMode);
        await Tool.SqliteAsync(path, "INSERT INTO schema_migrations(version) VALUES ('pilothouse_9999_x');");
        AssertRefused(folder, "newer Pilothouse (pilothouse_9999_x)");
    }

    [Fact]
    public async Task Unknown_migrations_of_others_pass()
    {
        using var folder = new TemporaryFolder();
        await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), SeedState.Migrated);
        await Tool.SqliteAsync(folder.File("trading_bot.db"), "INSERT INTO schema_migrations(version) VALUES ('003_somebody_elses');");
        Assert.NotEmpty(Migrate(folder));
    }

    [Fact]
    public async Task A_file_of_the_other_variant_is_refused()
    {
        using var folder = new TemporaryFolder();
        await Tool.SqliteAsync(folder.File("trading_bot.db"), "CREATE TABLE signals(id INTEGER PRIMARY KEY, timestamp TEXT, symbol TEXT, strength REAL, price REAL); INSERT INTO signals(symbol) VALUES ('BTC');");
        AssertRefused(folder, "table signals has no column trading_pair");
    }

    [Theory]
    [InlineData("This is a list of things to buy.\n", "is not a SQLite database")]
    [InlineData("SQLite", "is not a SQLite database")]
    [InlineData("SQLite format 3\0", "was not touched")]
    public void What_is_not_a_database_is_refused(string content, string sentence)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("trading_bot.db"), content);
        AssertRefused(folder, sentence);
    }

    [Fact]
    public void Random_bytes_are_refused_also_behind_a_good_beginning()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        var bytes = new byte[8192];
        random.NextBytes(bytes);
        File.WriteAllBytes(folder.File("trading_bot.db"), bytes);
        AssertRefused(folder, "is not a SQLite database");

        "SQLite format 3\0"u8.CopyTo(bytes);
        File.WriteAllBytes(folder.File("trading_bot.db"), bytes);
        AssertRefused(folder, "was not touched");
    }

    [Fact]
    public async Task A_damaged_database_is_refused_before_it_is_migrated()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trading_bot.db");
        await SeedDatabase.CreateAsync(path, SeedState.Migrated);
        await Tool.SqliteAsync(path, "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO signals(trading_pair, signal_type, signal_strength, price) SELECT 'A/B', 'BUY', 1, i FROM n;");
        var bytes = await File.ReadAllBytesAsync(path);
        Array.Fill<byte>(bytes, 0xFF, bytes.Length / 2, 20_000);
        await File.WriteAllBytesAsync(path, bytes);
        AssertRefused(folder, "trading_bot.db");
    }

    [Fact]
    public void A_folder_in_the_files_place_is_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("trading_bot.db"));
        var refused = Assert.Throws<DatabaseRefusedException>(() => Migrate(folder));
        Assert.Contains("is a folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("not/there/trading_bot.db");
        var refused = Assert.Throws<DatabaseRefusedException>(() => MigratorOf(folder, path).Migrate());
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("folder", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("not")));
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.UserName == "root", "root reads every file, and Windows has other rights");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("trading_bot.db"), "SQLite format 3\0");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.File("trading_bot.db"), UnixFileMode.None);
        }

        var refused = Assert.Throws<DatabaseRefusedException>(() => Migrate(folder));
        Assert.Contains("cannot be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_backup_there_is_no_migration()
    {
        using var folder = new TemporaryFolder();
        await SeedDatabase.CreateAsync(folder.File("trading_bot.db"), SeedState.Migrated);
        await File.WriteAllTextAsync(folder.File("backups"), "a file where the folder of backups should be");
        AssertRefused(folder, "backups");
    }

    private static void AssertRefused(TemporaryFolder folder, string sentence)
    {
        var path = folder.File("trading_bot.db");
        var before = SHA256.HashData(File.ReadAllBytes(path));
        var refused = Assert.Throws<DatabaseRefusedException>(() => Migrate(folder));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(path)));
    }

    private static IReadOnlyList<string> Migrate(TemporaryFolder folder) => MigratorOf(folder, folder.File("trading_bot.db")).Migrate();

    private static Migrator MigratorOf(TemporaryFolder folder, string path) => new(path, folder.File("backups"), TimeProvider.System, NullLogger<Migrator>.Instance);
}
