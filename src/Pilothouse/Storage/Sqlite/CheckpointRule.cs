namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Decides how long the log may become before the writer runs a checkpoint. It is much shorter while other programs write: their SQLite may
/// have the WAL-reset bug, and runs checkpoints of its own at 1,000 pages.
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

    /// <summary>The number of pages in the log from which a checkpoint is due.</summary>
    public int Pages { get; private set; }

    /// <summary>
    /// Called after each transaction. On the writer's connection, data_version changes only if another connection commits.
    /// </summary>
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
