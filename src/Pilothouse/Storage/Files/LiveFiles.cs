using System.Buffers.Binary;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Files;

/// <summary>The state of the files of an open database.</summary>
internal enum FilesState
{
    /// <summary>The files are unchanged by others.</summary>
    Intact,

    /// <summary>A file was renamed: its name leads to no file or to another one. It can be renamed back.</summary>
    Moved,

    /// <summary>The log or the shared memory was removed. The content of the log may already be in the database file.</summary>
    LogRemoved,

    /// <summary>The database file was removed or replaced. Its content can only be read from the open files.</summary>
    Removed,

    /// <summary>The database file was emptied, truncated or overwritten. Only the content of the log is left.</summary>
    Overwritten,
}

/// <summary>The state of the files, with a sentence about it.</summary>
internal sealed record FilesFound(FilesState State, string Message)
{
    public static readonly FilesFound Intact = new(FilesState.Intact, "");
}

/// <summary>
/// Checks that the open files are still the ones under the database's names, and contain what SQLite wrote. SQLite does not check this
/// (https://sqlite.org/howtocorrupt.html, 2.4): if somebody moves, removes, empties or overwrites a file under a running server, the server
/// would go on acknowledging writes that are lost. The check takes some microseconds before and after each transaction. Linux only.
/// </summary>
internal sealed class LiveFiles : IDisposable
{
    /// <summary>The smallest page size of SQLite.</summary>
    private const int HeadSize = 512;

    private static readonly byte[] Magic = "SQLite format 3\0"u8.ToArray();

    private readonly string log;
    private readonly string shared;
    private readonly Lock looking = new();
    private readonly SqliteConnection connection;
    private readonly SqliteFile file;
    private readonly (ulong Device, ulong Inode)? logWas;
    private readonly (ulong Device, ulong Inode)? sharedWas;
    private readonly int pageSize;
    private readonly byte[] head = new byte[HeadSize];
    private ((long, long, uint) Content, LogPosition? Position) known;
    private volatile FilesFound? lost;

    /// <param name="path">The database, which is open in WAL mode already.</param>
    public LiveFiles(string path)
    {
        // SQLite uses the real name of the file and not that of a symbolic link to it, so this class does too.
        Database = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        log = Database + "-wal";
        shared = Database + "-shm";
        connection = new SqliteConnection(path, OpenFor.Read);
        connection.KeepLog();
        file = new SqliteFile(connection);
        known.Position = file.Position();
        if (FileStatus.Of(Database) is { } status)
        {
            Identity = status.Identity;
            known.Content = status.Content;
            file.TryReadHead(head);
        }

        pageSize = PageSize(head);
        logWas = FileStatus.Of(log)?.Identity;
        sharedWas = FileStatus.Of(shared)?.Identity;
        OpenDatabases.Add(this);
    }

    /// <summary>The full path of the database.</summary>
    public string Database { get; }

    /// <summary>The device and inode of the open database; null on systems other than Linux, where nothing is checked.</summary>
    public (ulong Device, ulong Inode)? Identity { get; }

    /// <exception cref="DatabaseBrokenException">A file was moved, removed, emptied or overwritten. Nothing may be written now.</exception>
    public void Demand() => Demand(static message => new DatabaseBrokenException(message));

    /// <summary>The same check before another connection is opened.</summary>
    /// <exception cref="DatabaseRefusedException">A file was moved, removed, emptied or overwritten.</exception>
    public void DemandForOpening() => Demand(static message => new DatabaseRefusedException(message));

    public FilesFound Look()
    {
        if (lost is { } already)
        {
            return already;
        }

        if (Identity is null)
        {
            return FilesFound.Intact;
        }

        lock (looking)
        {
            var found = lost ?? LookNow();
            if (found.State is not (FilesState.Intact or FilesState.Moved))
            {
                lost = found;
            }

            return found;
        }
    }

    /// <summary>
    /// After <see cref="FilesState.LogRemoved"/>: whether the files under the database's names still contain every acknowledged write, in
    /// the database file or in a log that still has its name. Then the database can be opened again without loss.
    /// </summary>
    public bool HoldEverything()
    {
        lock (looking)
        {
            return file.Position() is { } position
                && FileStatus.Of(Database)?.Identity == Identity
                && ((position.LastFrame == position.Moved && !position.IsMoving)
                    || (FileStatus.Of(log)?.Identity == logWas && file.LogReachesTo(position, pageSize)));
        }
    }

    /// <summary>Copies the content of the open files, whatever files their names lead to now.</summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Receives the finished part, 0 to 1.</param>
    /// <param name="cancel">Cancels the copy.</param>
    /// <returns>The facts that the copy must have.</returns>
    /// <exception cref="SqliteException">The open files cannot be read, or there is not enough space.</exception>
    public DatabaseFacts CopyTo(string target, IProgress<double>? progress, CancellationToken cancel)
    {
        lock (looking)
        {
            return SqliteSnapshot.Copy(connection, target, progress, cancel);
        }
    }

    public void Dispose()
    {
        OpenDatabases.Remove(this);
        lock (looking)
        {
            connection.Dispose();
        }
    }

    private void Demand(Func<string, Exception> refusal)
    {
        if (Look() is { State: not FilesState.Intact } found)
        {
            throw refusal(found.Message);
        }
    }

    private static int PageSize(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt16BigEndian(head[16..]) is var size && size == 1 ? 65536 : size;

    private FilesFound LookNow()
    {
        // The position is read first, so that the next check sees a checkpoint that begins after it.
        var position = file.Position();
        if (FileStatus.Of(Database) is not { } status || status.Identity != Identity)
        {
            return IsStillThere(Identity) ? Moved(Database) : Gone(FilesState.Removed, "was removed or replaced");
        }

        foreach (var (path, was) in ((string, (ulong, ulong)?)[])[(log, logWas), (shared, sharedWas)])
        {
            if (FileStatus.Of(path)?.Identity != was)
            {
                return IsStillThere(was) ? Moved(path) : new(FilesState.LogRemoved,
                    $"{path} was removed while the server had it open. Nothing is written until the server has opened the database anew, or has saved what it held.");
            }
        }

        if (status.Content != known.Content && Examine() is { } foreign)
        {
            return Gone(FilesState.Overwritten, foreign);
        }

        known = (status.Content, position);
        return FilesFound.Intact;
    }

    /// <summary>
    /// Checks the database file. In WAL mode only a checkpoint writes to it, and records in the shared memory that it begins. Any other
    /// change was not made by SQLite: a copied file, a shell redirection, a truncation.
    /// </summary>
    /// <returns>What happened to the file, as a phrase that follows its name; null if it is unchanged.</returns>
    private string? Examine()
    {
        Span<byte> now = stackalloc byte[HeadSize];
        var position = file.Position();
        var isRead = file.TryReadHead(now);
        var status = FileStatus.Of(Database);
        if (!isRead || status is not { Size: > 0 })
        {
            return "was emptied or cut short";
        }

        if (!now.StartsWith(Magic) || PageSize(now) != pageSize || now[18] != 2 || now[19] != 2)
        {
            return "was overwritten by something else";
        }

        var isStill = position is { IsMoving: false } && file.Position() is { } later && later.IsAsFarAs(position.Value);

        // If a reader held up a checkpoint, it skips pages that were written again after the reader's snapshot. The header can then
        // announce more pages than the file has.
        var isWhole = isStill && position!.Value.LastFrame == position.Value.Moved;
        if (isWhole && status.Value.Size < (long)BinaryPrimitives.ReadUInt32BigEndian(now[28..]) * pageSize)
        {
            return "was cut short";
        }

        var nobodyOfSqlite = isStill && known.Position is { } before && before.IsAsFarAs(position!.Value) && !before.IsMoving;
        if (nobodyOfSqlite && (status.Value.Size != known.Content.Item1 || !now.SequenceEqual(head)))
        {
            return "was overwritten by another program";
        }

        now.CopyTo(head);
        return null;
    }

    private static bool IsStillThere((ulong, ulong)? identity) => identity is { } open && FileStatus.OfOpen(open) is { Links: > 0 };

    private static FilesFound Moved(string path) => new(FilesState.Moved,
        $"{path} was moved or replaced while it was open. What is written now would be lost, so nothing is. Put the file back under its name, and the server goes on; do not stop it before, because what was acknowledged may be in the open files only.");

    private FilesFound Gone(FilesState state, string what) => new(state, $"{Database} {what} while the server had it open. Nothing is written any more.");
}
