using System.Globalization;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Backups;

/// <summary>
/// Replaces the database with a backup. Until the new file has its name, the old one stays intact under its own name or another, and a
/// marker file beside it keeps servers from starting. An interrupted restore is completed by running the same command again.
/// </summary>
internal sealed class BackupRestorer(Settings settings, TimeProvider clock) : Restorer
{
    private readonly string database = Path.GetFullPath(settings.DatabasePath);

    private string Unpacked => database + ".restoring";

    private string Marker => DatabaseFile.RestoreMarker(database);

    /// <summary>Whether the database was lost. Then opening it would move the log into a file that it does not belong to.</summary>
    private bool IsLost => File.Exists(DatabaseFile.LostMarker(database));

    /// <exception cref="BackupFailedException">The backup is damaged, another program has the database open, or there is not enough space.
    /// The database is unchanged.</exception>
    /// <exception cref="DatabaseRefusedException">A server runs on the database.</exception>
    public override RestoredBackup Restore(Backup backup, IBackupProgress progress, CancellationToken cancel)
    {
        using var claim = FileClaim.Take(database);
        RefuseIfHeld();
        try
        {
            if (ReadMarker() is { } begun && !File.Exists(Unpacked))
            {
                CompleteEarlier(begun);
            }

            return Replace(backup, progress, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or EngineException)
        {
            throw new BackupFailedException($"{backup.Name} was not restored: {error.Message} See to the room and the rights of {Path.GetDirectoryName(database)}, and run the same command again.", error);
        }
    }

    /// <summary>Throws if another program has the database open. The message names it and says how to stop it.</summary>
    /// <exception cref="BackupFailedException">Another program has the database open.</exception>
    public override void RefuseIfHeld() => Hold()?.Dispose();

    /// <summary>
    /// Locks the database against every other program until the result is disposed; null if the file is missing, not a database or damaged.
    /// </summary>
    private FileSession? Hold()
    {
        RefuseHolders(database);
        try
        {
            return DatabaseFile.HasHeader(database) && !IsLost ? FileHolders.Hold(database) : null;
        }
        catch (EngineException error) when (error.IsLock)
        {
            throw new BackupFailedException($"{settings.DatabasePath} is open in a program that this user cannot see. `sudo lsof {database}` names it; stop it and run this again.");
        }
        catch (EngineException error) when (error.IsDamage)
        {
            // The file is damaged or not a database, which is a reason to restore a backup.
            return null;
        }
        catch (Exception error) when (error is EngineException or DatabaseRefusedException)
        {
            throw new BackupFailedException($"Whether anybody has {settings.DatabasePath} open cannot be told: {error.Message} Look at its disk and its rights; if the file cannot be read at all, move it and what stands beside it away, and run this again.", error);
        }
    }

    private void RefuseHolders(string path)
    {
        if (FileHolders.Find(path) is { Count: > 0 } holders)
        {
            var names = string.Join("; ", holders.Select(static holder => string.Create(CultureInfo.InvariantCulture, $"process {holder.ProcessId} ({holder.Command})")));
            throw new BackupFailedException(
                $"{settings.DatabasePath} is open in {names}. A program that has the old file open would go on writing to it, and those writes would be lost. Stop it ({string.Join(" ", ["kill", .. holders.Select(static holder => holder.ProcessId.ToString(CultureInfo.InvariantCulture))])}; a server: ./start_mcp_server.sh stop) and run this again.");
        }
    }

    /// <summary>
    /// Completes an interrupted restore whose new file already has its name. The restore that was asked for now follows afterwards. If that
    /// new file does not pass its check, it is set aside like any other database, and the marker still names the old file, which knows what
    /// was revoked.
    /// </summary>
    private void CompleteEarlier(RestoreMarker begun)
    {
        try
        {
            if (DatabaseFile.HasHeader(database))
            {
                Finish(begun);
            }
        }
        catch (Exception error) when (error is BackupFailedException or EngineException or DatabaseRefusedException)
        {
            // The file is not what was unpacked: another program has changed it since. It is set aside below.
        }
    }

    private RestoredBackup Replace(Backup backup, IBackupProgress progress, CancellationToken cancel)
    {
        VerifiedBackup verified;
        try
        {
            DurableFile.Create(Unpacked, DurableFile.OwnerAndGroup);
            verified = BackupCheck.Unpack(backup, Unpacked, settings, progress, cancel);
        }
        catch when (!File.Exists(Marker))
        {
            RemoveUnpacked();
            throw;
        }

        var (marker, aside) = Exchange(backup);
        progress.Begin("Checking again", known: false);
        var revocations = Finish(marker);
        return new(backup, verified.Facts, [.. marker.Aside(database).Union(RestoreMarker.Files(aside))], revocations);
    }

    /// <summary>Gives the unpacked file the name of the database.</summary>
    private (RestoreMarker Marker, string Aside) Exchange(Backup backup)
    {
        using var held = Hold();
        var marker = WriteMarker(backup);
        string[] owners = [database, marker.AsideName(database), Path.GetDirectoryName(database)!];
        FileOwner.Copy(owners.First(Path.Exists), Unpacked);
        var aside = SetAside(marker);
        try
        {
            // Another program may have opened the file under its old name after the last check. Under its new name, none will.
            RefuseHolders(aside);
        }
        catch (BackupFailedException)
        {
            PutBack(aside, marker);
            throw;
        }

        File.Move(Unpacked, database, overwrite: false);
        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
        return (marker, aside);
    }

    /// <summary>
    /// Renames the files of today's database. Their new names belong together, so that the old database can be opened under them.
    /// </summary>
    /// <returns>The new name of the database file.</returns>
    private string SetAside(RestoreMarker marker)
    {
        var aside = marker.AsideName(database);
        if (FileHolders.Suffixes.Any(suffix => File.Exists(database + suffix) && File.Exists(aside + suffix)))
        {
            // Somebody made a new database here after the restore was interrupted. It may hold data, so it is kept too.
            aside = $"{database}.before_restore_{Stamp()}_again";
        }

        foreach (var suffix in FileHolders.Suffixes.Where(suffix => File.Exists(database + suffix)))
        {
            File.Move(database + suffix, aside + suffix, overwrite: false);
        }

        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
        return aside;
    }

    /// <summary>A program writes to the file that was set aside: it gets its name back, and nothing is restored.</summary>
    private void PutBack(string aside, RestoreMarker marker)
    {
        // The database file is renamed last: a program that opens it must find its log.
        foreach (var suffix in FileHolders.Suffixes.Reverse().Where(suffix => File.Exists(aside + suffix)))
        {
            File.Move(aside + suffix, database + suffix, overwrite: false);
        }

        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
        if (aside == marker.AsideName(database))
        {
            Forget();
        }

        RemoveUnpacked();
    }

    /// <summary>Checks the file under its new name, carries revocations over from the old file, and lets servers start again.</summary>
    private int? Finish(RestoreMarker marker)
    {
        // The rows are not counted here. They were when the file was unpacked, and a bot may have written to it since.
        if (DatabaseEngine.Integrity(database) is var answer && answer != "ok")
        {
            throw new BackupFailedException($"{database} was restored, but is not what was unpacked (integrity_check says: {answer}). Look at its disk, and run the same command again.");
        }

        var revocations = Revocations.CarryAsync(marker.AsideName(database), database).GetAwaiter().GetResult();
        Forget();
        return revocations;
    }

    private void RemoveUnpacked() => Array.ForEach(FileHolders.Suffixes, suffix => File.Delete(Unpacked + suffix));

    private void Forget()
    {
        File.Delete(DatabaseFile.LostMarker(database));
        File.Delete(Marker);
        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
    }

    private RestoreMarker WriteMarker(Backup backup)
    {
        if (ReadMarker() is { } begun)
        {
            return begun;
        }

        var marker = new RestoreMarker(backup.Name, Stamp());
        for (var more = 2; marker.Aside(database).Count > 0; more++)
        {
            marker = marker with { Stamp = string.Create(CultureInfo.InvariantCulture, $"{Stamp()}_{more}") };
        }

        var unfinished = Marker + ".unfinished";
        DurableFile.Write(unfinished, JsonSerializer.SerializeToUtf8Bytes(marker, RestoreJson.Default.RestoreMarker));
        File.Move(unfinished, Marker, overwrite: true);
        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
        return marker;
    }

    /// <returns>The marker; null if there is none, or if it does not tell the names of the old files.</returns>
    private RestoreMarker? ReadMarker()
    {
        try
        {
            return File.Exists(Marker) && JsonSerializer.Deserialize(File.ReadAllBytes(Marker), RestoreJson.Default.RestoreMarker) is { Stamp.Length: > 0 } marker ? marker : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Stamp() => clock.GetLocalNow().ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture);
}
