using System.Data;
using System.Globalization;
using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Data.Sqlite;
using Pilothouse.Storage.Sqlite;
using SqliteConnection = Pilothouse.Storage.Sqlite.SqliteConnection;
using SqliteException = Pilothouse.Storage.Sqlite.SqliteException;

namespace Pilothouse.Storage.Migrations;

/// <summary>
/// Brings a SQLite file to this program's schema: looks at it without touching it, refuses what is not ours, backs it up where it
/// has data, and then runs what is missing in one transaction. Forward only.
/// </summary>
internal sealed partial class Migrator(string path, string backupFolder, TimeProvider clock, ILogger<Migrator> logger)
{
    public const string Prefix = "pilothouse_";

    private const string AddColumns = "pilothouse_0002_added_columns";

    /// <summary>Names of all migrations, in the order in which they run.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [.. ScriptNames().Select(static name => name[..^4]).Append(AddColumns).Order(StringComparer.Ordinal)];

    /// <summary>Runs what is missing.</summary>
    /// <returns>The names of the migrations that ran.</returns>
    /// <exception cref="DatabaseRefusedException">The file is not one of ours, or not of this version; it is untouched.</exception>
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
        }

        if (!File.Exists(path))
        {
            // SQLite would let every user of this machine read it, and gives its other files the rights of this one.
            DurableFile.Create(path, DurableFile.OwnerAndGroup);
            FileOwner.CopyOwner(Path.GetDirectoryName(Path.GetFullPath(path))!, path);
        }

        var result = Engine().PerformUpgrade();
        if (!result.Successful)
        {
            throw new DatabaseRefusedException(
                $"Migration {result.ErrorScript?.Name ?? "of the database"} failed and was rolled back; the file is as it was. {Reason(result.Error)}");
        }

        Migrated(logger, path, missing.Length);
        return missing;
    }

    /// <summary>A copy of the file as it was, on disk and checked, before anything changes.</summary>
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

    /// <summary>Until it is whole and checked, it has a name that nobody who looks for a database or a backup finds.</summary>
    private void BackUp(string copy, string unfinished)
    {
        try
        {
            // As secret as the database itself, whatever the umask is.
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
        using (var source = new SqliteConnection(path, SqliteUse.Inspect))
        {
            using var statement = new SqliteStatement(source, "VACUUM INTO @copy");
            statement.Set("copy", copy);
            statement.Run();
        }

        // VACUUM INTO does not flush what it wrote.
        using (var file = PlainFile.Write(copy, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        using var check = new SqliteConnection(copy, SqliteUse.Inspect);
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
            // What could not be made there cannot be removed there either.
        }
    }

    private UpgradeEngine Engine()
    {
        // The whole path: Microsoft.Data.Sqlite takes words such as file: and |DataDirectory| at the beginning for something else.
        var connection = new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), Pooling = false }.ToString();
        return DeployChanges.To.SqliteDatabase(connection)
            .WithScripts(Scripts())
            .WithScript(AddColumns, new AddedColumns())
            .JournalTo((connections, log) => new SchemaJournal(connections, clock))
            .WithTransaction()
            .WithVariablesDisabled()
            .LogTo(new Quiet())
            .Build();
    }

    private string? Reason(Exception? error) => error is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL }
        ? $"The disk of {Path.GetFullPath(path)} is full: make room and try again."
        : error?.Message;

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
