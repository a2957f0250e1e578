namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// How long the log becomes before the writer moves it into the file: much shorter while other programs write, whose SQLite may have
/// the WAL-reset bug and which checkpoint by themselves at 1,000 pages.
/// </summary>
internal sealed class CheckpointRule
{
    private const int BytesAlone = 40_000_000;
    private const int PagesBesideOthers = 900;

    private readonly SqliteConnection writer;
    private readonly TimeProvider clock;
    private readonly int pagesAlone;
    private long othersVersion;
    private long othersSeenAt;

    public CheckpointRule(SqliteConnection writer, int pageBytes, TimeProvider clock)
    {
        this.writer = writer;
        this.clock = clock;
        othersVersion = writer.DataVersion();
        pagesAlone = Math.Max(1, BytesAlone / pageBytes);
        Pages = pagesAlone;
    }

    /// <summary>From so many pages on.</summary>
    public int Pages { get; private set; }

    /// <summary>Called after each transaction. data_version on the writer's connection changes only when somebody else commits.</summary>
    public void Look()
    {
        var version = writer.DataVersion();
        if (version != othersVersion)
        {
            othersVersion = version;
            othersSeenAt = clock.GetTimestamp();
            Pages = Math.Min(PagesBesideOthers, pagesAlone);
        }
        else if (Pages != pagesAlone && clock.GetElapsedTime(othersSeenAt) > TimeSpan.FromMinutes(1))
        {
            Pages = pagesAlone;
        }
    }
}
