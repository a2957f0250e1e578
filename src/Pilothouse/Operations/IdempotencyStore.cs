using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>Identifies the request that a call may be a repetition of.</summary>
internal sealed record IdempotencyKey(string Owner, string Path, string Key, string BodyHash)
{
    public const string Header = "Idempotency-Key";

    /// <summary>Returns the Idempotency-Key of a call, or null if it has none.</summary>
    public static IdempotencyKey? Of(Operation operation, Call call, ReadOnlySpan<byte> body)
    {
        if (call.IdempotencyKey is not { } key)
        {
            return null;
        }

        if (key.Length is 0 or > 255 || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw Malformed();
        }

        return new(call.Caller.Owner, operation.PathOf(call), key, Convert.ToHexStringLower(SHA256.HashData(body)));
    }

    public static Refusal Malformed() => Refusal.Invalid(Header, "must be 1 to 255 printable ASCII characters");
}

/// <summary>An answer as it was sent: its status and its JSON.</summary>
internal sealed record KeptAnswer(string BodyHash, int Status, string Json);

/// <summary>
/// Keeps the answers of requests with an Idempotency-Key for 24 hours. The row is written in the transaction of the write itself, so that
/// one is never stored without the other.
/// </summary>
internal sealed class IdempotencyStore(Database database, TimeProvider clock) : IPurge
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    private static readonly Sql Find = new("""
        SELECT body_hash, status, answer FROM idempotency_keys
        WHERE owner = @owner AND path = @path AND idempotency_key = @key AND created_at > @since
        """);

    private static readonly Sql Insert = new("""
        INSERT INTO idempotency_keys(owner, path, idempotency_key, body_hash, status, answer, created_at)
        VALUES (@owner, @path, @key, @body_hash, @status, @answer, @now)
        ON CONFLICT (owner, path, idempotency_key) DO UPDATE SET
          body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer, created_at = excluded.created_at
        WHERE idempotency_keys.created_at <= @since
        """);

    private static readonly Sql HasFresh = new("""
        SELECT 1 FROM idempotency_keys WHERE owner = @owner AND path = @path AND idempotency_key = @key AND created_at > @since
        """);

    private static readonly Sql Purge = new("""
        DELETE FROM idempotency_keys WHERE (owner, path, idempotency_key) IN (
          SELECT owner, path, idempotency_key FROM idempotency_keys WHERE created_at <= @since LIMIT 500)
        """);

    private readonly ConcurrentDictionary<(string Owner, string Path, string Key), bool> running = new();

    /// <summary>
    /// Returns the kept answer of the same request, or null. Throws a refusal (409) if the key was used with another body.
    /// </summary>
    public async ValueTask<KeptAnswer?> FindAsync(IdempotencyKey key, CancellationToken cancel)
    {
        var kept = await database.ReadAsync(
            ReadKind.LookUp,
            session => session.Prepare(Find).Set("owner", key.Owner).Set("path", key.Path).Set("key", key.Key).Set("since", Since())
                .FirstAsync(static row => new KeptAnswer(row.Text(0)!, (int)row.Id(1), row.Text(2)!)),
            cancel);
        return kept is null || kept.BodyHash == key.BodyHash ? kept : throw new Refusal(
            409, ErrorCodes.IdempotencyMismatch, "Idempotency key reused", "This Idempotency-Key was used with another body. Make a new key for each new request.");
    }

    /// <summary>Marks the request as running until the result is disposed. Throws a refusal (409) if it is running already.</summary>
    public IDisposable Begin(IdempotencyKey key) =>
        running.TryAdd((key.Owner, key.Path, key.Key), true) ? new Running(this, key) : throw InProgress();

    /// <summary>Keeps an answer in the transaction of its write.</summary>
    public async ValueTask KeepAsync(Session session, IdempotencyKey key, int status, string json)
    {
        var stored = await session.Prepare(Insert).Set("owner", key.Owner).Set("path", key.Path).Set("key", key.Key)
            .Set("body_hash", key.BodyHash).Set("status", status).Set("answer", json).Set("now", clock.GetUtcNow()).Set("since", Since())
            .ExecuteAsync();
        if (stored == 0)
        {
            throw await HasFreshAsync(session, key) ? InProgress() : new RowKeptAwayException();
        }
    }

    /// <summary>Removes a batch of expired answers and returns how many.</summary>
    public Task<int> PurgeAsync(CancellationToken cancel) => database.WriteAsync(session => session.Prepare(Purge).Set("since", Since()).ExecuteAsync(), cancel);

    private ValueTask<bool> HasFreshAsync(Session session, IdempotencyKey key) =>
        session.Prepare(HasFresh).Set("owner", key.Owner).Set("path", key.Path).Set("key", key.Key).Set("since", Since()).AnyAsync();

    private static Refusal InProgress() => new(
        409, ErrorCodes.IdempotencyInProgress, "Request in progress", "A request with this Idempotency-Key is being carried out. Ask again in a moment.")
    { RetryAfterSeconds = 1 };

    private DateTimeOffset? Since() => clock.GetUtcNow() - KeptFor;

    private sealed class Running(IdempotencyStore store, IdempotencyKey key) : IDisposable
    {
        public void Dispose() => store.running.TryRemove((key.Owner, key.Path, key.Key), out _);
    }
}
