using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// A job that one of several servers does at a time. It holds an advisory lock in an open transaction, so that the lock ends with the
/// connection, and holds behind a pooler that lends connections for one transaction.
/// </summary>
internal sealed class PostgresJob : IAsyncDisposable
{
    /// <summary>The first half of the lock's number, so that it meets no advisory lock of another program: the letters "pilo".</summary>
    private const int LockClass = 0x70696C6F;

    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private PostgresJob(NpgsqlConnection connection, NpgsqlTransaction transaction) => (this.connection, this.transaction) = (connection, transaction);

    /// <returns>Null while another server has the job.</returns>
    /// <exception cref="DatabaseBusyException">PostgreSQL cannot be reached.</exception>
    public static async ValueTask<IAsyncDisposable?> TryTakeAsync(NpgsqlDataSource source, string name, CancellationToken cancel)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await source.OpenConnectionAsync(cancel);
            var transaction = await connection.BeginTransactionAsync(cancel);
            await using var command = new NpgsqlCommand($"SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_try_advisory_xact_lock({LockClass}, hashtext('{name}'))", connection);
            if (await command.ExecuteScalarAsync(cancel) is true)
            {
                return new PostgresJob(connection, transaction);
            }

            await connection.DisposeAsync();
            return null;
        }
        catch (NpgsqlException error)
        {
            await (connection?.DisposeAsync() ?? default);
            throw PostgresErrors.Translate(error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.RollbackAsync();
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // The connection is lost, and the lock with it.
        }

        await connection.DisposeAsync();
    }
}
