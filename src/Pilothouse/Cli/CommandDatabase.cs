using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Configuration;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>Opens the server's database for commands, whether a server runs or not.</summary>
internal static class CommandDatabase
{
    /// <summary>Migrates the database if necessary and runs a command's work on it.</summary>
    public static Task<int> WithAsync(string command, Func<Settings, Database, CommandLog, Task<int>> work) => Shell.ChangingAsync(command, async (settings, log) =>
    {
        // Outside of the server's folder, the key would be made with another secret and in another database.
        if (!Shell.HasSecret(settings))
        {
            return Shell.Failed;
        }

        DatabaseEngine.Migrate(settings, TimeProvider.System, NullLoggerFactory.Instance);
        await using var database = DatabaseEngine.OpenForCommand(settings, NullLoggerFactory.Instance);
        return await work(settings, database, log);
    });

    /// <summary>Writes what a command did to the audit log, in the transaction in which it does it.</summary>
    public static ValueTask AuditAsync(Session session, Settings settings, string operation, Changed changed) =>
        new AuditLog(new AuditKey(settings.JwtSecret), TimeProvider.System).RecordAsync(session, Call.AtCommandLine(), operation, changed);

    /// <summary>
    /// Writes what a command did to the audit log. A database of an older version has no audit log until the server has migrated it. The
    /// command's work is already done, so a failure is only reported.
    /// </summary>
    public static async Task RecordAsync(Settings settings, string operation, Changed changed)
    {
        if (settings.JwtSecret.Length == 0 || !DatabaseEngine.Exists(settings) || DatabaseEngine.MissingMigrations(settings).Count > 0)
        {
            return;
        }

        try
        {
            await using var database = DatabaseEngine.OpenForCommand(settings, NullLoggerFactory.Instance);
            await new AuditLog(new AuditKey(settings.JwtSecret), TimeProvider.System).RecordAsync(database, Call.AtCommandLine(), operation, changed);
        }
        catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or RowKeptAwayException or EngineException)
        {
            Shell.Say($"Note: this could not be written into the audit log: {error.Message}");
        }
    }
}
