using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Everything that a server has open of its database file: the check of the files, the writer, the readers, and the connection that reads
/// the stamp.
/// </summary>
internal sealed class SqliteEngine : IDisposable
{
    private readonly SqliteConnection watch;
    private readonly Lock watching = new();

    /// <summary>Opens the file, which must be migrated already.</summary>
    public SqliteEngine(string path, int readerCount, bool durable, TimeProvider clock, SqliteMetrics metrics, CommitSignal commits, ILogger logger)
    {
        var writing = new SqliteConnection(path, OpenFor.Write, durable);
        writing.KeepLog();
        prepare?.Invoke(writing);
        Files = new LiveFiles(path, durable);
        Readers = new SqliteReaders(path, readerCount, durable, metrics);
        Writer = new SqliteWriter(writing, Files, new LogKeeper(writing, Readers, Files.Demand, clock, logger), metrics, commits, logger);
        watch = new SqliteConnection(path, OpenFor.Read, durable);
    }

    public LiveFiles Files { get; }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <summary>Returns data_version. Its value belongs to one connection, so all callers must use the same one.</summary>
    public long Stamp()
    {
        lock (watching)
        {
            try
            {
                return watch.DataVersion();
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Translate(error);
            }
        }
    }

    public void Dispose()
    {
        lock (watching)
        {
            watch.Dispose();
        }

        Readers.Dispose();
        Writer.Dispose();
    }
}
