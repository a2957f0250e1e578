using System.Diagnostics;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Monitoring;

/// <summary>
/// Checks the disks of the database, the logs and the backups. A nearly full disk is a warning. If the database's disk has less free space
/// than the minimum, writes of clients are refused before they begin, so that the rest is left for work that helps to free space (logins,
/// revoking keys, cleanup). Reads go on, and writes are accepted again as soon as there is space.
/// </summary>
internal sealed partial class DiskWatch : SteadyService, IWatched
{
    public const string Name = "disk";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly (string Of, string Folder)[] places;
    private readonly RetentionSettings settings;
    private readonly TimeProvider clock;
    private readonly ILogger<DiskWatch> logger;
    private readonly Lock measuring = new();
    private volatile State state = new(false, new(Name, ConditionState.Ok, ""));
    private long measuredAt;

    public DiskWatch(Settings settings, TimeProvider clock, ILogger<DiskWatch> logger)
        : base(logger)
    {
        this.settings = settings.Retention;
        this.clock = clock;
        this.logger = logger;
        (string, string)[] database = DatabaseEngine.FolderOf(settings) is { } folder ? [("database", folder)] : [];
        places = [.. database, ("logs", Path.GetFullPath(settings.LogDir)), ("backups", Path.GetFullPath(settings.BackupDir))];
        Measure();
    }

    public Condition Look() => state.Condition;

    /// <summary>Lets a write pass, or throws a refusal.</summary>
    /// <exception cref="Refusal">The database's disk has less free space than the minimum (507).</exception>
    public void DemandRoom()
    {
        // Measured again here, because fast writes could fill a disk between two checks, and because a user who has freed space should not
        // have to wait for the next check.
        if (state.Refuses || Stopwatch.GetElapsedTime(Interlocked.Read(ref measuredAt)) > TimeSpan.FromSeconds(1))
        {
            Measure();
        }

        if (state.Refuses)
        {
            throw new Refusal(507, ErrorCodes.DiskFull, "Disk full", "The disk that holds the database has less room left than DISK_MINIMUM_MB asks for. Nothing was stored; free some space and send it again.") { RetryAfterSeconds = 60 };
        }
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Measure();
        }
    }

    /// <summary>Measures the disk that holds a folder; null if that is not possible.</summary>
    private static Disk? Ask(string of, string folder)
    {
        try
        {
            // A folder that does not exist yet will be on the disk of its nearest existing parent.
            while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            {
                folder = parent;
            }

            var drive = new DriveInfo(folder);
            return new(of, drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private void Measure()
    {
        if (!measuring.TryEnter())
        {
            return;
        }

        try
        {
            Interlocked.Exchange(ref measuredAt, Stopwatch.GetTimestamp());
            var disks = new List<Disk>();
            foreach (var (of, folder) in places)
            {
                if (Ask(of, folder) is { } disk && !disks.Exists(known => known.IsLike(disk)))
                {
                    disks.Add(disk);
                }
            }

            Note(disks);
        }
        finally
        {
            measuring.Exit();
        }
    }

    private void Note(List<Disk> disks)
    {
        var full = disks.Find(disk => disk.Free < disk.Limit(settings.DiskMinimumMegabytes, 50));
        var nearly = disks.Find(disk => disk.Free < disk.Limit(settings.DiskWarningMegabytes, 10));
        var refuses = disks.Find(static disk => disk.Of == "database") is { } own && own.Free < own.Limit(settings.DiskMinimumMegabytes, 50);
        var worst = full ?? nearly;
        var now = full is not null ? ConditionState.Failed : nearly is not null ? ConditionState.Warning : ConditionState.Ok;
        var message = worst is null
            ? disks.Count == 0 ? "The disks cannot be asked how much room they have." : $"The disk of the {disks[0].Of} has {disks[0].Left} left."
            : $"The disk of the {worst.Of} has only {worst.Left} left{(refuses ? ", and writes are refused" : "")}. Make room: `pilothouse cleanup`, fewer backups, or a larger disk.";
        var before = state;
        state = new(refuses, new(Name, now, message));
        if (refuses != before.Refuses || now != before.Condition.State)
        {
            Tell(refuses, now, message);
        }
    }

    private void Tell(bool refuses, ConditionState now, string message)
    {
        if (refuses)
        {
            Refusing(logger, message);
        }
        else if (now == ConditionState.Ok)
        {
            RoomAgain(logger, message);
        }
        else
        {
            NearlyFull(logger, message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{State}")]
    private static partial void Refusing(ILogger logger, string state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{State}")]
    private static partial void NearlyFull(ILogger logger, string state);

    [LoggerMessage(Level = LogLevel.Information, Message = "There is room on the disk again. {State}")]
    private static partial void RoomAgain(ILogger logger, string state);

    private sealed record State(bool Refuses, Condition Condition);

    /// <summary>The size and the free space of a disk, in bytes.</summary>
    private sealed record Disk(string Of, long Free, long Total)
    {
        public string Left => Sizes.Text(Free);

        /// <summary>
        /// Returns the limit in bytes. It is at most a fraction of the disk, so that a limit of a gigabyte does not make every small disk
        /// count as full.
        /// </summary>
        public double Limit(int megabytes, int part) => Math.Min(megabytes * 1048576.0, Total / (double)part);

        /// <summary>Whether two measurements are probably of the same disk, because several folders often share one.</summary>
        public bool IsLike(Disk other) => Total == other.Total && Math.Abs(Free - other.Free) < 1 << 20;
    }
}
