namespace Pilothouse.Storage.Files;

/// <summary>Checks whether a path can be that of a database. If not, the message names the setting and says what to do.</summary>
internal static class DatabasePlace
{
    private const int NotPermitted = 1;
    private const int InputOutput = 5;
    private const int Denied = 13;
    private const int NoFolder = 20;
    private const int TooManyInSystem = 23;
    private const int TooMany = 24;
    private const int NoSpace = 28;
    private const int ReadOnlySystem = 30;
    private const int NameTooLong = 36;
    private const int NoLocks = 37;
    private const int LinksInCircle = 40;
    private const int NotSupported = 95;
    private const int QuotaUsedUp = 122;

    /// <exception cref="DatabaseRefusedException">The path cannot be that of a file.</exception>
    public static void Demand(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DatabaseRefusedException($"DATABASE_PATH={path}: {path} is a folder. Set DATABASE_PATH to a file in it, such as {Path.Combine(path, "trading_bot.db")}.");
        }

        if (FileStatus.Of(path) is { IsFile: false })
        {
            throw new DatabaseRefusedException($"DATABASE_PATH={path}: {path} is a device, a pipe or a socket and no file. Set DATABASE_PATH to a file.");
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (Directory.Exists(folder))
        {
            return;
        }

        throw FileStatus.Of(folder) is { IsFile: true } || Writable.Problem(folder) is not { } error || error == NoFolder ? Refusal(path, path, NoFolder, "")
            : error is Denied or NameTooLong or LinksInCircle or InputOutput ? Refusal(path, folder, error, "")
            : new DatabaseRefusedException($"DATABASE_PATH={path}: The folder of {path} does not exist. Make it, or set DATABASE_PATH to another file.");
    }

    /// <exception cref="DatabaseRefusedException">The file exists, and this user may not write to it or to its folder.</exception>
    public static void DemandRights(string path)
    {
        foreach (var place in new[] { path, Path.GetDirectoryName(Path.GetFullPath(path))! })
        {
            if (Path.Exists(place) && Writable.Problem(place) is { } error)
            {
                throw Refusal(path, Path.GetFullPath(place), error, "");
            }
        }
    }

    /// <summary>Returns the refusal for a file beside the database that could not be created or opened.</summary>
    public static DatabaseRefusedException Refusal(string path, Exception error) =>
        Refusal(path, $"The folder of {path}", ErrorOf(error), error.Message);

    /// <summary>Returns the errno of an exception of .NET; 0 if it has none.</summary>
    public static int ErrorOf(Exception error) =>
        OperatingSystem.IsWindows() ? 0
        : error is PathTooLongException ? NameTooLong
        : error is UnauthorizedAccessException ? error.InnerException is IOException { HResult: > 0 and var inner } ? inner : Denied
        : error.HResult is > 0 and < 4096 ? error.HResult : 0;

    private static DatabaseRefusedException Refusal(string path, string place, int error, string said) => new($"DATABASE_PATH={path}: {Sentence(place, error, said)}");

    private static string Sentence(string place, int error, string said) => error switch
    {
        ReadOnlySystem => $"{place} cannot be written by this user or any other: it is on a file system that is mounted read-only. Mount it for writing (Linux does this to a disk with faults, `dmesg` tells), or set DATABASE_PATH to a file elsewhere.",
        Denied => $"{place} cannot be written by this user ({Environment.UserName}). Start as its owner, or give it to this user (`chown`, `chmod`), or set DATABASE_PATH to another file; SQLite also makes files beside the database.",
        NotPermitted => $"{place} cannot be written by this user ({Environment.UserName}), whatever its rights are: it is immutable (`lsattr`), or its file system does not allow it. Change that (`chattr -i`), or set DATABASE_PATH to another file.",
        NoSpace => $"{place} cannot be written. The disk that holds the database is full: make room, or set DATABASE_PATH to a file on another disk.",
        QuotaUsedUp => $"{place} cannot be written: this user's ({Environment.UserName}) quota on that disk is used up. Make room, or set DATABASE_PATH to a file on another disk.",
        NameTooLong => $"{place} cannot be made: a name in that path is too long, with the endings that the files beside the database have. Set DATABASE_PATH to a shorter one.",
        NoFolder => $"{place} cannot be made: a part of that path is a file and no folder. Set DATABASE_PATH to a file in a folder.",
        LinksInCircle => $"{place} cannot be reached: links in that path lead in a circle. Mend them, or set DATABASE_PATH to the file itself.",
        TooMany or TooManyInSystem => $"{place} cannot be opened: too many files are open. Raise the limit (`ulimit -n`, LimitNOFILE= of systemd) and start again.",
        NoLocks or NotSupported => $"{place} is on a file system without locks of files, such as a network's. Set DATABASE_PATH to a file on a local disk.",
        InputOutput => $"{place} cannot be written: its disk reports errors (`dmesg` shows them). Repair or replace the disk, or set DATABASE_PATH to a file on another.",
        _ => $"{place} cannot be written. {said} Make the folder, start as a user that may write there, or set DATABASE_PATH to another file.",
    };
}
