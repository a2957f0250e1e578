using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Pilothouse.Storage;

/// <summary>
/// Work that the writes of a commit need once. Who asks for it while it runs waits for its end, and then goes on at once on the same
/// thread: a Task would let all but one of those who wait go on elsewhere. Not thread-safe, because one thread runs the writes of a commit.
/// </summary>
internal sealed class SharedWork
{
    private readonly List<Waiter> waiters = [];
    private bool hasBegun;
    private bool hasEnded;
    private Exception? failure;

    /// <summary>Runs the work, or waits for its end. If it fails, it fails for all who ask.</summary>
    public ValueTask RunAsync(Func<ValueTask> work)
    {
        if (hasEnded)
        {
            return failure is null ? default : ValueTask.FromException(failure);
        }

        if (!hasBegun)
        {
            hasBegun = true;
            return BeginAsync(work);
        }

        var waiter = new Waiter();
        waiters.Add(waiter);
        return waiter.Task;
    }

    private async ValueTask BeginAsync(Func<ValueTask> work)
    {
        try
        {
            await work();
        }
        catch (Exception error)
        {
            failure = error;
        }

        hasEnded = true;
        waiters.ForEach(waiter => waiter.End(failure));
        waiters.Clear();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private sealed class Waiter : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = false };

        public ValueTask Task => new(this, source.Version);

        public void End(Exception? error)
        {
            if (error is null)
            {
                source.SetResult(true);
            }
            else
            {
                source.SetException(error);
            }
        }

        public void GetResult(short token) => source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            source.OnCompleted(continuation, state, token, flags);
    }
}
