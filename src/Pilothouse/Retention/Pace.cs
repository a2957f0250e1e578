using System.Diagnostics;

namespace Pilothouse.Retention;

/// <summary>
/// How many rows one transaction may delete, and how long the writer is left to others after it: writes that come meanwhile wait for one
/// transaction at most, so each is kept to a few milliseconds whatever the disk and the indexes are. Measured, not guessed.
/// </summary>
internal sealed class Pace
{
    /// <summary>Work inside one transaction; what the commit takes comes on top.</summary>
    public static readonly TimeSpan LongestWork = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan LongestTransaction = TimeSpan.FromMilliseconds(8);
    private const int Fewest = 20;
    private const int Most = 1000;

    /// <summary>Rows of the next transaction.</summary>
    public int Rows { get; private set; } = 100;

    /// <summary>Whether a transaction that began its work at <paramref name="started"/> should end here.</summary>
    public static bool IsEnough(long started) => Stopwatch.GetElapsedTime(started) > LongestWork;

    /// <summary>Learns from a transaction, the commit and its wait for other programs included.</summary>
    /// <returns>How long to leave the database to others.</returns>
    public TimeSpan Note(TimeSpan took)
    {
        Rows = took > LongestTransaction ? Math.Max(Fewest, Rows / 2) : Math.Min(Most, Rows + (Rows / 4));

        // A fifth of the time is ours. Another process's writer that finds us at work tries again after 1, 2, 5, 10, 15, 20 ms (its
        // busy handler): with a third, one in a thousand found us there six times in a row.
        var rest = took * 4;
        return rest > TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : rest;
    }
}
