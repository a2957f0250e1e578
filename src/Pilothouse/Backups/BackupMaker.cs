using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Backups;

/// <summary>
/// Makes backups. A backup gets its name only after it was verified: the copy passes the engine's checks and has the row counts of the
/// database at that moment, and the compressed file unpacks to the same bytes.
/// </summary>
/// <param name="settings">The paths of the database and the backups.</param>
/// <param name="clock">The clock.</param>
/// <param name="served">The upkeep of the database, if this process is the server; else null.</param>
internal sealed class BackupMaker(Settings settings, TimeProvider clock, Upkeep? served = null)
{
    private readonly DatabaseCopies copies = DatabaseEngine.CopiesOf(settings);

    public BackupFolder Folder { get; } = new(settings.BackupDir, clock);

    /// <summary>Makes a backup, and removes the oldest of the same maker beyond MAX_BACKUPS.</summary>
    /// <param name="madeBy">schedule, command or api.</param>
    /// <param name="patience">How long to wait for a backup that another program is making.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="kept">The names of old backups beyond MAX_BACKUPS that could not be removed.</param>
    /// <param name="cancel">Cancels the backup and removes its unfinished files.</param>
    /// <param name="waiting">Called if it has to wait.</param>
    /// <param name="isNeeded">Called when it has the lock. If it returns false, no backup is made.</param>
    /// <returns>The backup; null if it was no longer needed.</returns>
    /// <exception cref="BackupFailedException">It could not be made. Its unfinished files are removed, and older backups are
    /// unchanged.</exception>
    /// <exception cref="BackupRunningException">Another program is making a backup.</exception>
    public Backup? MakeIf(Func<bool>? isNeeded, string madeBy, TimeSpan patience, IBackupProgress progress, out IReadOnlyList<string> kept, CancellationToken cancel, Action? waiting = null)
    {
        try
        {
            return MakeOne(isNeeded, madeBy, patience, progress, out kept, waiting, cancel);
        }
        catch (Exception error) when (error is BackupFailedException or DatabaseRefusedException)
        {
            Folder.NoteFailure();
            throw;
        }
    }

    /// <summary>Like <see cref="MakeIf"/>, but always makes a backup.</summary>
    public Backup Make(string madeBy, TimeSpan patience, IBackupProgress progress, out IReadOnlyList<string> kept, CancellationToken cancel, Action? waiting = null) =>
        MakeIf(null, madeBy, patience, progress, out kept, cancel, waiting)!;

    /// <summary>
    /// Makes a backup from the files that the server still has open after the database file was lost. It is named and verified like any
    /// other, and no older backup is removed for it.
    /// </summary>
    /// <exception cref="BackupFailedException">The open files cannot be read or are damaged, or there is not enough space.</exception>
    public Backup Rescue(CancellationToken cancel)
    {
        using var hold = Folder.Open(TimeSpan.FromMinutes(1), cancel);
        return MakeNow(served!.Files!.CopyLost, "rescue", NoProgress.Instance, most: int.MaxValue, out _, cancel);
    }

    private Backup? MakeOne(Func<bool>? isNeeded, string madeBy, TimeSpan patience, IBackupProgress progress, out IReadOnlyList<string> kept, Action? waiting, CancellationToken cancel)
    {
        if (DatabaseEngine.IsFile(settings))
        {
            RefuseWhatIsNoDatabase();
        }

        using var hold = Folder.Open(patience, cancel, waiting);
        if (isNeeded?.Invoke() == false)
        {
            kept = [];
            return null;
        }

        return MakeNow(CopyTo, madeBy, progress, settings.MaxBackups, out kept, cancel);
    }

    private DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel) =>
        served?.CopyTo(target, progress, cancel) ?? copies.Copy(target, progress, cancel);

    private Backup MakeNow(
        Func<string, IProgress<double>?, CancellationToken, DatabaseFacts> copyTo, string madeBy, IBackupProgress progress, int most, out IReadOnlyList<string> kept, CancellationToken cancel)
    {
        var name = Folder.NextName(copies.Ending, settings.CompressBackups);
        var copy = Folder.PathForUnfinished(BackupFolder.Making, name);
        var packed = Folder.PathForUnfinished(BackupFolder.Making, name + ".packed");
        try
        {
            var manifest = Make(copyTo, name, copy, packed, madeBy, progress, cancel);
            var finished = settings.CompressBackups ? packed : copy;
            var note = Folder.PathForUnfinished(BackupFolder.Making, name + ".manifest");
            DurableFile.Write(note, manifest.ToJson());
            Folder.Name(note, BackupManifest.PathFor(name));
            Folder.Name(finished, name);
            kept = Folder.Prune(most);
            return Folder.Find(name);
        }
        catch (EngineException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (Exception error) when (error is EngineException or DatabaseBusyException or DatabaseBrokenException or DatabaseRefusedException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BackupFailedException($"No backup was made: {Explain(error)} Older backups are untouched.", error);
        }
        finally
        {
            Remove(copy, packed, copy + "-journal", copy + "-wal", copy + "-shm");
        }
    }

    /// <summary>
    /// Refuses a file that is empty or not a database. Its copy must not become a good backup that displaces real ones; also, if the engine
    /// opens an empty file, it discards the log beside it.
    /// </summary>
    private void RefuseWhatIsNoDatabase()
    {
        if (!File.Exists(settings.DatabasePath))
        {
            throw new BackupFailedException($"There is no database {settings.DatabasePath}, so there is nothing to back up. Set DATABASE_PATH, or run this in the server's folder.");
        }

        new DatabaseFile(settings.DatabasePath).Inspect();
        if (new FileInfo(settings.DatabasePath).Length == 0)
        {
            throw new BackupFailedException($"No backup was made, because the database {settings.DatabasePath} is empty: it was lost. Older backups are untouched. Stop the server, and restore the last good one with `pilothouse backup restore`.");
        }
    }

    private BackupManifest Make(
        Func<string, IProgress<double>?, CancellationToken, DatabaseFacts> copyTo, string name, string copy, string packed, string madeBy, IBackupProgress progress, CancellationToken cancel)
    {
        var madeAt = Timestamps.Cut(clock.GetUtcNow());
        progress.Begin("Copying", known: true);
        DurableFile.Create(copy);
        var facts = copyTo(copy, progress, cancel);
        PatientThread.GiveWay();
        progress.Begin("Checking", known: false);
        CheckCopy(copy, facts, cancel);
        var size = new FileInfo(copy).Length;
        var databaseSha = BackupPacking.Hash(copy);
        var (packedSize, sha) = settings.CompressBackups ? BackupPacking.Pack(copy, packed, size, databaseSha, progress, cancel) : (size, databaseSha);
        return new BackupManifest
        {
            File = name,
            MadeAt = madeAt,
            MadeBy = madeBy,
            PilothouseVersion = ThisVersion.Text,
            Engine = copies.Engine,
            EngineVersion = copies.Version,
            LibraryVersion = DatabaseEngine.IsFile(settings) ? copies.Version : null,
            SchemaVersion = facts.Migrations.LastOrDefault(DatabaseEngine.IsOurMigration),
            Migrations = facts.Migrations,
            SizeBytes = packedSize,
            Sha256 = sha,
            DatabaseSizeBytes = size,
            DatabaseSha256 = databaseSha,
            Tables = facts.Tables,
            ForeignKeyViolations = facts.ForeignKeyViolations,
        };
    }

    /// <summary>Checks the copy. It has everything of the database, so damage in the copy is damage in the database.</summary>
    private void CheckCopy(string copy, DatabaseFacts facts, CancellationToken cancel)
    {
        var place = DatabaseEngine.PlaceOf(settings);
        try
        {
            var found = copies.Check(copy, cancel).Facts;
            if (facts.Tables.Count == 0)
            {
                throw new BackupFailedException($"No backup was made, because there is no table in the database {place}. Older backups are untouched.");
            }

            if (facts.DifferenceTo(found) is { } difference)
            {
                throw new BackupFailedException($"No backup was made, because the copy differs from the database ({difference}). Older backups are untouched. Look at the disk of BACKUP_DIR and try again.");
            }
        }
        catch (DamagedCopyException damaged)
        {
            throw new BackupFailedException(
                $"No backup was made, because the database {place} itself is damaged ({damaged.Message}). Older backups are untouched. Stop the server, and restore the last good one with `pilothouse backup restore`.");
        }
    }

    private string Explain(Exception error) => EngineException.Translate(error) switch
    {
        DatabaseFullException => $"the disk of {Folder.Path} is full. Free some space, or set BACKUP_DIR to another disk.",
        DatabaseBusyException busy => busy.Message,
        DatabaseBrokenException broken => broken.Message,
        _ => $"{error.Message} See to the room on the disk of {Folder.Path} and the rights of that folder.",
    };

    private static void Remove(params string[] paths)
    {
        foreach (var path in paths)
        {
            try
            {
                DurableFile.Remove(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next backup removes the remaining files.
            }
        }
    }
}
