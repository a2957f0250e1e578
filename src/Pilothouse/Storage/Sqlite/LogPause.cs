namespace Pilothouse.Storage.Sqlite;

/// <summary>Holds long reads back, before they begin, while the log is shortened.</summary>
internal sealed class LogPause
{
    /// <summary>The log is shortened between two writes; where none comes any more, it does not grow either.</summary>
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
            // It goes on.
        }
    }
}
