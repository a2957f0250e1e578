using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Gives a new file the owner, group and rights of the one that it replaces: root restores, and the server's user must be able to write.</summary>
internal static partial class FileOwner
{
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

        if (FileStatus.Of(from) is { } found)
        {
            // Only root may give a file away; anybody else owns both already, or keeps what he made.
            _ = ChangeOwner(to, found.User, found.Group);
        }
    }

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
