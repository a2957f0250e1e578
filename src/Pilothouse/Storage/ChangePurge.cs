namespace Pilothouse.Storage;

/// <summary>Removes changes that are older than <paramref name="kept"/> and that every follower has read.</summary>
/// <param name="database">The database with the log of changes.</param>
/// <param name="followers">The followers of the log.</param>
/// <param name="kept">How long changes are kept; zero keeps them for ever.</param>
/// <param name="clock">The clock.</param>
internal sealed class ChangePurge(Database database, IEnumerable<IChangeFollower> followers, TimeSpan kept, TimeProvider clock) : IPurge
{
    public async Task<int> PurgeAsync(CancellationToken cancel)
    {
        if (kept == TimeSpan.Zero)
        {
            return 0;
        }

        var read = long.MaxValue - 1;
        foreach (var follower in followers)
        {
            read = Math.Min(read, await follower.CatchUpAsync(cancel) ?? read);
        }

        return await database.WriteAsync(session => ChangeLog.PurgeAsync(session, clock.GetUtcNow() - kept, read), cancel);
    }
}
