using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>Gives a new file the owner of another: root restores or migrates, and the server's user must be able to write.</summary>
internal static partial class FileOwner
{
    /// <summary>Owner, group and rights, as far as this user may; on another system than Linux, nothing.</summary>
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

        CopyOwner(from, to);
    }

    /// <summary>Owner and group only; <paramref name="from"/> may be the folder of <paramref name="to"/>.</summary>
    public static void CopyOwner(string from, string to)
    {
        if (FileStatus.Of(from) is { } found)
        {
            // Only root may give a file away; anybody else owns both already, or keeps what he made. A link that somebody put there is
            // not followed: it could lead to a file of root's.
            _ = ChangeOwner(to, found.User, found.Group);
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
