namespace Pilothouse.Storage.Sqlite;

/// <summary>How long a read may wait and run.</summary>
/// <param name="Patience">The longest wait for a connection. After that, the read is refused.</param>
/// <param name="Longest">The longest run, including a second run. After that, the read is interrupted and refused.</param>
/// <param name="MostSteps">The most steps of SQLite's virtual machine, which needs some ten steps per row. A read that needs more belongs
/// into another queue. Steps are counted and not time, so that a short read does not count as long on a busy machine.</param>
/// </param>
internal sealed record ReadLimits(TimeSpan Patience, TimeSpan Longest, long MostSteps = long.MaxValue)
{
    /// <summary>For the server's own work, and for rows that are found by a key.</summary>
    public static readonly ReadLimits None = new(Timeout.InfiniteTimeSpan, TimeSpan.MaxValue);

    /// <summary>For a page. 5,000 open trades need a fifth of these steps, and at most a quarter of a second.</summary>
    public static readonly ReadLimits Page = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), 1_000_000);

    public static readonly ReadLimits LongKnown = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));

    public static readonly ReadLimits LongAnonymous = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));

    public bool CanEnd => !ReferenceEquals(this, None);
}
