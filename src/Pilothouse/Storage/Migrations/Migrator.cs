using System.Data;
using System.Globalization;
using System.Reflection;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Migrations;

/// <summary>
/// Brings a SQLite file to this program's schema: looks at it without touching it, refuses what is not ours, backs it up where it
/// has data, and then runs what is missing in one transaction. Forward only.
/// </summary>
internal sealed partial class Migrator(string path, string backupFolder, TimeProvider clock, ILogger<Migrator> logger)
{
    public const string Prefix = "pilothouse_";

    private const string AddColumns = "pilothouse_0002_added_columns";

    private static readonly byte[] Magic = "SQLite format 3\0"u8.ToArray();

    /// <summary>Names of all migrations, in the order in which they run.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [.. ScriptNames().Select(static name => name[..^4]).Append(AddColumns).Order(StringComparer.Ordinal)];

    /// <summary>Runs what is missing.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">The file is not one of ours, or not of this version; it is untouched.</exception>
    public IReadOnlyList<string> Migrate()
    {
        var applied = Inspect(out var hasData);
        string[] missing = [.. Known.Except(applied)];
        if (missing.Length == 0)
        {
            return missing;
        }

        if (hasData)
        {
            BackUp();
        }

        var result = Engine().PerformUpgrade();
        if (!result.Successful)
        {
            throw new DatabaseRefusedException(
                $"Migration {result.ErrorScript?.Name ?? "of the database"} failed and was rolled back; the file is as it was. {result.Error?.Message}");
        }

        Migrated(logger, path, missing.Length);
        return missing;
    }

    /// <summary>Looks at the file without changing it.</summary>
    /// <returns>The migrations that the file says it has.</returns>
    private HashSet<string> Inspect(out bool hasData)
    {
        hasData = false;
        RefuseOtherPlaces();
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
        {
            return [];
        }

        RefuseOtherFiles(file);
        try
        {
            return Inspect(SqliteUse.Inspect, out hasData);
        }
        catch (SqliteException error) when (error.ExtendedCode == SQLitePCL.raw.SQLITE_READONLY_ROLLBACK)
        {
            // A bot was killed inside a transaction. Nobody can read the file before that is rolled back.
            return Recover(out hasData);
        }
        catch (SqliteException error)
        {
            throw Unreadable(error);
        }
    }

    private HashSet<string> Recover(out bool hasData)
    {
        try
        {
            return Inspect(SqliteUse.Recover, out hasData);
        }
        catch (SqliteException error)
        {
            throw Unreadable(error);
        }
    }

    private HashSet<string> Inspect(SqliteUse use, out bool hasData)
    {
        hasData = false;
        using var connection = new SqliteConnection(path, use);
        foreach (var (table, columns) in SeedSchema.Tables)
        {
            hasData |= CheckTable(connection, table, columns);
        }

        return Applied(connection);
    }

    private DatabaseRefusedException Unreadable(SqliteException error) => SqliteErrors.Translate(error) is DatabaseBusyException busy
        ? new($"{path} cannot be opened now. {busy.Message}")
        : new($"{path} cannot be read as a database ({error.Message}). It was not touched. Restore it from a backup, or set DATABASE_PATH to another file.");

    private void RefuseOtherPlaces()
    {
        if (Directory.Exists(path))
        {
            throw new DatabaseRefusedException($"{path} is a folder. Set DATABASE_PATH to a file in it, such as {Path.Combine(path, "trading_bot.db")}.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            throw new DatabaseRefusedException($"The folder of {path} does not exist. Make it, or set DATABASE_PATH to another file.");
        }
    }

    private static void RefuseOtherFiles(FileInfo file)
    {
        Span<byte> head = stackalloc byte[Magic.Length];
        try
        {
            using var stream = file.OpenRead();
            if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual(Magic))
            {
                return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException($"{file.FullName} cannot be read: {error.Message} Check the rights of the file and its folder.");
        }

        throw new DatabaseRefusedException(
            $"{file.FullName} is not a SQLite database. It was not touched. Set DATABASE_PATH to the database, or to a name that does not exist yet.");
    }

    /// <summary>Refuses a table that has another's columns under the seed's name.</summary>
    /// <returns>Whether the table has rows.</returns>
    private bool CheckTable(SqliteConnection connection, string table, string[] columns)
    {
        var found = Columns(connection, table);
        if (found.Count == 0)
        {
            return false;
        }

        string[] lacking = [.. columns.Except(found, StringComparer.OrdinalIgnoreCase)];
        if (lacking.Length > 0)
        {
            throw new DatabaseRefusedException(
                $"{path}: table {table} has no column {string.Join(", ", lacking)}, so this file was made by another variant of the bot (see docs/upgrade.md). It was not touched. Set DATABASE_PATH to another file.");
        }

        return connection.Scalar($"SELECT 1 FROM {table} LIMIT 1") is not null;
    }

    private HashSet<string> Applied(SqliteConnection connection)
    {
        if (Columns(connection, "schema_migrations").Count == 0)
        {
            return [];
        }

        var applied = new HashSet<string>();
        using var statement = new SqliteStatement(connection, "SELECT version FROM schema_migrations");
        while (statement.Step())
        {
            applied.Add(statement.Row.Text(0) ?? "");
        }

        if (applied.FirstOrDefault(version => version.StartsWith(Prefix, StringComparison.Ordinal) && !Known.Contains(version)) is { } newer)
        {
            throw new DatabaseRefusedException(
                $"{path} was migrated by a newer Pilothouse ({newer}); this version cannot read it safely. It was not touched. Start the newer version, or restore the backup made before the upgrade.");
        }

        return applied;
    }

    private static List<string> Columns(SqliteConnection connection, string table)
    {
        var columns = new List<string>();
        using var statement = new SqliteStatement(connection, $"SELECT name FROM pragma_table_info('{table}')");
        while (statement.Step())
        {
            columns.Add(statement.Row.Text(0)!);
        }

        return columns;
    }

    /// <summary>A copy of the file as it was, on disk and checked, before anything changes.</summary>
    private void BackUp()
    {
        var stamp = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd_HHmmss_fff", CultureInfo.InvariantCulture);
        var copy = Path.Combine(backupFolder, $"before_migration_{stamp}.db");
        try
        {
            Directory.CreateDirectory(backupFolder);
            BackUp(copy);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException(
                $"{path} was not migrated, because it could not be copied to {copy} first ({error.Message}). See to the disk and the rights of BACKUP_DIR; if the database itself is damaged, restore it from a good backup.");
        }
    }

    private void BackUp(string copy)
    {
        using (var source = new SqliteConnection(path, SqliteUse.Inspect))
        {
            using var statement = new SqliteStatement(source, "VACUUM INTO @copy");
            statement.Set("copy", copy);
            statement.Run();
        }

        // VACUUM INTO does not flush what it wrote.
        using (var file = new FileStream(copy, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        using var check = new SqliteConnection(copy, SqliteUse.Inspect);
        if (check.Scalar("PRAGMA integrity_check") is var answer && answer != "ok")
        {
            throw new DatabaseRefusedException(
                $"{path} was not migrated, because its backup {copy} does not pass integrity_check ({answer}). Restore the database from a good backup first.");
        }

        BackedUp(logger, path, copy);
    }

    private UpgradeEngine Engine()
    {
        var connection = $"Data Source={path};Pooling=False";
        return DeployChanges.To.SqliteDatabase(connection)
            .WithScripts(Scripts())
            .WithScript(AddColumns, new AddedColumns())
            .JournalTo((connections, log) => new SchemaJournal(connections, clock))
            .WithTransaction()
            .WithVariablesDisabled()
            .LogTo(new Quiet())
            .Build();
    }

    private static IEnumerable<SqlScript> Scripts() =>
        ScriptNames().Select(static name => new SqlScript(name[..^4], Sql.ExpandForSqlite(Read(name))));

    private static IEnumerable<string> ScriptNames() => typeof(Migrator).Assembly.GetManifestResourceNames()
        .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal));

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>SQLite cannot add a column "if not exists": whatever a file has already is left out here.</summary>
    private sealed class AddedColumns : IScript
    {
        public string ProvideScript(Func<IDbCommand> dbCommandFactory)
        {
            var statements = SeedSchema.Added
                .Where(added => !Has(dbCommandFactory, added.Table, added.Column))
                .Select(static added => $"ALTER TABLE {added.Table} ADD COLUMN {added.Column} {added.Type};");
            return string.Join('\n', statements.DefaultIfEmpty("SELECT 1;"));
        }

        private static bool Has(Func<IDbCommand> commands, string table, string column)
        {
            using var command = commands();
            command.CommandText = $"SELECT count(*) FROM pragma_table_info('{table}') WHERE lower(name) = '{column}'";
            return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) > 0;
        }
    }

    /// <summary>DbUp speaks in string formats; what an operator needs is said by this class.</summary>
    private sealed class Quiet : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args)
        {
        }

        public void LogDebug(string format, params object[] args)
        {
        }

        public void LogInformation(string format, params object[] args)
        {
        }

        public void LogWarning(string format, params object[] args)
        {
        }

        public void LogError(string format, params object[] args)
        {
        }

        public void LogError(Exception ex, string format, params object[] args)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Database {Path}: {Count} migrations applied")]
    private static partial void Migrated(ILogger logger, string path, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database {Path} was copied to {Copy} before its migration; the copy passes integrity_check")]
    private static partial void BackedUp(ILogger logger, string path, string copy);
}
