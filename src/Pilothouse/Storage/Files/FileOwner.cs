using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Gives a new file the owner of another one. If root restores or migrates, the server's user must still be able to write.
/// </summary>
internal static partial class FileOwner
{
    /// <summary>Copies owner, group and rights, as far as this user may. It does nothing on systems other than Linux.</summary>
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

    /// <summary>Copies owner and group only. <paramref name="from"/> may be the folder of <paramref name="to"/>.</summary>
    public static void CopyOwner(string from, string to)
    {
        if (FileStatus.Of(from) is { } found)
        {
            // Only root may change the owner of a file; for other users a failure is harmless. A symbolic link is not followed, because it
            // could lead to a file of root.
            _ = ChangeOwner(to, found.User, found.Group);
        }
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
