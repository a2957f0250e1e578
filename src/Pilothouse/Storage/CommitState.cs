namespace Pilothouse.Storage;

/// <summary>
/// What the writes that share one commit have found or left to its end, so that it is done once for all of them. It may hold what was read
/// from the database, because no other program can change the database before the commit. Other writes of the commit may run between two
/// statements of one, so what belongs to a statement is changed when that has begun and not failed, and not later.
/// </summary>
internal abstract class CommitState
{
    /// <summary>Runs once, before the commit. If it throws, nothing of the transaction is stored.</summary>
    public virtual ValueTask FinishAsync(Session session) => default;
}

/// <summary>The states of the transaction that is running.</summary>
internal sealed class CommitStates
{
    private readonly List<CommitState> states = [];

    /// <summary>
    /// Returns the state of this type, of which a transaction has one. It is made when a write first asks for it, and is finished after those
    /// that were made before it.
    /// </summary>
    public T Of<T>(Func<T> make)
        where T : CommitState
    {
        foreach (var state in states)
        {
            if (state is T found)
            {
                return found;
            }
        }

        var made = make();
        states.Add(made);
        return made;
    }

    /// <summary>Finishes all states and drops them.</summary>
    public async ValueTask FinishAsync(Session session)
    {
        foreach (var state in states)
        {
            await state.FinishAsync(session);
        }

        states.Clear();
    }

    /// <summary>Drops the states of a transaction that was rolled back.</summary>
    public void Drop() => states.Clear();
}
