using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Finds out whether an I/O error of SQLite means that the disk is full. SQLite reports SQLITE_FULL only if a write fails for lack of
/// space. If the shared-memory file cannot grow or a quota is used up, it reports a general read or write error.
/// </summary>
internal static partial class FullDisk
{
    private const int NoSpace = 28;
    private const int QuotaUsedUp = 122;
    private const long AsGoodAsNothing = 64 * 1024;

    public static bool IsTheReason(sqlite3 connection, string path) => SystemError(connection) is NoSpace or QuotaUsedUp || RoomBeside(path) < AsGoodAsNothing;

    /// <summary>Returns the free bytes for this user on the disk of a file; null if they cannot be determined.</summary>
    public static long? RoomBeside(string path)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns the errno behind the connection's last error (https://sqlite.org/c3ref/system_errno.html). SQLitePCLRaw does not offer this
    /// function.
    /// </summary>
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_system_errno")]
    private static partial int SystemError(sqlite3 connection);
}
