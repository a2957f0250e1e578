using System.Diagnostics;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Monitoring;

/// <summary>
/// Looks at the disks of the database, the logs and the backups. Nearly full is a warning. With less than the minimum left on the
/// database's disk, writes of clients are refused before anything is tried, so that what is left serves those who make room (logins,
/// keys that are revoked, cleanup); reads go on, and writes again as soon as there is room.
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
        places = [("database", Path.GetDirectoryName(Path.GetFullPath(settings.DatabasePath))!), ("logs", Path.GetFullPath(settings.LogDir)), ("backups", Path.GetFullPath(settings.BackupDir))];
        Measure();
    }

    public Condition Look() => state.Condition;

    /// <summary>Lets a write pass.</summary>
    /// <exception cref="Refusal">The database's disk has less left than the minimum.</exception>
    public void DemandRoom()
    {
        // Many writes a second could fill a disk between two rounds of the watch; and who made room waits for none of them.
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

    /// <summary>A disk, if it can be asked.</summary>
    private static Disk? Ask(string of, string folder)
    {
        try
        {
            // A folder that is not made yet will be on the disk of the one that it is made in.
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

    /// <summary>What a disk says of itself.</summary>
    private sealed record Disk(string Of, long Free, long Total)
    {
        public string Left => Sizes.Text(Free);

        /// <summary>A setting of a gigabyte must not condemn a small disk: it counts up to a part of the whole.</summary>
        public double Limit(int megabytes, int part) => Math.Min(megabytes * 1048576.0, Total / (double)part);

        /// <summary>The same disk, asked a moment later.</summary>
        public bool IsLike(Disk other) => Total == other.Total && Math.Abs(Free - other.Free) < 1 << 20;
    }
}
