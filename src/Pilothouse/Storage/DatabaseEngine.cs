using System.Diagnostics.Metrics;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>The engine that the settings name. Nobody outside of Storage knows which one it is.</summary>
internal static class DatabaseEngine
{
    /// <summary>As people call it.</summary>
    public const string Name = "SQLite";

    /// <summary>Of the library, such as "3.53.3".</summary>
    public static string Version => SqliteConnection.Version;

    /// <summary>Older ones can lose commits (docs/operations.md).</summary>
    public static Version OldestSafe { get; } = new(
        SqliteConnection.OldestSafeVersion / 1_000_000, SqliteConnection.OldestSafeVersion / 1000 % 1000, SqliteConnection.OldestSafeVersion % 1000);

    /// <summary>Brings the database to this program's schema.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of ours, or not of this version; it is untouched.</exception>
    public static IReadOnlyList<string> Migrate(Settings settings, TimeProvider clock, ILoggerFactory loggers) =>
        new Migrator(settings.DatabasePath, settings.BackupDir, clock, loggers.CreateLogger<Migrator>()).Migrate();

    /// <summary>Migrations that the database does not have yet. Looks at it without changing it.</summary>
    /// <exception cref="DatabaseRefusedException">It is not one of ours, or not of this version.</exception>
    public static IReadOnlyList<string> MissingMigrations(Settings settings) =>
        [.. Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Inspect().Applied)];

    /// <summary>The same, and leaves nothing beside it.</summary>
    public static IReadOnlyList<string> GlanceAtMissingMigrations(Settings settings) =>
        [.. Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Glance().Applied)];

    /// <summary>Opens the database, which <see cref="Migrate"/> has brought up to date.</summary>
    public static Database Open(Settings settings, TimeProvider clock, ILoggerFactory loggers, IMeterFactory? meters = null) =>
        new SqliteDatabase(settings.DatabasePath, settings.PoolSize, settings.Durability == "full", clock, loggers.CreateLogger<SqliteDatabase>(), meters,
            connection => ForeignTimeTriggers.Apply(connection, settings.ForeignTimeZone, clock.GetUtcNow()));

    /// <summary>The same for a command, which reads one thing after another.</summary>
    public static Database OpenForCommand(Settings settings, ILoggerFactory loggers) =>
        new SqliteDatabase(settings.DatabasePath, 1, settings.Durability == "full", TimeProvider.System, loggers.CreateLogger<SqliteDatabase>());

    /// <summary>Copies a database that this process does not serve; else as <see cref="Upkeep.CopyTo"/>.</summary>
    public static DatabaseFacts Copy(string source, string target, IProgress<double>? progress, CancellationToken cancel) => SqliteSnapshot.Copy(source, target, progress, cancel);

    /// <summary>The engine's own check of a file that nobody else has open.</summary>
    /// <returns>"ok", or what is wrong.</returns>
    public static string Integrity(string path, CancellationToken cancel = default)
    {
        using var file = FileSession.Open(path, OpenFor.Recover);
        using var interrupt = file.InterruptOn(cancel);
        return file.Scalar("PRAGMA integrity_check(1)") ?? "nothing was answered";
    }

    /// <summary>Makes a copy one file, so that it can be read without writing beside it.</summary>
    public static void MakeOneFile(string path)
    {
        using var copy = FileSession.Open(path, OpenFor.Copy);
        copy.Scalar("PRAGMA journal_mode=DELETE");
    }

    /// <summary>How a file's pages are used.</summary>
    public static FileUse Use(string path) => SqliteUpkeep.Use(path);

    /// <summary>Gives the free pages back to the disk. Others can read meanwhile; who writes waits.</summary>
    /// <exception cref="DatabaseBusyException">Somebody else writes.</exception>
    public static void Vacuum(string path) => SqliteUpkeep.Vacuum(path);
}
