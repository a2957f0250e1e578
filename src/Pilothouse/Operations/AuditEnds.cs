using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>
/// The ends of the hash chains in the running transaction. An end is read when a write first needs it, and sealed and stored once before
/// the commit, for all the writes that share the commit.
/// </summary>
internal sealed class AuditEnds : CommitState
{
    private readonly AuditKey key;
    private readonly Dictionary<string, (AuditChain Stored, AuditChain Now)> chains = [];
    private readonly Dictionary<string, SharedWork> reading = [];

    private AuditEnds(AuditKey key) => this.key = key;

    public static AuditEnds Of(Session session, AuditKey key) => session.Commit.Of(() => new AuditEnds(key));

    /// <summary>Returns the chain with this name as it is after the writes so far. It is empty if it is new.</summary>
    public async ValueTask<AuditChain> FindAsync(Session session, string name)
    {
        if (!reading.TryGetValue(name, out var read))
        {
            reading.Add(name, read = new());
        }

        await read.RunAsync(() => ReadAsync(session, name));
        return chains[name].Now;
    }

    /// <summary>Sets how a chain that was found ends now.</summary>
    public void Set(AuditChain chain) => chains[chain.Chain] = (chains[chain.Chain].Stored, chain);

    public override async ValueTask FinishAsync(Session session)
    {
        foreach (var (stored, now) in chains.Values)
        {
            if (now != stored)
            {
                await now.StoreAsync(session, key);
            }
        }
    }

    /// <summary>Reads an end once, for all writes that ask for it meanwhile.</summary>
    private async ValueTask ReadAsync(Session session, string name)
    {
        var chain = await AuditChain.FindAsync(session, name) ?? AuditChain.Empty(name);
        chains.Add(name, (chain, chain));
    }
}
