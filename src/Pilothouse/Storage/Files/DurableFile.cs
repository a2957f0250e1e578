using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>File operations that survive a power failure.</summary>
internal static partial class DurableFile
{
    /// <summary>Rights for the owner only.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Rights for the owner and, as far as the umask allows it, the group: bots may run as other users of the group.</summary>
    public const UnixFileMode OwnerAndGroup = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    /// <summary>Rights of a folder for its owner only: backups are as secret as the database.</summary>
    public const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>
    /// Rights of a folder that the group may also read. Other users of this machine must not see in the logs who called when and from
    /// where.
    /// </summary>
    public const UnixFileMode FolderThatTheGroupReads = OwnersFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private const int ReadOnly = 0;
    private const long Piece = 16L << 20;
    private static readonly TimeSpan BetweenPieces = TimeSpan.FromMilliseconds(10);

    /// <summary>Creates an empty file, readable by its owner only unless <paramref name="rights"/> say otherwise.</summary>
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
    /// Creates a folder and its missing parents. Each gets the owner of its parent, because root may run a command before the server's user
    /// needs the folder.
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

    /// <summary>Writes a small file and syncs it to the disk.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        Create(path);
        using var file = PlainFile.Write(path);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>
    /// Removes a file piece by piece, because it may be large: while a file system frees hundreds of megabytes at once, every sync on it
    /// has to wait (50 ms for 400 MB).
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

    /// <summary>Syncs a folder. Without that, a power failure can undo the creation or renaming of a file in it.</summary>
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
