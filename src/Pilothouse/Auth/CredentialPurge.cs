using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>Removes revoked tokens that would have ended by now, and windows of login attempts that have.</summary>
internal sealed class CredentialPurge(Database database, TimeProvider clock) : IPurge
{
    public Task<int> PurgeAsync(CancellationToken cancel) =>
        database.WriteAsync(session => CredentialStore.PurgeAsync(session, clock.GetUtcNow()), cancel);
}
