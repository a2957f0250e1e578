using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>Restores a backup into a database on a server, in one transaction. What is there before is set aside under another name.</summary>
internal sealed class ServerRestorer(Settings settings, TimeProvider clock) : Restorer
{
    public override void RefuseIfHeld() => DatabaseEngine.RefuseIfUsed(settings);

    public override RestoredBackup Restore(Backup backup, IBackupProgress progress, CancellationToken cancel)
    {
        var folder = new BackupFolder(settings.BackupDir, clock);
        var unpacked = folder.PathForUnfinished(BackupFolder.Verifying, backup.Name);
        using var hold = folder.Open(TimeSpan.FromHours(1), cancel);
        try
        {
            DurableFile.Create(unpacked);
            var verified = BackupCheck.Unpack(backup, unpacked, settings, progress, cancel);
            progress.Begin("Restoring", known: false);
            var stamp = clock.GetLocalNow().ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture);
            var (aside, revocations) = DatabaseEngine.Restore(settings, unpacked, stamp, cancel);
            return new(backup, verified.Facts, aside is null ? [] : [aside], revocations, verified.Note);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupFailedException($"{backup.Name} was not restored: {error.Message} See to the room on the disk of {folder.Path} and the rights of that folder, and run the same command again.", error);
        }
        finally
        {
            DurableFile.Remove(unpacked);
        }
    }
}
