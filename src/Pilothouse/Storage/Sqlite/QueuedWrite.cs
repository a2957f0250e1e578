namespace Pilothouse.Storage.Sqlite;

/// <summary>A write in the queue of <see cref="SqliteWriter"/>.</summary>
internal abstract class QueuedWrite
{
    /// <summary>Whether it is not a write, but work that needs the writer's connection between two transactions.</summary>
    public abstract bool IsOutside { get; }

    public abstract bool Cancelled();

    /// <summary>Does the work inside the open transaction and keeps its result. The result of an earlier run is dropped.</summary>
    public abstract void Run(Session session);

    /// <summary>Keeps the write's own failure, which is reported after the commit.</summary>
    public abstract void Refuse(Exception error);

    public abstract void Answer();

    public abstract void Fail(Exception error);
}

/// <summary>A write with a result of type <typeparamref name="T"/>, which is reported after the commit.</summary>
internal sealed class QueuedWrite<T>(Func<Session, ValueTask<T>> work, CancellationToken cancel, bool outside = false) : QueuedWrite
{
    private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;
    private Exception? refused;

    public Task<T> Task => answer.Task;

    public override bool IsOutside => outside;

    public override bool Cancelled() => cancel.IsCancellationRequested && answer.TrySetCanceled(cancel);

    public override void Run(Session session)
    {
        refused = null;
        var running = work(session);
        result = running.IsCompleted
            ? running.GetAwaiter().GetResult()
            : throw new InvalidOperationException("Work given to a write may only await its session.");
    }

    public override void Refuse(Exception error) => refused = error;

    public override void Answer()
    {
        if (refused is null)
        {
            answer.SetResult(result!);
        }
        else
        {
            answer.SetException(refused);
        }
    }

    public override void Fail(Exception error) => answer.TrySetException(refused ?? error);
}
