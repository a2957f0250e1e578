using System.Buffers.Binary;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Files;

/// <summary>What has become of the files of a database that is open.</summary>
internal enum FilesState
{
    /// <summary>They are as SQLite left them.</summary>
    Intact,

    /// <summary>A name leads to nothing or to another file, but ours has another name: it can be put back.</summary>
    Moved,

    /// <summary>The log or the shared memory was removed. What it held may be in the database already.</summary>
    LogRemoved,

    /// <summary>The database was removed or replaced: what was written can be read from the open files only.</summary>
    Removed,

    /// <summary>The database was emptied, cut short or overwritten: what was written is gone, but for what the log holds.</summary>
    Overwritten,
}

/// <summary>What was found, as a sentence.</summary>
internal sealed record FilesFound(FilesState State, string Message)
{
    public static readonly FilesFound Intact = new(FilesState.Intact, "");
}

/// <summary>
/// Whether the files that are open are still those under the database's names, and hold what SQLite wrote. SQLite does not look
/// (https://sqlite.org/howtocorrupt.html, 2.4); who moves, removes, empties or overwrites a file under a running server would leave it acknowledging
/// what nobody will find again. This looks for some microseconds before and after each transaction. Linux only.
/// </summary>
internal sealed class LiveFiles : IDisposable
{
    /// <summary>The smallest page that SQLite knows.</summary>
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

    /// <param name="path">The database, open in WAL mode by now.</param>
    /// <param name="durable">How its connection is opened.</param>
    public LiveFiles(string path, bool durable)
    {
        // By its own name, as SQLite has it, and not by that of a link to it.
        Database = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        log = Database + "-wal";
        shared = Database + "-shm";
        connection = new SqliteConnection(path, OpenFor.Read, durable);
        connection.KeepLog();
        connection.Scalar("SELECT count(*) FROM sqlite_schema");
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

    /// <summary>Full path of the database.</summary>
    public string Database { get; }

    /// <summary>Device and inode of the open database; null on another system than Linux, where nothing is looked at.</summary>
    public (ulong Device, ulong Inode)? Identity { get; }

    /// <exception cref="DatabaseBrokenException">A file was moved, removed, emptied or overwritten. Nothing may be written now.</exception>
    public void Demand() => Demand(static message => new DatabaseBrokenException(message));

    /// <summary>The same for who wants to open one more connection.</summary>
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
    /// After <see cref="FilesState.LogRemoved"/>: whether everything that was acknowledged is found by who opens the database anew, because it is in
    /// the database file, or in a log that still has its name.
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

    /// <summary>Copies what the open files hold, whatever stands under their names by now.</summary>
    /// <param name="target">A file that exists and is empty.</param>
    /// <param name="progress">Is told the part that is done, 0 to 1.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What the copy must hold.</returns>
    /// <exception cref="SqliteException">The open files cannot be read, or there is no room.</exception>
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
        // The position comes first: a checkpoint that begins after it is seen by it the next time.
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
    /// In WAL mode only a checkpoint writes to the database file, and says so in the shared memory before it begins. Anything else was no user of
    /// SQLite: a copy, a redirection, a truncation.
    /// </summary>
    /// <returns>What happened to the file, as a phrase behind its name; null where it is well.</returns>
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

        // A checkpoint that a reader held up leaves out the pages that were written again after it: then the head may tell of more than there is.
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
