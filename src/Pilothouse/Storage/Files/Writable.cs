using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>Whether this user may write to a file or folder (access(2)). It opens nothing: a closed descriptor would give up SQLite's locks on that file.</summary>
internal static partial class Writable
{
    private const int ToWrite = 2;

    public static bool Is(string path) => OperatingSystem.IsWindows() || Access(path, ToWrite) == 0;

    /// <summary>Why it may not (errno), such as a file system that is mounted read-only; null where it may.</summary>
    public static int? Problem(string path) => Is(path) ? null : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
