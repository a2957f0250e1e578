using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// The database as a caller may use it. A credential is checked when the headers of a request arrive, but its body may take minutes, and
/// the owner may revoke the credential meanwhile. So each piece of work checks it again in its own transaction, and nothing is stored for a
/// credential that has been revoked by then.
/// </summary>
internal sealed class CallerDatabase(Database database, TimeProvider clock)
{
    /// <summary>Runs <paramref name="work"/> in a transaction that first checks that the credential is still valid.</summary>
    public Task<T> WriteAsync<T>(Caller caller, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) => database.WriteAsync(
        async session =>
        {
            await (caller.ExpiresAt <= clock.GetUtcNow() ? DemandAsync(session, caller, clock)
                : CheckedCredentials.CheckAsync(session, caller, (now, asked) => DemandAsync(now, asked, clock)));
            return await work(session);
        },
        cancel);

    /// <summary>
    /// Throws a refusal if the credential is no longer valid. For work outside of a transaction, and before a kept answer is given out.
    /// </summary>
    public async ValueTask DemandAsync(Caller caller, CancellationToken cancel = default) =>
        await database.ReadAsync(
            ReadKind.LookUp,
            async session =>
            {
                await DemandAsync(session, caller, clock);
                return true;
            },
            cancel);

    /// <summary>
    /// Throws a refusal if the credential is no longer valid. It reads one row by its id. An API key is also refused if another program has
    /// changed the row that says what it allows.
    /// </summary>
    public static async ValueTask DemandAsync(Session session, Caller caller, TimeProvider clock)
    {
        if (caller.ExpiresAt <= clock.GetUtcNow()
            || (caller.Key is { } key && await CredentialStore.FindKeyAsync(session, key.Key.Id, key.Hash) is var now && !key.AllowsAs(now))
            || (caller.TokenId is { } token && await CredentialStore.IsRevokedAsync(session, token)))
        {
            const string problem = "The credential that was sent has ended, was revoked or was logged out while this request was under way. Nothing was stored.";
            throw new Refusal(401, ErrorCodes.AuthenticationRequired, "Authentication required", $"{problem} Send another API key, or log in with POST /api/auth/login.") { LogReason = problem };
        }
    }
}
