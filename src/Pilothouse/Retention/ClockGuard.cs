using System.Diagnostics;
using System.Globalization;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Retention;

/// <summary>
/// Stores the time in the database every hour, and detects a clock that is days ahead of the last known time, while the server runs and
/// after a restart: with a wrong clock, all rows would look old. Only a person knows whether the clock is wrong or the machine was off for
/// so long. So nothing is deleted for a day, and the condition of the nightly work says why.
/// </summary>
internal sealed partial class ClockGuard(Database database, TimeProvider clock, ILogger<ClockGuard> logger) : SteadyService(logger)
{
    private readonly SemaphoreSlim gate = new(1);
    private (DateTimeOffset Wall, long Steady) clocks = (clock.GetUtcNow(), Stopwatch.GetTimestamp());
    private volatile ClockDoubt? doubt;
    private bool isNoted = true;

    /// <summary>Why nothing may be deleted now, from memory; null if the clock is trusted.</summary>
    public ClockDoubt? Doubt => doubt is { } found && found.Holds(clock.GetUtcNow()) ? found : null;

    /// <summary>Compares the clock with the last known time, and stores the result.</summary>
    /// <returns>Why nothing may be deleted now; null if the clock is trusted.</returns>
    public async Task<ClockDoubt?> LookAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            CompareWithSteady();
            var now = clock.GetUtcNow();
            var fresh = isNoted ? null : doubt;
            doubt = await database.WriteAsync(session => KnownClock.NoteAsync(session, now, fresh), cancel);
            isNoted = true;
            return Doubt;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Runs before everything else: otherwise a row that this start writes would be the last known time.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = clock.GetUtcNow();
            (doubt, isNoted) = await database.ReadAsync(session => KnownClock.FindAsync(session, now), cancellationToken);
            Tell();
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(logger, error);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task RunSteadilyAsync(CancellationToken stoppingToken) =>
        NowAndEachHourAsync(LookAsync, error => Failed(logger, error), clock, stoppingToken);

    public override void Dispose()
    {
        gate.Dispose();
        base.Dispose();
    }

    /// <summary>Compares the clock with the machine's monotonic clock, which does not jump.</summary>
    private void CompareWithSteady()
    {
        var (wall, steady) = clocks;
        clocks = (clock.GetUtcNow(), Stopwatch.GetTimestamp());
        var passed = Stopwatch.GetElapsedTime(steady, clocks.Steady);
        if (clocks.Wall - wall - passed > KnownClock.LongestGap)
        {
            (doubt, isNoted) = (ClockDoubt.Of(clocks.Wall, wall + passed), false);
            Tell();
        }
    }

    private void Tell()
    {
        if (Doubt is { } found)
        {
            Doubted(logger, found.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Doubt}")]
    private static partial void Doubted(ILogger logger, string doubt);

    [LoggerMessage(Level = LogLevel.Error, Message = "The time could not be compared with what the database knows; that is tried again in an hour")]
    private static partial void Failed(ILogger logger, Exception error);
}

/// <summary>A clock that was found days ahead.</summary>
/// <param name="SeenAt">The time of that clock when it was found.</param>
/// <param name="Message">What was found and what to do, for an operator.</param>
internal sealed record ClockDoubt(DateTimeOffset SeenAt, string Message)
{
    /// <summary>
    /// How long nothing is deleted: until the next night, and less than a day, so that the same hour of the next night is late enough.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(23);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static ClockDoubt Of(DateTimeOffset now, DateTimeOffset known) => new(Timestamps.Cut(now), string.Create(CultureInfo.InvariantCulture,
        $"Retention deletes nothing until {now + Grace:yyyy-MM-dd HH:mm} UTC, because the clock is {(now - known).TotalDays:0} days ahead of the last time that the database knows ({known:yyyy-MM-dd HH:mm} UTC): the clock had been set ahead, or the server was off. If the clock is wrong, set it right before then. If it is right, nothing need be done; `pilothouse cleanup --clock-is-right` deletes at once."));

    /// <summary>Whether the doubt still holds. It ends after a day, and when the clock is set back, because then it was wrong.</summary>
    public bool Holds(DateTimeOffset now) => now > SeenAt - Tolerance && now < SeenAt + Grace;
}
