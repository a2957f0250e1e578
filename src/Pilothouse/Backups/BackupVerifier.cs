using Pilothouse.Configuration;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>Verifies backups in their folder: unpacks one beside them, checks it, and removes the unpacked file.</summary>
internal sealed class BackupVerifier(BackupFolder folder, Settings settings)
{
    /// <exception cref="BackupFailedException">The backup is damaged or cannot be read. The message says what and why.</exception>
    /// <exception cref="BackupRunningException">A backup is being made.</exception>
    public VerifiedBackup Verify(Backup backup, TimeSpan patience, IBackupProgress progress, CancellationToken cancel, Action? waiting = null)
    {
        using var hold = folder.Open(patience, cancel, waiting);
        var target = folder.PathForUnfinished(BackupFolder.Verifying, backup.Name);
        try
        {
            DurableFile.Create(target);
            return BackupCheck.Unpack(backup, target, settings, progress, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupFailedException($"{backup.Name} cannot be verified: {error.Message} See to the room on the disk of {folder.Path} and the rights of that folder.", error);
        }
        finally
        {
            foreach (var suffix in FileHolders.Suffixes)
            {
                DurableFile.Remove(target + suffix);
            }
        }
    }
}
