using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pilothouse.Auth;

/// <summary>
/// The callers whose API keys were found valid within the last second. A write need not look its key up when it arrives, because its
/// transaction does so again before anything is stored (<see cref="CallerDatabase"/>). All that a key may still do after its end is to be
/// told, for a second, that a body is wrong.
/// </summary>
internal sealed class RecentCallers
{
    /// <summary>How many keys are remembered. No owner has as many in use.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>By the machine's own time, because tests may stop the server's clock.</summary>
    private static readonly TimeSpan LongestKept = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (Caller Caller, long Found)> callers = new();

    /// <summary>Returns the caller with this API key if the key was found valid within the last second; else null.</summary>
    public Caller? Find(string key) =>
        callers.TryGetValue(key, out var known) && Stopwatch.GetElapsedTime(known.Found) < LongestKept ? known.Caller : null;

    /// <summary>Remembers an API key that was found valid, and returns its caller.</summary>
    public Caller Keep(string key, SealedKey found)
    {
        var caller = callers.TryGetValue(key, out var known) && known.Caller.Key == found ? known.Caller : Caller.OfKey(found);
        if (callers.Count >= MostRemembered)
        {
            callers.Clear();
        }

        callers[key] = (caller, Stopwatch.GetTimestamp());
        return caller;
    }

    /// <summary>Forgets all callers, after a key was revoked.</summary>
    public void Forget() => callers.Clear();
}
