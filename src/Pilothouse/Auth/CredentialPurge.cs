using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>Removes revoked tokens that would have expired by now, and expired windows of login attempts.</summary>
internal sealed class CredentialPurge(Database database, TimeProvider clock) : IPurge
{
    public Task<int> PurgeAsync(CancellationToken cancel) =>
        database.WriteAsync(session => CredentialStore.PurgeAsync(session, clock.GetUtcNow()), cancel);
}
