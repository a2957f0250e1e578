using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Retention;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>The database file and the library that reads it. It is opened to read only.</summary>
internal static class DatabaseChecks
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private static readonly string[] TimedTables = ["signals", "trades", "bot_status", "market_context", "chart_analyses", "cost_analytics"];

    private static readonly (string Table, Sql Newest)[] Newest = Of("SELECT time_of(timestamp) FROM {0} ORDER BY time_key(timestamp) DESC LIMIT 1");

    /// <summary>A file that lacks migrations may have no UTC beside a local time yet.</summary>
    private static readonly (string Table, Sql Newest)[] BeforeMigration = Of("SELECT max(timestamp) FROM {0}");

    public static async Task<IEnumerable<Finding>> LookAsync(Settings settings, Surroundings here)
    {
        var library = Library(DatabaseEngine.Version, here.PythonLibrary);
        if (new FileInfo(settings.DatabasePath) is not { Exists: true, Length: > 0 })
        {
            return [library, Finding.Green("database", "There is none yet; the first start makes it.")];
        }

        try
        {
            var missing = DatabaseEngine.GlanceAtMissingMigrations(settings).Count;
            var schema = missing == 0 ? Finding.Green("database", "It has this version's schema.")
                : Finding.Yellow("database", string.Create(CultureInfo.InvariantCulture, $"{missing} migrations are missing."), "Start the server, or run `pilothouse migrate`; the file is copied first.");
            using var connection = FileSession.Open(settings.DatabasePath, OpenFor.Glance);
            var journal = Journal(connection, missing);
            if (missing == 0 && MaintenanceStore.KnownDamage(connection) is { } damage)
            {
                schema = Finding.Red("database", $"The last check found it damaged: {damage}.", "Stop the server, look for the cause, and restore a backup (docs/operations.md, \"Damaged database\").");
            }

            return missing > 0 ? [library, schema, journal, await TimesAsync(connection, here.Now, BeforeMigration)] :
            [
                library, schema, journal, await TimesAsync(connection, here.Now, Newest),
                await CloseTimeChecks.LookAsync(connection, here.Now, Tolerance),
                await ForeignTimeChecks.LookAsync(connection, settings.ForeignTimeZone),
                await KeysAsync(connection, here.Now),
            ];
        }
        catch (Exception error) when (error is DatabaseRefusedException or EngineException or IOException or UnauthorizedAccessException)
        {
            return [library, Finding.Red("database", error.Message, "docs/operations.md, \"When a start is refused\".")];
        }
    }

    internal static Finding Library(string own, string? python) => !IsSafe(own)
            ? Finding.Red("sqlite", $"The server's {DatabaseEngine.Name} is {own}; commits can be lost with one before {DatabaseEngine.OldestSafe}.", "Use the library that is published beside the program.")
        : python is not null && !IsSafe(python)
            ? Finding.Yellow("sqlite", $"The server's {DatabaseEngine.Name} is {own}, but python3 brings {python}: a bot that writes the file itself with one before {DatabaseEngine.OldestSafe} can lose commits.", "Let bots write through the API, or update their library.")
        : Finding.Green("sqlite", python is null ? $"{own}." : $"{own}, and {python} in python3.");

    private static bool IsSafe(string version) => Version.TryParse(version, out var parsed) && parsed >= DatabaseEngine.OldestSafe;

    private static Finding Journal(FileSession connection, int missing)
    {
        return !connection.HasWriteAheadLog && missing == 0
            ? Finding.Yellow("journal", "The file is not in WAL mode: it was restored, or another program set another mode.", "The next start of the server sets WAL; see that no bot sets another mode.")
            : Finding.Green("journal", "The file is in WAL mode, or will be at the next start.");
    }

    /// <summary>The newest row is what "latest" answers: one from the future would be answered for ever.</summary>
    private static async Task<Finding> TimesAsync(FileSession connection, DateTimeOffset now, (string Table, Sql Newest)[] tables)
    {
        var ahead = new List<string>();
        foreach (var (table, newest) in tables)
        {
            if (connection.HasTable(table) && await connection.Prepare(newest).FirstAsync(static row => row.Time(0)) > now + Tolerance)
            {
                ahead.Add(table);
            }
        }

        return ahead.Count == 0
            ? Finding.Green("times", "No record is from the future.")
            : Finding.Yellow("times", $"There are records from the future in {string.Join(", ", ahead)}: they stay the latest until then.", "Set the clock right, here or where the bot runs; a bot that writes the file itself must write UTC, or set FOREIGN_TIME_ZONE to its zone. Then correct or remove those rows.");
    }

    private static async Task<Finding> KeysAsync(FileSession connection, DateTimeOffset now)
    {
        ApiKey[] live = [.. (await CredentialStore.ListKeysAsync(connection)).Where(key => key.RevokedAt is null && (key.ExpiresAt is null || key.ExpiresAt > now))];
        string[] endless = [.. live.Where(static key => key.ExpiresAt is null).Select(Show)];
        string[] powerful = [.. live.Where(static key => key.Scopes.Contains("control", StringComparison.Ordinal)).Select(Show)];
        return powerful.Length > 0 ? Finding.Yellow("api-keys", $"These keys may do everything, even make keys: {string.Join(", ", powerful)}.", "Give bots read and write only: `pilothouse key revoke ID`, then `key create` without control.")
            : endless.Length > 0 ? Finding.Yellow("api-keys", $"These keys never end: {string.Join(", ", endless)}.", "Make them with --expires-in-days 365, and a new one in time.")
            : Finding.Green("api-keys", string.Create(CultureInfo.InvariantCulture, $"{live.Length} live keys; all end, none may do everything."));
    }

    private static (string Table, Sql Newest)[] Of(string sql) =>
        [.. TimedTables.Select(table => (table, new Sql(sql.Replace("{0}", table, StringComparison.Ordinal))))];

    private static string Show(ApiKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.Id} ({key.Name})");
}
