using System.Runtime.InteropServices;

namespace Pilothouse.Checklist;

/// <summary>Who may read and write a file.</summary>
internal static partial class FileRights
{
    private const int InWorkingFolder = -100;
    private const uint AskUser = 0x8;

    public static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8);

    /// <summary>The owner's number; null where that cannot be known.</summary>
    public static uint? Owner(string path) => OperatingSystem.IsLinux() && Path.Exists(path) && Statx(InWorkingFolder, path, 0, AskUser, out var found) == 0 ? found.User : null;

    /// <summary>What everybody on this machine may do: nothing where a folder above lets nobody pass.</summary>
    public static (bool Read, bool Write) OfOthers(string path)
    {
        if (OperatingSystem.IsWindows() || !Path.Exists(path))
        {
            return default;
        }

        for (var folder = Path.GetDirectoryName(Mounts.Real(path)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if ((File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == 0)
            {
                return default;
            }
        }

        var mode = File.GetUnixFileMode(path);
        return ((mode & UnixFileMode.OtherRead) != 0, (mode & UnixFileMode.OtherWrite) != 0);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out Status status);

    /// <summary>struct statx (statx(2)): the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint User;
    }
}
