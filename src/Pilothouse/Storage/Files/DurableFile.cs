using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>What it takes for a file to be there after a power cut.</summary>
internal static partial class DurableFile
{
    /// <summary>Nobody else's business.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>As far as the umask lets the group in: bots may run as other users of it.</summary>
    public const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>A folder for its owner only: copies are as secret as the database.</summary>
    public const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>A folder whose files the group may read too: who called when and from where is not for every user of this machine.</summary>
    public const UnixFileMode FolderThatTheGroupReads = OwnersFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private const int ReadOnly = 0;
    private const long Piece = 16L << 20;
    private static readonly TimeSpan BetweenPieces = TimeSpan.FromMilliseconds(10);

    /// <summary>Makes an empty file, for its owner only unless <paramref name="rights"/> say otherwise.</summary>
    public static void Create(string path, UnixFileMode rights = OwnerOnly)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = rights;
        }

        new FileStream(PlainFile.Checked(path), options).Dispose();
    }

    /// <summary>
    /// Makes a folder, and those around it, where they are missing. Each belongs to the owner of the one around it: root may run a command
    /// before the server's user needs the folder.
    /// </summary>
    public static void MakeFolder(string path, UnixFileMode rights = OwnersFolder)
    {
        var made = new Stack<string>();
        for (var folder = Path.GetFullPath(path); folder is not null && !Path.Exists(folder); folder = Path.GetDirectoryName(folder))
        {
            made.Push(folder);
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, rights);
        }

        foreach (var folder in made)
        {
            FileOwner.CopyOwner(Path.GetDirectoryName(folder)!, folder);
        }
    }

    /// <summary>Writes a small file whole.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        Create(path);
        using var file = PlainFile.Write(path);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>
    /// Removes a file that may be large, a piece at a time: while a file system gives back hundreds of megabytes at once, nobody's flush on it
    /// comes through (50 ms for 400 MB).
    /// </summary>
    public static void Remove(string path)
    {
        _ = PlainFile.Checked(path);
        if (new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > Piece })
        {
            using var file = PlainFile.Write(path, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            for (var left = file.Length - Piece; left > 0; left -= Piece)
            {
                file.SetLength(left);
                Thread.Sleep(BetweenPieces);
            }
        }

        File.Delete(path);
    }

    /// <summary>Makes the names in a folder last: a renamed file may else be gone with its new name.</summary>
    public static void FlushFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = Open(path, ReadOnly);
        if (folder >= 0)
        {
            _ = Flush(folder);
            _ = Close(folder);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Flush(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
