namespace Pilothouse.Storage;

/// <summary>Wakes those who wait for the next commit of this process.</summary>
internal sealed class CommitSignal
{
    private TaskCompletionSource? next;

    /// <summary>Completes at the next commit; ask for it before looking at what there is.</summary>
    public Task Next
    {
        get
        {
            if (Volatile.Read(ref next) is { } known)
            {
                return known.Task;
            }

            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref next, made, null) ?? made).Task;
        }
    }

    /// <summary>Says that something was committed; nearly nothing where nobody waits.</summary>
    public void Raise()
    {
        if (Volatile.Read(ref next) is not null)
        {
            Interlocked.Exchange(ref next, null)?.TrySetResult();
        }
    }
}
