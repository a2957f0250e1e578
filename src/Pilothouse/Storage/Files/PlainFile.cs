using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Opens files whose path somebody else may have chosen: a backup, a certificate, a database that no server here uses. It refuses files
/// that SQLite has open in this process, because closing such a file would release SQLite's locks (<see cref="OpenDatabases"/>). A test
/// checks that no other code opens such files.
/// </summary>
internal static class PlainFile
{
    private const int BlockSize = 1 << 20;

    /// <exception cref="IOException">It cannot be opened, or is a database that this process has open.</exception>
    public static FileStream Read(string path, FileShare share = FileShare.Read, int block = BlockSize) =>
        new FileStream(Checked(path), FileMode.Open, FileAccess.Read, share, block);

    /// <summary>Opens a file that exists for writing, or for both.</summary>
    /// <exception cref="IOException">It cannot be opened, or it is a database that this process has open.</exception>
    public static FileStream Write(string path, FileAccess access = FileAccess.Write, FileShare share = FileShare.Read) =>
        new FileStream(Checked(path), FileMode.Open, access, share);

    /// <summary>Returns the path if it may be opened.</summary>
    /// <exception cref="IOException">It is a database that this process has open.</exception>
    public static string Checked(string path) => !OpenDatabases.Holds(path) ? path : throw new IOException(
        $"{path} is the database that this process has open, or belongs to it. It cannot be read or written as a plain file.");
}
