namespace Pilothouse.Storage;

/// <summary>Wakes the code that waits for the next commit of this process.</summary>
internal sealed class CommitSignal
{
    private TaskCompletionSource? next;

    /// <summary>Completes at the next commit. Get it before reading the database, or a commit in between is missed.</summary>
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

    /// <summary>Signals a commit. It costs almost nothing if nobody waits.</summary>
    public void Raise()
    {
        if (Volatile.Read(ref next) is not null)
        {
            Interlocked.Exchange(ref next, null)?.TrySetResult();
        }
    }
}
