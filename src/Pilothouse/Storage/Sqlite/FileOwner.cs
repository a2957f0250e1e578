using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Gives a new file the owner, group and rights of the one that it replaces: root restores, and the server's user must be able to write.</summary>
internal static partial class FileOwner
{
    private const int InWorkingFolder = -100;
    private const uint UserAndGroup = 0x18;

    /// <summary>Does what this user may do; on another system than Linux, nothing.</summary>
    public static void Copy(string from, string to)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (File.Exists(from))
        {
            File.SetUnixFileMode(to, File.GetUnixFileMode(from));
        }

        if (Statx(InWorkingFolder, from, 0, UserAndGroup, out var found) == 0)
        {
            // Only root may give a file away; anybody else owns both already, or keeps what he made.
            _ = ChangeOwner(to, found.User, found.Group);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out Status status);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    /// <summary>struct statx (statx(2)): the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;
    }
}
