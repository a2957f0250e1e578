using System.IO.Compression;
using System.Security.Cryptography;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>The content of a verified backup.</summary>
/// <param name="Facts">Its row counts, broken foreign keys and migrations.</param>
/// <param name="DatabaseSizeBytes">The size of the unpacked database.</param>
/// <param name="Note">What the check could not do, as a sentence; null if it did everything.</param>
internal sealed record VerifiedBackup(DatabaseFacts Facts, long DatabaseSizeBytes, string? Note);

/// <summary>
/// Proves that a backup can be restored, by doing most of a restore: hash, unpack, the engine's own check, row counts.
/// </summary>
internal static class BackupCheck
{
    private const int BlockSize = 1 << 20;

    /// <summary>
    /// Unpacks a backup to <paramref name="target"/>, which must exist and be empty, and checks the result. Backups of the previous Python
    /// server have no manifest to compare with; they pass if they are intact databases with our tables.
    /// </summary>
    /// <param name="backup">The backup.</param>
    /// <param name="target">The path of the unpacked database.</param>
    /// <param name="settings">The settings of the server; they say where a trial restore can be made.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancel">Cancels it.</param>
    /// <exception cref="BackupFailedException">The backup is damaged, is not of this program, or there is not enough space. The message
    /// says which.</exception>
    public static VerifiedBackup Unpack(Backup backup, string target, Settings settings, IBackupProgress progress, CancellationToken cancel)
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
                throw Damaged(backup, "it is not the file that was made (its SHA-256 differs)");
            }

            if (databaseSha != manifest.DatabaseSha256 || databaseSize != manifest.DatabaseSizeBytes)
            {
                throw Damaged(backup, "what is packed in it is not the database that was backed up");
            }
        }

        progress.Begin("Checking", known: false);
        var found = CheckDatabase(target, backup, settings, cancel);
        if (backup.Manifest?.Facts.DifferenceTo(found.Facts) is { } difference)
        {
            throw Damaged(backup, difference);
        }

        return new(found.Facts, databaseSize, found.Note);
    }

    private static CheckedCopy CheckDatabase(string database, Backup backup, Settings settings, CancellationToken cancel)
    {
        try
        {
            var found = DatabaseEngine.CopiesNamed(backup.Name, settings).Check(database, cancel);
            return found.Facts.Tables.Count > 0 ? found : throw Damaged(backup, "there is no table in it");
        }
        catch (DamagedCopyException damaged)
        {
            throw Damaged(backup, damaged.Message);
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

    /// <summary>Copies the database out of the backup and computes the hashes of both.</summary>
    private static (string Sha, string DatabaseSha, long DatabaseSize) CopyOut(Backup backup, string target, IBackupProgress progress, CancellationToken cancel)
    {
        using var stored = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var unpacked = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        progress.Begin("Unpacking", known: true);
        try
        {
            // A few bytes can unpack to fill the disk, which may also hold the database. Without a manifest, a fiftieth of the disk is kept
            // free.
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

            // Bytes behind the end of the compressed data are part of the file's hash too.
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
