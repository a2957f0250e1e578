namespace Pilothouse.Storage;

/// <summary>A write in a <see cref="WriteQueue"/>.</summary>
internal abstract class QueuedWrite
{
    /// <summary>Whether it is not a write, but work that needs the writer's connection between two transactions.</summary>
    public abstract bool IsOutside { get; }

    public abstract bool Cancelled();

    /// <summary>Does the work inside the open transaction and keeps its result. The result of an earlier run is dropped.</summary>
    public abstract ValueTask RunAsync(Session session);

    /// <summary>Like <see cref="RunAsync"/>, with an engine whose sessions complete everything at once.</summary>
    public void Run(Session session)
    {
        var running = RunAsync(session);
        if (!running.IsCompleted)
        {
            throw new InvalidOperationException("Work given to a write may only await its session.");
        }

        running.GetAwaiter().GetResult();
    }

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

    public override async ValueTask RunAsync(Session session)
    {
        refused = null;
        result = await work(session);
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
