using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The database files that SQLite has open in this process. On POSIX systems, a process loses all its locks on a file when it closes any
/// descriptor of that file (https://sqlite.org/howtocorrupt.html, 2.2). SQLite's own connections coordinate, but no other code of ours may
/// open such a file. <see cref="PlainFile"/> asks here before it opens a file.
/// </summary>
internal static class OpenDatabases
{
    private static readonly Lock Changing = new();
    private static readonly List<SqliteConnection> Connections = [];
    private static readonly List<LiveFiles> Served = [];

    /// <summary>Whether SQLite has this file open in this process: a database, its log, or its shared memory.</summary>
    public static bool Holds(string path)
    {
        var identity = FileStatus.Of(path)?.Identity;
        lock (Changing)
        {
            return Connections.Exists(connection => FileHolders.Suffixes.Any(suffix => IsSame(connection.Path + suffix, path, identity)));
        }
    }

    /// <summary>Returns the file check of a database that this process serves; null if it does not serve it.</summary>
    public static LiveFiles? ServedAt(string path)
    {
        var identity = FileStatus.Of(path)?.Identity;
        lock (Changing)
        {
            return Served.Find(files => IsSame(files.Database, path, identity) || (identity is not null && files.Identity == identity));
        }
    }

    public static void Add(SqliteConnection connection) => Change(() => Connections.Add(connection));

    public static void Remove(SqliteConnection connection) => Change(() => Connections.Remove(connection));

    public static void Add(LiveFiles files) => Change(() => Served.Add(files));

    public static void Remove(LiveFiles files) => Change(() => Served.Remove(files));

    /// <summary>Interrupts the running statements of all connections to a database.</summary>
    /// <returns>How many connections there are.</returns>
    public static int InterruptAll(string path)
    {
        var identity = FileStatus.Of(path)?.Identity;
        lock (Changing)
        {
            var found = Connections.FindAll(connection => IsSame(connection.Path, path, identity));
            found.ForEach(static connection => connection.Interrupt());
            return found.Count;
        }
    }

    private static void Change(Action change)
    {
        lock (Changing)
        {
            change();
        }
    }

    private static bool IsSame(string open, string path, (ulong, ulong)? identity) =>
        Path.GetFullPath(open) == Path.GetFullPath(path) || (identity is not null && FileStatus.Of(open)?.Identity == identity);
}
