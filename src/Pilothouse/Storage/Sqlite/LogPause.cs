namespace Pilothouse.Storage.Sqlite;

/// <summary>Keeps long reads from beginning while the log is shortened.</summary>
internal sealed class LogPause
{
    /// <summary>The longest pause. The log is shortened between two writes; if no more writes come, the log does not grow either.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private volatile TaskCompletionSource? until;

    public void Begin() => until ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void End()
    {
        var ended = until;
        until = null;
        ended?.SetResult();
    }

    public async ValueTask WaitAsync(CancellationToken cancel)
    {
        if (until is not { } pause)
        {
            return;
        }

        try
        {
            await pause.Task.WaitAsync(Longest, cancel);
        }
        catch (TimeoutException)
        {
            // The longest pause is over, so the read begins.
        }
    }
}
