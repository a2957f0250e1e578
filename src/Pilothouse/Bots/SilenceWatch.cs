using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Bots;

/// <summary>
/// Finds out when a bot falls silent and when it comes back, by the server's clock, and notes it in the database, whose triggers log it: so
/// several servers, and a restart, make one event of it. It follows the log of changes, so that a report which another program stores
/// counts like one over HTTP. How long a bot has been quiet is measured on the clock that never jumps, from when its report came or this
/// server started: a bot that could not report because the server was off has its time. A report that was old when it came, as those of
/// an imported history are, is no sign of life.
/// </summary>
internal sealed partial class SilenceWatch(Database database, Settings settings, TimeProvider clock, ILogger<SilenceWatch> logger) : SteadyService(logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private const int MostAtOnce = 5000;

    /// <summary>The most bots that are watched, each mode counted. Nobody has as many.</summary>
    private const int MostBots = 10_000;

    private readonly Dictionary<(string Bot, string Mode), Heartbeat> beats = [];
    private long? stamp;
    private long? position;

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (error is DatabaseBusyException or DatabaseFullException or DatabaseBrokenException or DatabaseInDoubtException)
            {
                // The next look does it. /health reports what is wrong with the database.
                stamp = null;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        var now = await database.StampAsync(cancel);
        if (stamp != now)
        {
            await CatchUpAsync(cancel);
            stamp = now;
        }

        foreach (var beat in beats.Values.Where(IsDue).ToList())
        {
            await FallSilentAsync(beat, cancel);
        }
    }

    /// <summary>Reads which reports have come, and begins anew if the log of changes no longer reaches back to where it was read.</summary>
    private async Task CatchUpAsync(CancellationToken cancel)
    {
        if (position is not { } last || !await database.ReadAsync(session => ChangeLog.ReachesAsync(session, last), cancel))
        {
            await BeginAsync(cancel);
            return;
        }

        while (true)
        {
            var (newest, arrived) = await database.SnapshotAsync(ReadKind.Own, async session =>
                (await ChangeLog.NewestAsync(session), await PulseStore.ArrivedAsync(session, position.Value, MostAtOnce)), cancel);
            foreach (var report in arrived)
            {
                await TakeAsync(report, cancel);
            }

            if (arrived.Count < MostAtOnce)
            {
                position = newest;
                break;
            }

            position = arrived[^1].Sequence;
        }

        await LearnAsync(cancel);
    }

    /// <summary>Reads the newest report of each bot. A bot that was known to report has its time from now on.</summary>
    private async Task BeginAsync(CancellationToken cancel)
    {
        var (newest, reports) = await database.SnapshotAsync(ReadKind.Own, async session =>
            (await ChangeLog.NewestAsync(session), await PulseStore.ListNewestAsync(session)), cancel);
        beats.Clear();
        var known = await database.ReadAsync(PresenceStore.ListAsync, cancel);
        foreach (var (bot, mode, report) in reports)
        {
            var beat = beats[(bot, mode)] = new Heartbeat(bot, mode);
            var arrived = new ArrivedReport(newest, report.Id, bot, mode, report.Timestamp, NewBotStatus.Statuses.Normal(report.Status), report.ExpectedEverySeconds);
            beat.Take(arrived, clock.GetTimestamp());
            if (known.Find(one => one.BotName == bot && (one.Mode ?? "") == mode) is { } presence)
            {
                (beat.IsWatched, beat.IsSilent) = (true, presence.Silent);
            }

            if (AgeIfFresh(beat, arrived) is not null && (!beat.IsWatched || beat.IsSilent))
            {
                await LiveAsync(beat, cancel);
            }
        }

        position = newest;
    }

    private async Task TakeAsync(ArrivedReport report, CancellationToken cancel)
    {
        // A report that names no mode is a sign of life in each mode that the bot has.
        var ofBot = report.Mode.Length > 0 ? [] : beats.Values.Where(beat => beat.BotName == report.BotName && beat.Mode.Length > 0).ToList();
        if (ofBot.Count == 0)
        {
            if (!beats.TryGetValue((report.BotName, report.Mode), out var own))
            {
                if (beats.Count >= MostBots)
                {
                    return;
                }

                beats[(report.BotName, report.Mode)] = own = new Heartbeat(report.BotName, report.Mode);
            }

            ofBot = [own];
        }

        foreach (var beat in ofBot)
        {
            if (AgeIfFresh(beat, report) is { } age)
            {
                beat.Take(report, clock.GetTimestamp() - (long)(age.TotalSeconds * clock.TimestampFrequency));
                await LiveAsync(beat, cancel);
            }
        }
    }

    /// <summary>The age of a report when it came; null if it is so old that it does not tell whether the bot lives.</summary>
    private TimeSpan? AgeIfFresh(Heartbeat beat, ArrivedReport report)
    {
        if (report.At is not { } at)
        {
            return null;
        }

        // Another program may write a local time that is ahead. Nobody reports before it is so.
        var age = clock.GetUtcNow() - at is var passed && passed > TimeSpan.Zero ? passed : TimeSpan.Zero;
        return age <= (beat.LongestQuiet ?? Pulse.LongestQuiet(report.Own ?? beat.Own, null, settings.BotStaleAfter)) ? age : null;
    }

    /// <summary>Notes that the bot lives, where that is new.</summary>
    private async Task LiveAsync(Heartbeat beat, CancellationToken cancel)
    {
        if (!beat.IsWatched)
        {
            await database.WriteAsync(session => PresenceStore.BeginAsync(session, beat, clock.GetUtcNow()), cancel);
            beat.IsWatched = true;
        }
        else if (beat.IsSilent)
        {
            beat.IsSilent = false;
            if (await database.WriteAsync(session => PresenceStore.ComeBackAsync(session, beat, clock.GetUtcNow()), cancel) > 0)
            {
                var name = NameOf(beat);
                IsBack(logger, name);
            }
        }
    }

    /// <summary>Learns what another server has noted.</summary>
    private async Task LearnAsync(CancellationToken cancel)
    {
        foreach (var presence in await database.ReadAsync(PresenceStore.ListAsync, cancel))
        {
            if (beats.TryGetValue((presence.BotName, presence.Mode ?? ""), out var beat))
            {
                (beat.IsWatched, beat.IsSilent) = (true, presence.Silent);
            }
        }
    }

    private bool IsDue(Heartbeat beat) => beat is { IsWatched: true, IsSilent: false, HasStopped: false }
        && clock.GetElapsedTime(beat.Mark) > (beat.LongestQuiet ?? Pulse.LongestQuiet(beat.Own, null, settings.BotStaleAfter));

    private async Task FallSilentAsync(Heartbeat beat, CancellationToken cancel)
    {
        var (intervals, isLeft) = await database.ReadAsync(async session =>
        {
            var found = await PulseStore.IntervalsAsync(session, beat.BotName, beat.Mode);
            return (found, await HasLeftAsync(session, beat));
        }, cancel);
        beat.LongestQuiet = Pulse.LongestQuiet(beat.Own ?? intervals.Own, intervals.MedianSeconds, settings.BotStaleAfter);
        if (!IsDue(beat))
        {
            return;
        }

        if (isLeft)
        {
            beat.IsWatched = false;
            await database.WriteAsync(session => PresenceStore.LeaveAsync(session, beat), cancel);
        }
        else if (await database.WriteAsync(session => PresenceStore.FallSilentAsync(session, beat, position ?? 0, clock.GetUtcNow()), cancel) > 0)
        {
            beat.IsSilent = true;
            var (name, quiet, longest) = (NameOf(beat), Spans.Words(clock.GetElapsedTime(beat.Mark).TotalSeconds), Spans.Words(beat.LongestQuiet.Value.TotalSeconds));
            FellSilent(logger, name, quiet, longest);
        }
        else
        {
            // Another server was first, or a report has come that the next look reads.
            beat.IsSilent = await database.ReadAsync(session => PresenceStore.FindAsync(session, beat.BotName, beat.Mode), cancel) is { Silent: true };
        }
    }

    /// <summary>
    /// Whether the bot has changed to another mode: it reports in another one, and did not while it still reported in this one. A mode that
    /// its reports do not name is left as soon as they name one.
    /// </summary>
    private async ValueTask<bool> HasLeftAsync(Session session, Heartbeat beat)
    {
        var others = beats.Values.Where(other => other.BotName == beat.BotName && other.Mode != beat.Mode && other.Mode.Length > 0).ToList();
        return beat.Mode.Length == 0
            ? others.Count > 0
            : beat.ReportedAt is { } last && others.Any(other => other.ReportedAt > last)
                && !await PulseStore.IsInOtherModeAsync(session, beat.BotName, beat.Mode, last - settings.BotStaleAfter, last);
    }

    /// <summary>The bot for the log: names are text that a client chose.</summary>
    private static string NameOf(Heartbeat beat) => PrintableText.Name(beat.BotName) + (beat.Mode.Length > 0 ? $" ({PrintableText.Name(beat.Mode)})" : "");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bot {Bot} is silent: its last report came {Quiet} ago, and it may be quiet for {Longest}. See whether it still runs")]
    private static partial void FellSilent(ILogger logger, string bot, string quiet, string longest);

    [LoggerMessage(Level = LogLevel.Information, Message = "The bot {Bot} reports again")]
    private static partial void IsBack(ILogger logger, string bot);
}
