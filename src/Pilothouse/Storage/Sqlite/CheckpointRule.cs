namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// How long the log becomes before a commit of the writer moves it into the file: much shorter while other programs write, whose SQLite may have
/// the WAL-reset bug and which checkpoint by themselves at 1,000 pages.
/// </summary>
internal sealed class CheckpointRule
{
    private const int PagesAlone = 10_000;
    private const int PagesBesideOthers = 900;

    private readonly SqliteConnection writer;
    private readonly TimeProvider clock;
    private long othersVersion;
    private long othersSeenAt;
    private int pages;

    public CheckpointRule(SqliteConnection writer, TimeProvider clock)
    {
        this.writer = writer;
        this.clock = clock;
        othersVersion = writer.DataVersion();
        Set(PagesAlone);
    }

    /// <summary>Called before each transaction. data_version on the writer's connection changes only when somebody else commits.</summary>
    public void Look()
    {
        var version = writer.DataVersion();
        if (version != othersVersion)
        {
            othersVersion = version;
            othersSeenAt = clock.GetTimestamp();
            Set(PagesBesideOthers);
        }
        else if (pages != PagesAlone && clock.GetElapsedTime(othersSeenAt) > TimeSpan.FromMinutes(1))
        {
            Set(PagesAlone);
        }
    }

    private void Set(int now)
    {
        if (pages != now)
        {
            pages = now;
            writer.Scalar($"PRAGMA wal_autocheckpoint={now}");
        }
    }
}
