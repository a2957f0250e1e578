using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Postgres;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage;

/// <summary>The database engine. Code outside of Storage does not know which one it is.</summary>
internal static class DatabaseEngine
{
    /// <summary>The name for people of the library that reads files.</summary>
    public const string Name = "SQLite";

    /// <summary>The version of the library that reads files, such as "3.53.3".</summary>
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

    /// <summary>Keeps a second server from using the same file or, where several servers share a database, the same folder of logs.</summary>
    /// <exception cref="DatabaseRefusedException">Another server does, or the file of the lock cannot be written.</exception>
    public static FileClaim Claim(Settings settings) => IsFile(settings) ? FileClaim.Take(settings.DatabasePath) : FileClaim.TakeInFolder(settings.LogDir);

    /// <summary>Returns the server that runs with these settings on this machine, or null.</summary>
    public static ServingProcess? FindServer(Settings settings) =>
        ServingProcess.Find(IsFile(settings) ? settings.DatabasePath : FileClaim.PathIn(settings.LogDir));

    /// <summary>Whether there is a database, or at least a file of its name.</summary>
    /// <exception cref="DatabaseRefusedException">The server of the database cannot be reached.</exception>
    public static bool Exists(Settings settings) => settings.DatabaseUrl is { } url
        ? Migrator(url, NullLoggerFactory.Instance).HasTables()
        : File.Exists(settings.DatabasePath);

    /// <summary>Whether the database has this table. It creates no files beside a file.</summary>
    public static bool HasTable(Settings settings, string name)
    {
        if (settings.DatabaseUrl is { } url)
        {
            return new PostgresAddress(url).Run(connection => connection.HasTable(name));
        }

        using var file = FileSession.Open(settings.DatabasePath, OpenFor.Glance);
        return file.HasTable(name);
    }

    /// <summary>Whether a migration of this name is this program's, on either engine, and not the previous server's.</summary>
    public static bool IsOurMigration(string version) =>
        version.StartsWith(Migrations.Migrator.Prefix, StringComparison.Ordinal) || version.StartsWith(PostgresMigrator.Prefix, StringComparison.Ordinal);

    /// <summary>The number of this program's migrations.</summary>
    public static int CountMigrations(Settings settings) => IsFile(settings) ? Migrations.Migrator.Known.Count : PostgresMigrator.Known.Count;

    /// <summary>Runs reads of a command on one snapshot. It changes nothing, and creates no file.</summary>
    public static async Task<T> LookAsync<T>(Settings settings, Func<Session, ValueTask<T>> work)
    {
        if (IsFile(settings))
        {
            using var file = FileSession.Open(settings.DatabasePath, OpenFor.Glance);
            file.Execute("BEGIN");
            return await work(file);
        }

        await using var database = OpenForCommand(settings, NullLoggerFactory.Instance);
        return await database.SnapshotAsync(ReadKind.Own, work);
    }

    /// <summary>Returns what an owner should know of the server of the database; nothing where the database is a file.</summary>
    public static IReadOnlyList<EngineFinding> Examine(Settings settings) => settings.DatabaseUrl is { } url ? PostgresExamination.Run(new PostgresAddress(url)) : [];

    /// <summary>Returns when this program's first migration ran; null if there is no database yet.</summary>
    public static DateTimeOffset? BeganAt(Settings settings)
    {
        if (settings.DatabaseUrl is { } url)
        {
            return Migrator(url, NullLoggerFactory.Instance).BeganAt();
        }

        if (new FileInfo(settings.DatabasePath) is not { Exists: true, Length: > 0 })
        {
            return null;
        }

        using var file = FileSession.Open(settings.DatabasePath, OpenFor.Glance);
        return file.Scalar("SELECT min(applied_at) FROM schema_migrations WHERE version LIKE 'pilothouse%'") is { } text && Timestamps.TryParse(text, out var time, out _)
            ? time
            : DateTimeOffset.MinValue;
    }

    /// <summary>Returns the size of the database in bytes; null if there is none.</summary>
    public static long? SizeOf(Settings settings) => settings.DatabaseUrl is { } url ? PostgresExamination.SizeOf(new PostgresAddress(url))
        : new FileInfo(settings.DatabasePath) is { Exists: true } file ? file.Length : null;

    /// <summary>Migrates the database to this program's schema.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version. It is unchanged.</exception>
    public static IReadOnlyList<string> Migrate(Settings settings, TimeProvider clock, ILoggerFactory loggers) => settings.DatabaseUrl is { } url
        ? Migrator(url, loggers).Migrate()
        : new Migrations.Migrator(settings.DatabasePath, settings.BackupDir, clock, loggers.CreateLogger<Migrations.Migrator>()).Migrate();

    /// <summary>Returns the migrations that the database does not have yet. It changes nothing.</summary>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version.</exception>
    public static IReadOnlyList<string> MissingMigrations(Settings settings) => settings.DatabaseUrl is { } url
        ? Migrator(url, NullLoggerFactory.Instance).Missing()
        : [.. Migrations.Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Inspect().Applied)];

    /// <summary>Like <see cref="MissingMigrations"/>, but creates no files beside the database either.</summary>
    public static IReadOnlyList<string> GlanceAtMissingMigrations(Settings settings) => IsFile(settings)
        ? [.. Migrations.Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Glance().Applied)]
        : MissingMigrations(settings);

    /// <summary>Opens the database after <see cref="Migrate"/>.</summary>
    public static Database Open(Settings settings, TimeProvider clock, ILoggerFactory loggers, IMeterFactory? meters = null) => settings.DatabaseUrl is { } url
        ? new PostgresDatabase(new PostgresAddress(url), settings.PoolSize, settings.Durability == "full", loggers.CreateLogger<PostgresDatabase>(), meters,
            settings.DatabaseReadUrl is { } standby ? new PostgresAddress(standby) : null)
        : new SqliteDatabase(settings.DatabasePath, settings.PoolSize, settings.Durability == "full", clock, loggers.CreateLogger<SqliteDatabase>(), meters,
            connection => ForeignTimeTriggers.Apply(connection, settings.ForeignTimeZone, clock.GetUtcNow()));

    /// <summary>Opens the database for a command, which needs only one connection for reads.</summary>
    public static Database OpenForCommand(Settings settings, ILoggerFactory loggers) => settings.DatabaseUrl is { } url
        ? new PostgresDatabase(new PostgresAddress(url), 1, settings.Durability == "full", loggers.CreateLogger<PostgresDatabase>())
        : new SqliteDatabase(settings.DatabasePath, 1, settings.Durability == "full", TimeProvider.System, loggers.CreateLogger<SqliteDatabase>());

    /// <summary>The form that copies of this database have.</summary>
    public static DatabaseCopies CopiesOf(Settings settings) =>
        settings.DatabaseUrl is { } url ? new PostgresCopies(new PostgresAddress(url)) : new SqliteCopies(settings.DatabasePath);

    /// <summary>The form of a copy with this name, which may be of the other engine than the database of these settings.</summary>
    public static DatabaseCopies CopiesNamed(string name, Settings settings) =>
        DatabaseCopies.IsOfServer(name) ? new PostgresCopies(settings.DatabaseUrl is { } url ? new PostgresAddress(url) : null) : new SqliteCopies(settings.DatabasePath);

    /// <summary>Throws if a copy is not of the engine of these settings.</summary>
    /// <exception cref="DatabaseRefusedException">It is of the other one.</exception>
    public static void RefuseOtherCopy(string name, Settings settings)
    {
        if (DatabaseCopies.IsOfServer(name) == IsFile(settings))
        {
            throw new DatabaseRefusedException(IsFile(settings)
                ? $"{name} is the backup of a PostgreSQL database. Set DATABASE_URL to the database in whose place it is to be put."
                : $"{name} is the backup of a database file. Restore it without DATABASE_URL, and bring it over with `pilothouse move`.");
        }
    }

    /// <summary>Throws if another program is connected to the database of a server.</summary>
    /// <exception cref="DatabaseRefusedException">One is, or the server cannot be reached.</exception>
    public static void RefuseIfUsed(Settings settings) => new PostgresRestore(new PostgresAddress(settings.DatabaseUrl!)).RefuseIfUsed();

    /// <summary>Puts a checked copy in the place of the database of a server, in one transaction.</summary>
    /// <param name="settings">The settings with the database.</param>
    /// <param name="copy">The file.</param>
    /// <param name="stamp">A part of the name under which the tables of before are kept.</param>
    /// <param name="cancel">Ends it; nothing has changed then.</param>
    /// <returns>Where the tables of before are, for people, null if there were none; and how many keys and sessions stay revoked, null if that is unknown.</returns>
    /// <exception cref="DatabaseRefusedException">It could not be restored. Nothing has changed.</exception>
    public static (string? Aside, long? Revocations) Restore(Settings settings, string copy, string stamp, CancellationToken cancel)
    {
        var (schema, revocations) = new PostgresRestore(new PostgresAddress(settings.DatabaseUrl!)).Restore(copy, stamp, cancel);
        return (schema is null ? null : $"the schema {schema} of {PlaceOf(settings)} (to remove it: DROP SCHEMA {schema} CASCADE)", revocations);
    }

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

    private static PostgresMigrator Migrator(DatabaseUrl url, ILoggerFactory loggers) => new(new PostgresAddress(url), loggers.CreateLogger<PostgresMigrator>());
}
