using Pilothouse.Storage.Files;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Everything that a server has open of its database file: the watch over the files, one writer, the readers, and who asks for the stamp.</summary>
internal sealed class SqliteEngine : IDisposable
{
    private readonly SqliteConnection watch;
    private readonly Lock watching = new();

    /// <summary>Opens the file, which is up to date.</summary>
    public SqliteEngine(string path, int readerCount, bool durable, TimeProvider clock, EngineMetrics metrics, CommitSignal commits, Action<SqliteConnection>? prepare, ILogger logger)
    {
        var writing = new SqliteConnection(path, OpenFor.Write, durable);
        writing.KeepLog();
        prepare?.Invoke(writing);
        Files = new LiveFiles(path);
        Readers = new SqliteReaders(path, readerCount, durable, metrics);
        Writer = new SqliteWriter(writing, Files, new LogKeeper(writing, Readers, Files.Demand, clock, logger), metrics, commits, logger);
        watch = new SqliteConnection(path, OpenFor.Read);
    }

    public LiveFiles Files { get; }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <summary>data_version is a number of one connection, so all callers ask the same one.</summary>
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
