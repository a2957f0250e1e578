using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Whether an I/O error of SQLite's means that there is no room. The library says "full" only of a write that finds none: where the shared memory
/// beside the file could not be made larger, or a quota is used up, it says that reading or writing failed.
/// </summary>
internal static partial class FullDisk
{
    private const int NoSpace = 28;
    private const int QuotaUsedUp = 122;
    private const long AsGoodAsNothing = 64 * 1024;

    public static bool IsTheReason(sqlite3 connection, string path) => SystemError(connection) is NoSpace or QuotaUsedUp || RoomBeside(path) < AsGoodAsNothing;

    /// <summary>Bytes left for this user on the disk of a file; null where the disk cannot be asked.</summary>
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

    /// <summary>The errno of Linux behind the connection's last error (https://sqlite.org/c3ref/system_errno.html), which SQLitePCLRaw does not hand on.</summary>
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_system_errno")]
    private static partial int SystemError(sqlite3 connection);
}
