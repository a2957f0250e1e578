using Microsoft.AspNetCore.Connections;

namespace Pilothouse.Listening;

/// <summary>
/// Ends connections that the web server forgets. Of the HTTP/2 connections whose client resets its streams and goes away, it waits for some (two
/// of a hundred, Kestrel 10.0) until the server ends, for streams whose requests were answered long ago. They would count as open, and a stranger
/// could so use up what <see cref="ConnectionLimit"/> gives to all.
/// </summary>
internal static class GoneConnections
{
    /// <summary>Whose client is gone has no use for a longer answer. The web server itself gives streams five seconds to end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Serves the connection until that is done, or until its client has been gone for a while.</summary>
    public static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, TimeProvider clock)
    {
        var served = next(connection);
        if (!served.IsCompleted)
        {
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var closed = connection.ConnectionClosed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), gone);
            if (await Task.WhenAny(served, gone.Task) == gone.Task && !await IsDoneAsync(served, clock))
            {
                return;
            }
        }

        await served;
    }

    private static async Task<bool> IsDoneAsync(Task served, TimeProvider clock)
    {
        using var cancel = new CancellationTokenSource();
        var late = Task.Delay(Patience, clock, cancel.Token);
        var first = await Task.WhenAny(served, late);
        await cancel.CancelAsync();
        return first == served;
    }
}
