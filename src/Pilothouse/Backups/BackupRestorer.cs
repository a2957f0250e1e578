using System.Globalization;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Backups;

/// <summary>
/// Puts a backup in the place of the database. Until the new file has its name the old one is whole, under its own name or another, and a
/// marker beside it keeps servers away; whatever interrupts it, the same command again finishes it.
/// </summary>
internal sealed class BackupRestorer(Settings settings, TimeProvider clock)
{
    private readonly string database = Path.GetFullPath(settings.DatabasePath);

    private string Unpacked => database + ".restoring";

    private string Marker => DatabaseFile.RestoreMarker(database);

    /// <summary>Then the engine would move the log into what stands there now, where it does not belong.</summary>
    private bool IsLost => File.Exists(DatabaseFile.LostMarker(database));

    /// <exception cref="BackupFailedException">The backup is damaged, somebody has the database open, or there is no room; the database is as it was.</exception>
    /// <exception cref="DatabaseRefusedException">A server runs on the database.</exception>
    public RestoredBackup Restore(Backup backup, IBackupProgress progress, CancellationToken cancel)
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

    /// <summary>Says who has the database open, and how to stop them.</summary>
    /// <exception cref="BackupFailedException">Somebody has.</exception>
    public void RefuseIfHeld() => Hold()?.Dispose();

    /// <summary>Keeps everybody from beginning anything in the database until it is disposed; null where the file is none or damaged.</summary>
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
            // Which is why it is restored.
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
    /// The new file has its name already, and little was left to do. Whatever is asked for now is done after that; a file that does
    /// not pass is set aside then, as any other, and the marker still names the one that knows what was revoked.
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
            // Not what was unpacked: somebody or something has been at it since.
        }
    }

    private RestoredBackup Replace(Backup backup, IBackupProgress progress, CancellationToken cancel)
    {
        VerifiedBackup verified;
        try
        {
            DurableFile.Create(Unpacked, DurableFile.OwnerAndGroup);
            verified = BackupCheck.Unpack(backup, Unpacked, progress, cancel);
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

    /// <summary>Gives the unpacked file the database's name.</summary>
    private (RestoreMarker Marker, string Aside) Exchange(Backup backup)
    {
        using var held = Hold();
        var marker = WriteMarker(backup);
        string[] owners = [database, marker.AsideName(database), Path.GetDirectoryName(database)!];
        FileOwner.Copy(owners.First(Path.Exists), Unpacked);
        var aside = SetAside(marker);
        try
        {
            // Under its old name somebody may have opened it after the last look; from now on nobody can.
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

    /// <summary>Today's files get other names; the names are those of one database, so that it can be opened there.</summary>
    /// <returns>The first of the names.</returns>
    private string SetAside(RestoreMarker marker)
    {
        var aside = marker.AsideName(database);
        if (FileHolders.Suffixes.Any(suffix => File.Exists(database + suffix) && File.Exists(aside + suffix)))
        {
            // Since it was interrupted, somebody made a new database here. It is nobody's to throw away.
            aside = $"{database}.before_restore_{Stamp()}_again";
        }

        foreach (var suffix in FileHolders.Suffixes.Where(suffix => File.Exists(database + suffix)))
        {
            File.Move(database + suffix, aside + suffix, overwrite: false);
        }

        DurableFile.FlushFolder(Path.GetDirectoryName(database)!);
        return aside;
    }

    /// <summary>Somebody writes to what was set aside: it is the database again, and nothing was restored.</summary>
    private void PutBack(string aside, RestoreMarker marker)
    {
        // The database itself comes last: whoever opens it must find its log.
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

    /// <summary>Checks the file under its new name, keeps what was revoked revoked, and lets servers in again.</summary>
    private int? Finish(RestoreMarker marker)
    {
        // Its rows were counted when it was unpacked. A bot may write to it by now, so that they are no longer the same.
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

    /// <returns>Null where there is none, and where it does not tell under which names the old files are.</returns>
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
