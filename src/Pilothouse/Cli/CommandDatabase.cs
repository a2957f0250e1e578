using Pilothouse.Configuration;
using Pilothouse.Operations;
using Pilothouse.Storage;

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
        DatabaseEngine.Migrate(settings, TimeProvider.System, loggers);
        await using var database = DatabaseEngine.OpenForCommand(settings, loggers);
        return await work(settings, database, log);
    });

    /// <summary>
    /// Writes what a command did into the audit log, where the database has one: that of an older version, which no server of this one has
    /// opened yet, has none. The command's work is done by then, so a failure is only told.
    /// </summary>
    public static async Task RecordAsync(Settings settings, string operation, Changed changed)
    {
        if (settings.JwtSecret.Length == 0 || !File.Exists(settings.DatabasePath) || DatabaseEngine.MissingMigrations(settings).Count > 0)
        {
            return;
        }

        try
        {
            using var loggers = LoggerFactory.Create(static _ => { });
            await using var database = DatabaseEngine.OpenForCommand(settings, loggers);
            await new AuditLog(new AuditKey(settings.JwtSecret), TimeProvider.System).RecordAsync(database, Call.AtCommandLine(), operation, changed);
        }
        catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or RowKeptAwayException or EngineException)
        {
            Shell.Say($"Note: this could not be written into the audit log: {error.Message}");
        }
    }
}
