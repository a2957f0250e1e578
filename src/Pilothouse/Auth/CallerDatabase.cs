using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>
/// The database as a caller may use it. The credential was found good when the request's headers had come; its body may take minutes, and
/// meanwhile the owner may have revoked it. So each piece of work asks once more, in its own transaction, and a write that
/// a revocation came before is not stored.
/// </summary>
internal sealed class CallerDatabase(Database database, TimeProvider clock)
{
    /// <summary>Runs <paramref name="work"/> in a transaction that begins with the question whether the credential is still good.</summary>
    public Task<T> WriteAsync<T>(Caller caller, Func<Session, ValueTask<T>> work, CancellationToken cancel = default) => database.WriteAsync(
        async session =>
        {
            await DemandAsync(session, caller);
            return await work(session);
        },
        cancel);

    /// <summary>Refuses where the credential is not good any more: before work that is no transaction, and before a kept answer is given out.</summary>
    public async ValueTask DemandAsync(Caller caller, CancellationToken cancel = default) =>
        await database.ReadAsync(
            ReadKind.LookUp,
            async session =>
            {
                await DemandAsync(session, caller);
                return true;
            },
            cancel);

    /// <summary>One row by its id. A key must be what it was, as another program may have changed what it allows.</summary>
    private async ValueTask DemandAsync(Session session, Caller caller)
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
