namespace Pilothouse.Operations;

/// <summary>
/// Shares one read between all requests that ask the same question while it waits for its turn. A request that comes after it has begun
/// starts a new read, because its answer must contain everything that was committed before the request.
/// </summary>
internal sealed class SharedReads<TQuestion, TAnswer>
    where TQuestion : notnull
{
    private readonly Dictionary<TQuestion, Shared> waiting = [];
    private readonly Lock gate = new();

    /// <summary>Returns the answer that <paramref name="read"/> makes. When it begins, it must call its first argument.</summary>
    public async Task<TAnswer> RunAsync(
        TQuestion question, Func<Action, CancellationToken, ValueTask<TAnswer>> read, CancellationToken cancel)
    {
        var shared = Join(question, read);
        try
        {
            return await shared.Answer.WaitAsync(cancel);
        }
        finally
        {
            Leave(question, shared);
        }
    }

    private Shared Join(TQuestion question, Func<Action, CancellationToken, ValueTask<TAnswer>> read)
    {
        Shared shared;
        lock (gate)
        {
            if (waiting.TryGetValue(question, out var known))
            {
                known.Askers++;
                return known;
            }

            waiting[question] = shared = new Shared { Askers = 1 };
        }

        _ = ReadAsync(question, shared, read);
        return shared;
    }

    private async Task ReadAsync(TQuestion question, Shared shared, Func<Action, CancellationToken, ValueTask<TAnswer>> read)
    {
        try
        {
            shared.Source.SetResult(await read(() => Close(question, shared), shared.Cancel.Token));
        }
        catch (Exception error)
        {
            // Every exception is passed on to all the requests that wait for this answer.
            shared.Source.SetException(error);
        }
        finally
        {
            Close(question, shared);
        }
    }

    private void Close(TQuestion question, Shared shared)
    {
        lock (gate)
        {
            if (waiting.GetValueOrDefault(question) == shared)
            {
                waiting.Remove(question);
            }
        }
    }

    /// <summary>Cancels the read when no request waits for it any more.</summary>
    private void Leave(TQuestion question, Shared shared)
    {
        lock (gate)
        {
            if (--shared.Askers > 0)
            {
                return;
            }

            // Under the same lock, so that no request joins a read that is about to be cancelled.
            Close(question, shared);
        }

        shared.Cancel.Cancel();
        _ = shared.Source.Task.Exception;
    }

    private sealed class Shared
    {
        public CancellationTokenSource Cancel { get; } = new();

        public TaskCompletionSource<TAnswer> Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TAnswer> Answer => Source.Task;

        public int Askers { get; set; }
    }
}
