using Pilothouse.Backups;
using Pilothouse.Bots;
using Pilothouse.Configuration;
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
        var path = Path.GetFullPath(settings.DatabasePath);
        var disk = DiskOf(path);
        var storage = new StoragePart(path, SizeOf(path), SizeOf(path + "-wal"), disk?.AvailableFreeSpace, disk?.TotalSize, null, null, null, null, null);
        var backups = BackupsOf(settings, clock);
        if (storage.DatabaseBytes is null or 0)
        {
            return new(storage, null, [], backups, backups.Count > 0
                ? "The database file is missing or empty, and there are backups. Restore the latest with `pilothouse backup restore`."
                : "There is no database file yet; the first start of the server makes it.");
        }

        try
        {
            using var connection = FileSession.Open(path, OpenFor.Glance);
            var rows = new RowPart(await CountAsync(connection.Prepare(Signals)), await CountAsync(connection.Prepare(Trades).Set("status", "open")),
                await CountAsync(connection.Prepare(Trades).Set("status", "closed")), await CountAsync(connection.Prepare(BotReports)));
            var now = clock.GetUtcNow();
            var bots = (await BotStore.ListStatesAsync(connection))
                .OrderByDescending(static bot => bot.ReportedAt ?? DateTimeOffset.MinValue)
                .Select(bot => new BotPart(bot.Name, bot.Status, bot.ReportedAt, (now - bot.ReportedAt)?.TotalSeconds));
            return new(storage, rows, [.. bots], backups, DamageOf(connection));
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException)
        {
            return new(storage, null, [], backups, $"The database cannot be read: {EngineException.Translate(error).Message}");
        }
    }

    private static string? DamageOf(FileSession connection) =>
        MaintenanceStore.KnownDamage(connection) is { } damage
            ? $"The database file is damaged ({damage}). Stop the server and restore a backup with `pilothouse backup restore`."
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

    private static long? SizeOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : null;

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
