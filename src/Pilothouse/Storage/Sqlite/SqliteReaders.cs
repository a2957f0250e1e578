using System.Collections.Concurrent;

namespace Pilothouse.Storage.Sqlite;

/// <summary>A few connections that only read, each lent to one caller at a time. Callers beyond them wait their turn.</summary>
internal sealed class SqliteReaders : IDisposable
{
    private static readonly Sql Begin = new("BEGIN");
    private static readonly Sql Commit = new("COMMIT");
    private readonly ConcurrentStack<SqliteConnection> free = new();
    private readonly SemaphoreSlim turns;
    private readonly int count;

    public SqliteReaders(string path, int count, bool durable)
    {
        this.count = count;
        turns = new SemaphoreSlim(count);
        for (var i = 0; i < count; i++)
        {
            free.Push(new SqliteConnection(path, SqliteUse.Read, durable));
        }
    }

    /// <summary>Connections that are lent now.</summary>
    public int Busy => count - turns.CurrentCount;

    /// <summary>Whether a read has come upon a damaged page.</summary>
    public bool IsDamaged { get; private set; }

    public async ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, bool snapshot, CancellationToken cancel)
    {
        await turns.WaitAsync(cancel);
        free.TryPop(out var connection);
        try
        {
            return snapshot ? await SnapshotAsync(connection!, work) : await work(connection!);
        }
        catch (SqliteException error)
        {
            IsDamaged |= error.IsDamage;
            throw SqliteErrors.Translate(error);
        }
        finally
        {
            free.Push(connection!);
            turns.Release();
        }
    }

    public void Dispose()
    {
        // Whoever still reads finishes first: a connection must not close under a running statement.
        for (var i = 0; i < count && turns.Wait(TimeSpan.FromSeconds(5)); i++)
        {
        }

        while (free.TryPop(out var connection))
        {
            connection.Dispose();
        }

        turns.Dispose();
    }

    private static async ValueTask<T> SnapshotAsync<T>(SqliteConnection connection, Func<Session, ValueTask<T>> work)
    {
        connection.Get(Begin).Renew().Run();
        try
        {
            return await work(connection);
        }
        finally
        {
            connection.Get(Commit).Renew().Run();
        }
    }
}
