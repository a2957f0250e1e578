namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Whether the database's names still lead to the files that are open. Who moves, replaces or removes the file or its log under a running server
/// leaves it writing to what nobody will find again; SQLite does not look (https://sqlite.org/howtocorrupt.html, 2.4), and this does, for a microsecond
/// before each transaction. Linux only.
/// </summary>
internal sealed class LiveFiles
{
    private readonly string database;
    private readonly string log;
    private readonly Lock looking = new();
    private readonly (ulong Device, ulong Inode)? databaseWas;
    private (ulong Device, ulong Inode)? logWas;

    /// <param name="path">The database, open in WAL mode by now.</param>
    public LiveFiles(string path)
    {
        // By its own name, as SQLite has it, and not by that of a link to it.
        database = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        log = database + "-wal";
        databaseWas = FileStatus.Of(database)?.Identity;
        logWas = FileStatus.Of(log)?.Identity;
    }

    /// <exception cref="DatabaseBrokenException">One of them is not there any more, or is another.</exception>
    public void Demand()
    {
        if (databaseWas is { } was && FileStatus.Of(database)?.Identity != was)
        {
            throw Gone(database);
        }

        var logIs = FileStatus.Of(log)?.Identity;
        lock (looking)
        {
            // SQLite makes it with the first look at the file, and keeps it as long as anybody has the file open.
            logWas ??= logIs;
            if (logIs != logWas)
            {
                throw Gone(log);
            }
        }
    }

    private static DatabaseBrokenException Gone(string path) => new(
        $"{path} was moved, removed or replaced while it was open. What is written now would be lost, so nothing is. Put the file back under its name; where it is gone, stop the server and restore a backup with `pilothouse backup restore`.");
}
