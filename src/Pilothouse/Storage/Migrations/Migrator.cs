using System.Globalization;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Migrations;

/// <summary>
/// Migrates a SQLite file to this program's schema: inspects it without changing it, refuses it if it is not ours, backs it up if it has
/// data, and runs the missing migrations in one transaction. There are no downgrades.
/// </summary>
internal sealed partial class Migrator(string path, string backupFolder, TimeProvider clock, ILogger<Migrator> logger)
{
    public const string Prefix = "pilothouse_";

    private const string AddColumns = "pilothouse_0002_added_columns";

    private const string AddForeignTimes = "pilothouse_0016_foreign_times";

    private const string Journal = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          version TEXT UNIQUE NOT NULL,
          description TEXT,
          applied_at DATETIME DEFAULT CURRENT_TIMESTAMP
        )
        """;

    /// <summary>The names of all migrations, in the order in which they run.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [.. ScriptNames().Select(static name => name[..^4]).Append(AddColumns).Order(StringComparer.Ordinal)];

    /// <summary>Runs the missing migrations.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version. It is unchanged.</exception>
    public IReadOnlyList<string> Migrate()
    {
        var file = new DatabaseFile(path);
        var (applied, hasData) = file.Inspect();
        file.DemandRights();
        string[] missing = [.. Known.Except(applied)];
        if (missing.Length == 0)
        {
            return missing;
        }

        if (hasData)
        {
            BackUp();
            var names = string.Join(", ", missing);
            Begun(logger, path, names);
        }

        if (!File.Exists(path))
        {
            // SQLite would create the file readable for every user of this machine, and gives its other files the same rights.
            DurableFile.Create(path, DurableFile.OwnerAndGroup);
            FileOwner.CopyOwner(Path.GetDirectoryName(Path.GetFullPath(path))!, path);
        }

        Run(missing);
        Migrated(logger, path, missing.Length);
        return missing;
    }

    /// <summary>Makes a copy of the file, syncs and checks it, before anything is changed.</summary>
    private void BackUp()
    {
        var stamp = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd_HHmmss_fff", CultureInfo.InvariantCulture);
        var copy = Path.Combine(backupFolder, $"before_migration_{stamp}.db");
        try
        {
            DurableFile.MakeFolder(backupFolder);
            BackUp(copy, Path.ChangeExtension(copy, ".unfinished"));
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException(
                $"{path} was not migrated, because it could not be copied to {copy} first ({error.Message}). See to the disk and the rights of BACKUP_DIR; if the database itself is damaged, restore it from a good backup.");
        }
    }

    /// <summary>Makes the copy under a name that does not look like a database or a backup until it is complete and checked.</summary>
    private void BackUp(string copy, string unfinished)
    {
        try
        {
            // The copy is readable by its owner only, whatever the umask is, because it is as secret as the database.
            DurableFile.Create(unfinished);
            FileOwner.CopyOwner(path, unfinished);
            Fill(unfinished);
            File.Move(unfinished, copy, overwrite: false);
            DurableFile.FlushFolder(backupFolder);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }

        BackedUp(logger, path, copy);
    }

    private void Fill(string copy)
    {
        using (var source = new SqliteConnection(path, OpenFor.Inspect))
        {
            using var statement = new SqliteStatement(source, "VACUUM INTO @copy");
            statement.Set("copy", copy);
            statement.Run();
        }

        // VACUUM INTO does not sync the file that it wrote.
        using (var file = PlainFile.Write(copy, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        using var check = new SqliteConnection(copy, OpenFor.Inspect);
        if (check.Scalar("PRAGMA integrity_check") is var answer && answer != "ok")
        {
            throw new DatabaseRefusedException(
                $"{path} was not migrated, because its backup does not pass integrity_check ({answer}). Restore the database from a good backup first.");
        }
    }

    private static void Remove(string unfinished)
    {
        try
        {
            Array.ForEach(FileHolders.Suffixes, suffix => File.Delete(unfinished + suffix));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // If the file could not be created, there is nothing to remove.
        }
    }

    /// <summary>Runs all missing migrations in one transaction, and adds a row for each to schema_migrations.</summary>
    private void Run(IReadOnlyList<string> missing)
    {
        var running = "";
        try
        {
            using var connection = new SqliteConnection(path, OpenFor.Recover);
            connection.Execute("BEGIN IMMEDIATE");
            connection.Execute(Journal);
            using var insert = new SqliteStatement(connection, "INSERT INTO schema_migrations(version, description, applied_at) VALUES (@version, @description, @applied_at)");
            foreach (var version in missing)
            {
                running = version;
                connection.Execute(version == AddColumns ? ScriptOfAddedColumns(connection) : Expand(version));
                if (version == AddForeignTimes)
                {
                    TimeIndexes.MakeAnew(connection);
                }

                insert.Renew().Set("version", version).Set("description", version[(Prefix.Length + 5)..].Replace('_', ' ')).Set("applied_at", clock.GetUtcNow());
                insert.Run();
            }

            connection.Execute("COMMIT");
        }
        catch (SqliteException error)
        {
            throw new DatabaseRefusedException($"Migration {(running.Length > 0 ? running : "of the database")} failed and was rolled back; the file is as it was. {Reason(error)}");
        }
    }

    private string Reason(SqliteException error) => SqliteErrors.Translate(error) is DatabaseFullException
        ? $"The disk of {Path.GetFullPath(path)} is full: make room and try again."
        : error.Message;

    /// <summary>
    /// Returns the SQL that adds columns. SQLite has no ADD COLUMN IF NOT EXISTS, so columns that the file already has are left out.
    /// </summary>
    private static string ScriptOfAddedColumns(SqliteConnection connection) => string.Join('\n', SeedSchema.Added
        .Where(added => connection.Scalar($"SELECT 1 FROM pragma_table_info('{added.Table}') WHERE lower(name) = '{added.Column}'") is null)
        .Select(static added => $"ALTER TABLE {added.Table} ADD COLUMN {added.Column} {added.Type};"));

    private static string Expand(string version) => string.CompareOrdinal(version, AddForeignTimes) < 0
        ? Sql.ExpandWithoutForeignTimes(Read(version + ".sql"))
        : Sql.ExpandForSqlite(Read(version + ".sql"));

    private static IEnumerable<string> ScriptNames() => typeof(Migrator).Assembly.GetManifestResourceNames()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal));

    /// <summary>Returns the SQL of a migration.</summary>
    internal static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Migrator).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Database {Path}: the migrations {Names} begin. Where they make indexes, a million rows take a minute or two; the program answers after that")]
    private static partial void Begun(ILogger logger, string path, string names);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database {Path}: {Count} migrations applied")]
    private static partial void Migrated(ILogger logger, string path, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database {Path} was copied to {Copy} before its migration; the copy passes integrity_check")]
    private static partial void BackedUp(ILogger logger, string path, string copy);
}
