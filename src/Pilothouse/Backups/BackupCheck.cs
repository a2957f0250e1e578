using System.IO.Compression;
using System.Security.Cryptography;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Backups;

/// <summary>What a verified backup holds.</summary>
/// <param name="Facts">Its tables' rows, its references that lead nowhere, its migrations.</param>
/// <param name="DatabaseSizeBytes">Unpacked.</param>
internal sealed record VerifiedBackup(DatabaseFacts Facts, long DatabaseSizeBytes);

/// <summary>Proves that a backup can be restored, by doing most of it: hash, unpack, integrity_check, foreign_key_check, counts.</summary>
internal static class BackupCheck
{
    private const int BlockSize = 1 << 20;

    /// <summary>
    /// Unpacks a backup to <paramref name="target"/>, which must exist and be empty, and checks what came out. The seed's backups have no
    /// manifest to be compared with; they pass if they are whole databases of ours.
    /// </summary>
    /// <exception cref="BackupFailedException">The backup is damaged, is another's, or there is no room; the message says which.</exception>
    public static VerifiedBackup Unpack(Backup backup, string target, IBackupProgress progress, CancellationToken cancel)
    {
        if (backup.State == BackupState.Broken)
        {
            throw Damaged(backup, backup.Problem!);
        }

        var (sha, databaseSha, databaseSize) = CopyOut(backup, target, progress, cancel);
        if (backup.Manifest is { } manifest)
        {
            if (sha != manifest.Sha256)
            {
                throw Damaged(backup, "it is not the file that was made (its SHA-256 is another)");
            }

            if (databaseSha != manifest.DatabaseSha256 || databaseSize != manifest.DatabaseSizeBytes)
            {
                throw Damaged(backup, "what is packed in it is not the database that was backed up");
            }
        }

        progress.Begin("Checking", known: false);
        var facts = CheckDatabase(target, backup, cancel);
        if (backup.Manifest?.Facts.DifferenceTo(facts) is { } difference)
        {
            throw Damaged(backup, difference);
        }

        return new(facts, databaseSize);
    }

    private static DatabaseFacts CheckDatabase(string database, Backup backup, CancellationToken cancel)
    {
        try
        {
            // The seed's copies may be in WAL mode.
            DatabaseEngine.MakeOneFile(database);
            if (DatabaseEngine.Integrity(database, cancel) is var answer && answer != "ok")
            {
                throw Damaged(backup, $"integrity_check says: {answer}");
            }

            new DatabaseFile(database).Inspect();
            using var connection = FileSession.Open(database, OpenFor.Inspect);
            var facts = DatabaseFacts.Read(connection);
            return facts.Tables.Count > 0 ? facts : throw Damaged(backup, "there is no table in it");
        }
        catch (EngineException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        catch (EngineException error)
        {
            throw Damaged(backup, error.Message);
        }
        catch (DatabaseRefusedException error)
        {
            throw new BackupFailedException(error.Message.Replace(database, backup.Name, StringComparison.Ordinal), error);
        }
    }

    /// <summary>Copies the database out of the backup and hashes both on the way.</summary>
    private static (string Sha, string DatabaseSha, long DatabaseSize) CopyOut(Backup backup, string target, IBackupProgress progress, CancellationToken cancel)
    {
        using var stored = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var unpacked = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        progress.Begin("Unpacking", known: true);
        try
        {
            // A few bytes can unpack to a disk full, which the database may share. Without a manifest a fiftieth of the disk stays free.
            var disk = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(target))!);
            var largest = backup.Manifest?.DatabaseSizeBytes ?? Math.Max(0, disk.AvailableFreeSpace - Math.Min(disk.TotalSize / 50, 64 << 20));
            using var file = new HashedStream(PlainFile.Read(backup.Path), stored, done => progress.Report((double)done / Math.Max(backup.SizeBytes, 1)));
            using var output = new SteadyFile(target);
            long size = 0;
            using var gzip = BackupName.IsCompressed(backup.Name) ? new GZipStream(file, CompressionMode.Decompress, leaveOpen: true) : null;
            Stream database = gzip is null ? file : gzip;
            var block = new byte[BlockSize];
            for (int count; (count = database.Read(block)) > 0; size += count)
            {
                cancel.ThrowIfCancellationRequested();
                if (size + count > largest)
                {
                    throw backup.Manifest is null
                        ? new IOException($"What it unpacks to does not fit on the disk of {target}.")
                        : Damaged(backup, "it unpacks to more than the database that was backed up");
                }

                unpacked.AppendData(block, 0, count);
                output.Write(block, 0, count);
            }

            // What may stand behind the end of the packed data belongs to the file all the same.
            file.CopyTo(Stream.Null);
            output.Flush(flushToDisk: true);
            return (Hex(stored), Hex(unpacked), size);
        }
        catch (InvalidDataException error)
        {
            throw Damaged(backup, $"it cannot be unpacked: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BackupFailedException($"{backup.Name} cannot be unpacked to {target}: {error.Message} See to the room on that disk and the rights of both.", error);
        }
    }

    public static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());

    private static BackupFailedException Damaged(Backup backup, string why) =>
        new($"{backup.Name} is damaged: {why}. Do not restore it; `pilothouse backup verify all` shows which backups are good.");
}
