using System.Diagnostics.Metrics;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Postgres;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>The database engine. Code outside of Storage does not know which one it is.</summary>
internal static class DatabaseEngine
{
    /// <summary>The engine's name for people.</summary>
    public const string Name = "SQLite";

    /// <summary>The version of the engine's library, such as "3.53.3".</summary>
    public static string Version => SqliteConnection.Version;

    /// <summary>The oldest version of the library that does not lose commits (docs/operations.md).</summary>
    public static Version OldestSafe { get; } = new(
        SqliteConnection.OldestSafeVersion / 1_000_000, SqliteConnection.OldestSafeVersion / 1000 % 1000, SqliteConnection.OldestSafeVersion % 1000);

    /// <summary>Whether the database of these settings is a file, which other programs may open too.</summary>
    public static bool IsFile(Settings settings) => settings.DatabaseUrl is null;

    /// <summary>The place of the database, for people.</summary>
    public static string PlaceOf(Settings settings) => settings.DatabaseUrl?.ToString() ?? settings.DatabasePath;

    /// <summary>The folder whose disk the database fills; null if that is a disk of another machine.</summary>
    public static string? FolderOf(Settings settings) => IsFile(settings) ? Path.GetDirectoryName(Path.GetFullPath(settings.DatabasePath)) : null;

    /// <summary>Migrates the database to this program's schema.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version. It is unchanged.</exception>
    public static IReadOnlyList<string> Migrate(Settings settings, TimeProvider clock, ILoggerFactory loggers) => settings.DatabaseUrl is { } url
        ? new PostgresMigrator(new PostgresAddress(url), loggers.CreateLogger<PostgresMigrator>()).Migrate()
        : new Migrator(settings.DatabasePath, settings.BackupDir, clock, loggers.CreateLogger<Migrator>()).Migrate();

    /// <summary>Returns the migrations that the database does not have yet. It changes nothing.</summary>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version.</exception>
    public static IReadOnlyList<string> MissingMigrations(Settings settings) =>
        [.. Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Inspect().Applied)];

    /// <summary>Like <see cref="MissingMigrations"/>, but creates no files beside the database either.</summary>
    public static IReadOnlyList<string> GlanceAtMissingMigrations(Settings settings) =>
        [.. Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Glance().Applied)];

    /// <summary>Opens the database after <see cref="Migrate"/>.</summary>
    public static Database Open(Settings settings, TimeProvider clock, ILoggerFactory loggers, IMeterFactory? meters = null) => settings.DatabaseUrl is { } url
        ? new PostgresDatabase(new PostgresAddress(url), settings.PoolSize, settings.Durability == "full", loggers.CreateLogger<PostgresDatabase>(), meters)
        : new SqliteDatabase(settings.DatabasePath, settings.PoolSize, settings.Durability == "full", clock, loggers.CreateLogger<SqliteDatabase>(), meters,
            connection => ForeignTimeTriggers.Apply(connection, settings.ForeignTimeZone, clock.GetUtcNow()));

    /// <summary>Opens the database for a command, which needs only one connection for reads.</summary>
    public static Database OpenForCommand(Settings settings, ILoggerFactory loggers) => settings.DatabaseUrl is { } url
        ? new PostgresDatabase(new PostgresAddress(url), 1, settings.Durability == "full", loggers.CreateLogger<PostgresDatabase>())
        : new SqliteDatabase(settings.DatabasePath, 1, settings.Durability == "full", TimeProvider.System, loggers.CreateLogger<SqliteDatabase>());

    /// <summary>Copies a database that this process does not serve; otherwise like <see cref="Upkeep.CopyTo"/>.</summary>
    public static DatabaseFacts Copy(string source, string target, IProgress<double>? progress, CancellationToken cancel) => SqliteSnapshot.Copy(source, target, progress, cancel);

    /// <summary>Runs the engine's own integrity check on a file that no other program has open.</summary>
    /// <returns>"ok", or what is wrong.</returns>
    public static string Integrity(string path, CancellationToken cancel = default)
    {
        using var file = FileSession.Open(path, OpenFor.Recover);
        using var interrupt = file.InterruptOn(cancel);
        return file.Scalar("PRAGMA integrity_check(1)") ?? "nothing was answered";
    }

    /// <summary>Turns WAL mode off in a copy, so that it can be read without creating files beside it.</summary>
    public static void MakeOneFile(string path)
    {
        using var copy = FileSession.Open(path, OpenFor.Copy);
        copy.Scalar("PRAGMA journal_mode=DELETE");
    }

    /// <summary>Returns how much of a database file is used and how much is free.</summary>
    public static FileUse Use(string path) => SqliteUpkeep.Use(path);

    /// <summary>Returns the free pages of the file to the disk (VACUUM). Readers can go on; writers have to wait.</summary>
    /// <exception cref="DatabaseBusyException">Another program holds the write lock.</exception>
    public static void Vacuum(string path) => SqliteUpkeep.Vacuum(path);
}
