using Microsoft.AspNetCore.Connections;

namespace Pilothouse.Listening;

/// <summary>
/// Ends connections that the web server forgets. If an HTTP/2 client resets its streams and goes away, the web server keeps some of these
/// connections (two in a hundred, Kestrel 10.0) until the server ends, waiting for streams whose requests were answered long ago. They
/// would count as open, and a stranger could use up <see cref="ConnectionLimit"/> with them.
/// </summary>
internal static class GoneConnections
{
    /// <summary>
    /// How long a connection may last after its client has gone. The web server itself gives streams five seconds to end.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Serves the connection until it ends, or until its client has been gone for <see cref="Patience"/>.</summary>
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
