using System.Globalization;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Storage;

namespace Pilothouse.Checklist;

/// <summary>Checks the database and the engine that reads it. It is opened to read only.</summary>
internal static class DatabaseChecks
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private static readonly string[] TimedTables = ["signals", "trades", "bot_status", "market_context", "chart_analyses", "cost_analytics"];

    private static readonly (string Table, Sql Newest)[] Newest = Of("SELECT time_of(timestamp) FROM {0} ORDER BY time_key(timestamp) DESC LIMIT 1");

    /// <summary>A file that lacks migrations may have no UTC beside a local time yet.</summary>
    private static readonly (string Table, Sql Newest)[] BeforeMigration = Of("SELECT max(timestamp) FROM {0}");

    public static Task<IEnumerable<Finding>> LookAsync(Settings settings, Surroundings here) =>
        DatabaseEngine.IsFile(settings) ? LookAtFileAsync(settings, here) : LookAtServerAsync(settings, here.Now);

    private static async Task<IEnumerable<Finding>> LookAtServerAsync(Settings settings, DateTimeOffset now)
    {
        try
        {
            var engine = DatabaseEngine.Examine(settings).Select(static found => new Finding(found.Name, found.Gravity switch
            {
                EngineGravity.Well => Light.Green,
                EngineGravity.Doubtful => Light.Yellow,
                _ => Light.Red,
            }, found.Found, found.ToDo));
            var missing = DatabaseEngine.MissingMigrations(settings).Count;
            if (missing > 0)
            {
                return [.. engine, Finding.Yellow("database", string.Create(CultureInfo.InvariantCulture, $"{missing} migrations are missing."), "Start the server, or run `pilothouse migrate`.")];
            }

            return await DatabaseEngine.LookAsync(settings, async session => (IEnumerable<Finding>)[.. engine, await SchemaAsync(session), .. await LookAtRowsAsync(session, now)]);
        }
        catch (Exception error) when (error is DatabaseRefusedException or DatabaseBusyException or DatabaseBrokenException)
        {
            return [Finding.Red("database", error.Message, "docs/operations.md, \"When a start is refused\".")];
        }
    }

    private static async ValueTask<Finding> SchemaAsync(Session session) => await MaintenanceStore.KnownDamageAsync(session) is { } damage
        ? Finding.Red("database", $"The last check found it damaged: {damage}.", "Stop the server, look for the cause, and restore a backup (docs/operations.md, \"Damaged database\").")
        : Finding.Green("database", "It has this version's schema.");

    /// <summary>What the rows of a database of this version tell.</summary>
    private static async Task<Finding[]> LookAtRowsAsync(Session session, DateTimeOffset now) =>
        [await TimesAsync(session, now, Newest), await CloseTimeChecks.LookAsync(session, now, Tolerance), await KeysAsync(session, now)];

    private static async Task<IEnumerable<Finding>> LookAtFileAsync(Settings settings, Surroundings here)
    {
        var library = Library(DatabaseEngine.Version, here.PythonLibrary);
        if (new FileInfo(settings.DatabasePath) is not { Exists: true, Length: > 0 })
        {
            return [library, Finding.Green("database", "There is none yet; the first start makes it.")];
        }

        try
        {
            var missing = DatabaseEngine.GlanceAtMissingMigrations(settings).Count;
            using var connection = FileSession.Open(settings.DatabasePath, OpenFor.Glance);
            var schema = missing == 0 ? await SchemaAsync(connection)
                : Finding.Yellow("database", string.Create(CultureInfo.InvariantCulture, $"{missing} migrations are missing."), "Start the server, or run `pilothouse migrate`; the file is copied first.");
            var journal = Journal(connection, missing);
            return missing > 0 ? [library, schema, journal, await TimesAsync(connection, here.Now, BeforeMigration)] :
                [library, schema, journal, .. await LookAtRowsAsync(connection, here.Now), await ForeignTimeChecks.LookAsync(connection, settings.ForeignTimeZone)];
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
    private static async Task<Finding> TimesAsync(Session connection, DateTimeOffset now, (string Table, Sql Newest)[] tables)
    {
        var ahead = new List<string>();
        foreach (var (table, newest) in tables)
        {
            if ((connection is not FileSession file || file.HasTable(table)) && await connection.Prepare(newest).FirstAsync(static row => row.Time(0)) > now + Tolerance)
            {
                ahead.Add(table);
            }
        }

        return ahead.Count == 0
            ? Finding.Green("times", "No record is from the future.")
            : Finding.Yellow("times", $"There are records from the future in {string.Join(", ", ahead)}: they stay the latest until then.", "Set the clock right, here or where the bot runs; a bot that writes the file itself must write UTC, or set FOREIGN_TIME_ZONE to its zone. Then correct or remove those rows.");
    }

    private static async Task<Finding> KeysAsync(Session connection, DateTimeOffset now)
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
