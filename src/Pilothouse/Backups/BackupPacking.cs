using System.IO.Compression;
using System.Security.Cryptography;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>Compresses the copy of a backup, and proves that it can be unpacked.</summary>
internal static class BackupPacking
{
    private const int BlockSize = 1 << 20;

    /// <summary>Compresses the copy, then reads the compressed file from the disk and unpacks it to compare.</summary>
    public static (long Size, string Sha) Pack(string copy, string packed, long size, string databaseSha, IBackupProgress progress, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        DurableFile.Create(packed);
        progress.Begin("Packing", known: true);
        using (var file = new SteadyFile(packed))
        using (var source = PlainFile.Read(copy))
        {
            using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
            {
                var block = new byte[BlockSize];
                long done = 0;
                for (int count; (count = source.Read(block)) > 0;)
                {
                    cancel.ThrowIfCancellationRequested();
                    gzip.Write(block, 0, count);
                    progress.Report((double)(done += count) / Math.Max(size, 1));
                }
            }

            file.Flush(flushToDisk: true);
        }

        progress.Begin("Verifying", known: true);
        using var unpacked = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var written = new HashedStream(PlainFile.Read(packed), hash);
        using (var gzip = new GZipStream(written, CompressionMode.Decompress, leaveOpen: true))
        using (var counted = new HashedStream(gzip, unpacked, done => progress.Report((double)done / Math.Max(size, 1))))
        {
            counted.CopyTo(Stream.Null, BlockSize);
        }

        written.CopyTo(Stream.Null);
        return BackupCheck.Hex(unpacked) == databaseSha
            ? (written.Bytes, BackupCheck.Hex(hash))
            : throw new BackupFailedException("No backup was made, because what was packed does not unpack to the same bytes. Older backups are untouched. Look at the disk of BACKUP_DIR and try again.");
    }

    public static string Hash(string path)
    {
        using var file = PlainFile.Read(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
