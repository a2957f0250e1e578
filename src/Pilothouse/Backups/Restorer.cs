using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>Puts a backup in the place of the database.</summary>
internal abstract class Restorer
{
    /// <summary>Returns the one for the database of these settings.</summary>
    public static Restorer Of(Settings settings, TimeProvider clock) =>
        DatabaseEngine.IsFile(settings) ? new BackupRestorer(settings, clock) : new ServerRestorer(settings, clock);

    /// <summary>Throws if another program uses the database. The message names it and says how to stop it.</summary>
    /// <exception cref="BackupFailedException">Another program does.</exception>
    /// <exception cref="DatabaseRefusedException">Another program does, or the database cannot be reached.</exception>
    public abstract void RefuseIfHeld();

    /// <summary>Restores a backup. If it fails or is interrupted, the database is unchanged, or the same command completes the work.</summary>
    public abstract RestoredBackup Restore(Backup backup, IBackupProgress progress, CancellationToken cancel);
}
