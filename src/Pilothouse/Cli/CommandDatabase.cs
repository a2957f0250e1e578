using Pilothouse.Configuration;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Cli;

/// <summary>The server's database, for commands that work on it whether a server runs or not.</summary>
internal static class CommandDatabase
{
    /// <summary>Runs a command's work on the database, which is brought up to date first.</summary>
    public static Task<int> WithAsync(string command, Func<Settings, Database, CommandLog, Task<int>> work) => Shell.ChangingAsync(command, async (settings, log) =>
    {
        // In another folder than the server's, a key would be made under a secret and for a database that nobody serves.
        if (settings.JwtSecret.Length == 0)
        {
            Shell.Say("There is no JWT_SECRET_KEY here, so this is not the server's folder. Run this where its .env is, after its first start.");
            return Shell.Failed;
        }

        using var loggers = LoggerFactory.Create(static _ => { });
        new Migrator(settings.DatabasePath, settings.BackupDir, TimeProvider.System, loggers.CreateLogger<Migrator>()).Migrate();
        await using var database = Open(settings, loggers);
        return await work(settings, database, log);
    });

    /// <summary>
    /// Writes what a command did into the audit log, where the database has one: that of an older version, which no server of this one has
    /// opened yet, has none. The command's work is done by then, so a failure is only told.
    /// </summary>
    public static async Task RecordAsync(Settings settings, string operation, Changed changed)
    {
        if (settings.JwtSecret.Length == 0 || !File.Exists(settings.DatabasePath) || Migrator.Known.Except(new DatabaseFile(settings.DatabasePath).Inspect().Applied).Any())
        {
            return;
        }

        try
        {
            using var loggers = LoggerFactory.Create(static _ => { });
            await using var database = Open(settings, loggers);
            await new AuditLog(new AuditKey(settings.JwtSecret), TimeProvider.System).RecordAsync(database, Call.AtCommandLine(), operation, changed);
        }
        catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or RowKeptAwayException or SqliteException)
        {
            Shell.Say($"Note: this could not be written into the audit log: {error.Message}");
        }
    }

    private static SqliteDatabase Open(Settings settings, ILoggerFactory loggers) =>
        new(settings.DatabasePath, 1, settings.Durability == "full", TimeProvider.System, loggers.CreateLogger<SqliteDatabase>());
}
