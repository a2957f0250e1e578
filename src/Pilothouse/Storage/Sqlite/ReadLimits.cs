namespace Pilothouse.Storage.Sqlite;

/// <summary>How long a read may wait and run.</summary>
/// <param name="Patience">For its turn; then it is refused.</param>
/// <param name="Longest">From its turn on, also where it is run a second time; then it is ended and refused.</param>
/// <param name="MostSteps">
/// Steps of SQLite's own machine, some ten for each row that is looked at. A read that needs more is not what its queue is for. They are
/// counted and not timed, so that a busy machine does not make a short read a long one.
/// </param>
internal sealed record ReadLimits(TimeSpan Patience, TimeSpan Longest, long MostSteps = long.MaxValue)
{
    /// <summary>For the server's own work, and for look-ups by a key.</summary>
    public static readonly ReadLimits None = new(Timeout.InfiniteTimeSpan, TimeSpan.MaxValue);

    /// <summary>A page: 5,000 open trades take a fifth of the steps, and a quarter of a second at most.</summary>
    public static readonly ReadLimits Page = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), 1_000_000);

    public static readonly ReadLimits LongKnown = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));

    public static readonly ReadLimits LongAnonymous = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));

    public bool CanEnd => !ReferenceEquals(this, None);
}
