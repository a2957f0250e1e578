using System.Diagnostics;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// Decides how many rows one transaction may delete, and how long the pause after it is. A write of a client waits for at most one such
/// transaction, so each is kept to a few milliseconds. The numbers are measured, so they fit every disk and every set of indexes.
/// </summary>
internal sealed class Pace
{
    /// <summary>The longest work inside one transaction, without its commit.</summary>
    public static readonly TimeSpan LongestWork = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan LongestTransaction = TimeSpan.FromMilliseconds(8);
    private const int Fewest = 20;
    private const int Most = 1000;

    /// <summary>The number of rows of the next transaction.</summary>
    public int Rows { get; private set; } = 100;

    /// <summary>Whether a transaction that began its work at <paramref name="started"/> should end here.</summary>
    public static bool IsEnough(long started) => Stopwatch.GetElapsedTime(started) > LongestWork;

    /// <summary>Learns from a transaction how long it took, including its commit and the wait for other programs.</summary>
    /// <returns>How long to pause before the next one.</returns>
    public TimeSpan Note(TimeSpan took)
    {
        Rows = took > LongestTransaction ? Math.Max(Fewest, Rows / 2) : Math.Min(Most, Rows + (Rows / 4));

        // We use a fifth of the time. A writer of another process that meets us retries after 1, 2, 5, 10, 15 and 20 ms (SQLite's busy
        // handler). When we used a third, one in a thousand met us six times in a row.
        return FairShare.RestAfter(took);
    }
}
