using Pilothouse.Backups;
using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>The facts in the files, whether a server runs or not.</summary>
/// <param name="Storage">Sizes and free space.</param>
/// <param name="Rows">Row counts; null if the database could not be read.</param>
/// <param name="Bots">The newest report of every bot, the newest first.</param>
/// <param name="Backups">The backups in BACKUP_DIR.</param>
/// <param name="Problem">Why the database could not be read; null if it could.</param>
internal sealed record StatusFiles(StoragePart Storage, RowPart? Rows, IReadOnlyList<BotPart> Bots, BackupPart Backups, string? Problem)
{
    private static readonly Sql Signals = new("SELECT count(*) FROM signals");
    private static readonly Sql Trades = new("SELECT count(*) FROM trades WHERE lower(status) = @status");
    private static readonly Sql BotReports = new("SELECT count(*) FROM bot_status");

    public static async Task<StatusFiles> LookAsync(Settings settings, TimeProvider clock)
    {
        var storage = DatabaseEngine.IsFile(settings) ? OfFile(settings) : new StoragePart(DatabaseEngine.PlaceOf(settings), null, null, null, null, null, null, null, null, null);
        var backups = BackupsOf(settings, clock);
        try
        {
            storage = storage with { DatabaseBytes = DatabaseEngine.SizeOf(settings) };
            if (storage.DatabaseBytes is null or 0 || !DatabaseEngine.Exists(settings))
            {
                return new(storage, null, [], backups, Missing(settings, backups));
            }

            return await DatabaseEngine.LookAsync(settings, async session =>
            {
                var rows = new RowPart(await CountAsync(session.Prepare(Signals)), await CountAsync(session.Prepare(Trades).Set("status", "open")),
                    await CountAsync(session.Prepare(Trades).Set("status", "closed")), await CountAsync(session.Prepare(BotReports)));
                var now = clock.GetUtcNow();
                var bots = await BotsOfAsync(session, settings, now);
                return new StatusFiles(storage, rows, [.. bots.OrderByDescending(static bot => bot.ReportedAt ?? DateTimeOffset.MinValue)], backups, await DamageOfAsync(session));
            });
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException or DatabaseBusyException or DatabaseBrokenException)
        {
            return new(storage, null, [], backups, $"The database cannot be read: {EngineException.Translate(error).Message}");
        }
    }

    /// <summary>The bots. A file that an older version made has no controls, and is not migrated by looking at it.</summary>
    private static async ValueTask<List<BotPart>> BotsOfAsync(Session session, Settings settings, DateTimeOffset now)
    {
        if (session is FileSession file && !file.HasTable("bot_presence"))
        {
            return (await BotStore.ListStatesAsync(session)).ConvertAll(bot => new BotPart(
                bot.Name, bot.Status, bot.ReportedAt, (now - bot.ReportedAt)?.TotalSeconds, bot.Status != "stopped" && now - bot.ReportedAt > settings.BotStaleAfter, null, false));
        }

        var bots = new List<BotPart>();
        foreach (var pulses in await ModePulse.ReadAsync(session, null, settings.BotStaleAfter, now))
        {
            var (newest, orders) = (pulses[0], await ControlService.ReadOrdersAsync(session, pulses[0].BotName));
            bots.Add(new(
                newest.BotName, newest.Status, newest.At, (now - newest.At)?.TotalSeconds, pulses.Exists(static pulse => pulse.IsSilent),
                orders.State == BotControl.Running ? null : orders.State, orders.EmergencyClose));
        }

        return bots;
    }

    private static StoragePart OfFile(Settings settings)
    {
        var path = Path.GetFullPath(settings.DatabasePath);
        var disk = DiskOf(path);
        var log = new FileInfo(path + "-wal") is { Exists: true } file ? file.Length : (long?)null;
        return new StoragePart(path, null, log, disk?.AvailableFreeSpace, disk?.TotalSize, null, null, null, null, null);
    }

    private static string Missing(Settings settings, BackupPart backups) => (DatabaseEngine.IsFile(settings), backups.Count > 0) switch
    {
        (true, true) => "The database file is missing or empty, and there are backups. Restore the latest with `pilothouse backup restore`.",
        (true, false) => "There is no database file yet; the first start of the server makes it.",
        (false, true) => "The database has no tables of Pilothouse, and there are backups. Restore the latest with `pilothouse backup restore`.",
        _ => "The database has no tables of Pilothouse yet; the first start of the server makes them.",
    };

    private static async ValueTask<string?> DamageOfAsync(Session session) =>
        await MaintenanceStore.KnownDamageAsync(session) is { } damage
            ? $"The database is damaged ({damage}). Stop the server and restore a backup with `pilothouse backup restore`."
            : null;

    private static BackupPart BackupsOf(Settings settings, TimeProvider clock)
    {
        try
        {
            var all = new BackupFolder(settings.BackupDir, clock).List();
            var good = all.FirstOrDefault(static backup => backup.State == BackupState.Good);
            return new(good?.Name, good?.MadeAt, (clock.GetUtcNow() - good?.MadeAt)?.TotalSeconds, good?.SizeBytes, all.Count);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new(null, null, null, null, 0);
        }
    }

    private static ValueTask<long?> CountAsync(Statement statement) => statement.FirstAsync(static row => row.Whole(0));

    private static DriveInfo? DiskOf(string path)
    {
        try
        {
            var disk = new DriveInfo(Path.GetDirectoryName(path)!);
            return disk.TotalSize > 0 ? disk : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
