namespace Pilothouse.Operations;

/// <summary>
/// One read for all who ask the same while it still waits for its turn. Who asks when it has begun starts
/// another: what was committed before he asked must be in his answer.
/// </summary>
internal sealed class SharedReads<TQuestion, TAnswer>
    where TQuestion : notnull
{
    private readonly Dictionary<TQuestion, Shared> waiting = [];
    private readonly Lock gate = new();

    /// <summary>The answer, read by <paramref name="read"/>, which calls its first argument when it begins.</summary>
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
            // Whatever it is, each of those who asked gets it.
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

    /// <summary>When all who asked have gone, nobody needs the answer.</summary>
    private void Leave(TQuestion question, Shared shared)
    {
        lock (gate)
        {
            if (--shared.Askers > 0)
            {
                return;
            }

            // In the same breath, so that nobody joins what is about to be cancelled.
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
