using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Asks PostgreSQL whether anybody has committed. One question serves all who wait for it. Who comes while a question is under way waits
/// for the next one, because the snapshot of the first may be older than a commit that he has seen.
/// </summary>
internal sealed class PostgresStamp(NpgsqlDataSource source)
{
    private readonly Lock asking = new();
    private Task<long>? running;
    private Task<long>? next;
    private string? last;
    private long number;

    /// <summary>Returns a number that is another one after each commit.</summary>
    public Task<long> AskAsync()
    {
        lock (asking)
        {
            if (running is null || running.IsCompleted)
            {
                next = null;
                return running = Task.Run(ReadAsync);
            }

            return next ??= AfterAsync(running);
        }
    }

    private async Task<long> AfterAsync(Task<long> before)
    {
        await before.ContinueWith(static _ => { }, TaskScheduler.Default);
        lock (asking)
        {
            (running, next) = (next, null);
        }

        return await ReadAsync();
    }

    private async Task<long> ReadAsync()
    {
        try
        {
            await using var command = source.CreateCommand("SELECT pg_current_snapshot()::text");
            var text = (string?)await command.ExecuteScalarAsync();
            lock (asking)
            {
                number += text == last ? 0 : 1;
                last = text;
                return number;
            }
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Translate(error);
        }
    }
}
