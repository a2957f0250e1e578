using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Whether this user may write to a file or folder (access(2)). It does not open it, because closing it again would release SQLite's locks
/// on that file.
/// </summary>
internal static partial class Writable
{
    private const int ToWrite = 2;

    public static bool Is(string path) => OperatingSystem.IsWindows() || Access(path, ToWrite) == 0;

    /// <summary>Returns the errno that says why this user may not write, such as a read-only file system; null if he may.</summary>
    public static int? Problem(string path) => Is(path) ? null : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
