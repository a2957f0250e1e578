using System.Diagnostics;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Events;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>
/// Follows the log of changes and the conditions, and writes what somebody must be told into the outbox. Its position is stored in the
/// transaction of the alerts, so that a restart neither misses nor repeats one, and of several servers one writes it.
/// </summary>
internal sealed partial class AlertFollower(
    Database database, EventReader events, IEnumerable<IWatched> watched, AlertOutbox outbox, AlertTargets targets, DailySummary summary, TimeProvider clock, ILogger<AlertFollower> logger)
    : SteadyService(logger), IChangeFollower
{
    /// <summary>After so long an emergency close that nobody has heard is told.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromSeconds(60);

    /// <summary>The attempts after which the PIN is refused, of one client and of all together, as the login counts them.</summary>
    private static readonly (int OfClient, int OfAll) MostAttempts = (5, 50);

    private const int MostAtOnce = 5000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>After so long the position is stored even if there was nothing to tell.</summary>
    private static readonly TimeSpan BetweenPositions = TimeSpan.FromMinutes(1);

    /// <summary>How many looks a condition must last. One that comes and goes wakes nobody.</summary>
    private const int LooksBeforeTold = 3;

    private readonly string machine = System.Environment.MachineName.Replace(':', '-');
    private readonly Dictionary<string, int> looks = [];
    private FollowedTo seen = new(0, -1);
    private long? position;
    private long storedAt = Stopwatch.GetTimestamp();

    public ValueTask<long?> CatchUpAsync(CancellationToken cancel) => new(targets.All.Count == 0 ? null : position);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        if (targets.All.Count == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                while (!await LookAsync(stoppingToken))
                {
                }

                await summary.TellIfDueAsync(stoppingToken);
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Looks once.</summary>
    /// <returns>Whether everything was read.</returns>
    private async Task<bool> LookAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var (stored, read, notes, isLast, mustQueue) = await database.SnapshotAsync(ReadKind.Own, async session =>
        {
            var start = await AlertStore.PositionAsync(session, AlertStore.Log);
            if (start is null || !await ChangeLog.ReachesAsync(session, start.Position))
            {
                // The first start with a target, or a restored backup: what is past is not told.
                return ((FollowedTo?)null, await ChangeLog.NewestAsync(session), new List<AlertNote>(), true, false);
            }

            // Up to where there was nothing to tell is not read again, though it is not stored.
            var behind = seen.Version == start.Version ? Math.Max(seen.Position, start.Position) : start.Position;
            var changes = await ChangeLog.AfterAsync(session, behind, MostAtOnce);
            var troubles = await AlertStore.TroublesAsync(session);
            var told = changes.FindAll(static change => AlertRules.Tables.Contains(change.Table));
            var found = new List<AlertNote>();
            foreach (var one in await events.EventsOfAsync(session, told, static (_, _, json) => json))
            {
                if (!one.IsGone && AlertRules.Of(one.Name, JsonElement.Parse(one.Frame)) is { } note && (outbox.IsOfUse(note, troubles) || found.Exists(earlier => earlier.Key == note.Key && note.Key is not null)))
                {
                    found.Add(note);
                }
            }

            found.AddRange((await StandingAsync(session, troubles, now)).FindAll(note => outbox.IsOfUse(note, troubles)));
            var due = (await AlertStore.GatheringAsync(session)).Exists(alert => !(alert.GatherUntil > now));
            return (start, changes.Count > 0 ? changes[^1].Sequence : behind, found, changes.Count < MostAtOnce, due);
        }, cancel);

        if (stored is null)
        {
            await database.WriteAsync(async session =>
            {
                var start = await AlertStore.PositionAsync(session, AlertStore.Log);
                return start is null ? await AlertStore.BeginAtAsync(session, AlertStore.Log, read) > 0 : await AlertStore.MoveAsync(session, AlertStore.Log, start, read);
            }, cancel);
        }
        else if (notes.Count > 0 || mustQueue || (read > stored.Position && Stopwatch.GetElapsedTime(storedAt) > BetweenPositions))
        {
            await database.WriteAsync(session => StoreAsync(session, stored, read, notes, now), cancel);
            storedAt = Stopwatch.GetTimestamp();
        }
        else
        {
            seen = stored with { Position = read };
        }

        position = read;
        return isLast;
    }

    private async ValueTask<bool> StoreAsync(Session session, FollowedTo from, long read, List<AlertNote> notes, DateTimeOffset now)
    {
        if (!await AlertStore.MoveAsync(session, AlertStore.Log, from, read))
        {
            return false;
        }

        foreach (var note in notes)
        {
            await outbox.NoteAsync(session, note, now);
        }

        await outbox.QueueAsync(session, now);
        return true;
    }

    /// <summary>Returns what is not right now and was not told, and what was told and has ended.</summary>
    private async ValueTask<List<AlertNote>> StandingAsync(Session session, HashSet<string> told, DateTimeOffset now)
    {
        var standing = new List<AlertNote>();
        standing.AddRange(Lasting(watched.Select(part => AlertRules.Of(part.Look(), machine)).OfType<AlertNote>()));
        standing.AddRange((await AlertStore.UnheardAsync(session, now - Late)).Select(static control => AlertRules.Unheard(control.Id, control.Bot)));
        standing.AddRange((await AlertStore.TriedOftenAsync(session, MostAttempts, now)).Select(AlertRules.TriedOften));
        var keys = standing.Select(static note => note.Key!).ToHashSet();
        return
        [
            .. standing,
            .. told.Where(key => AlertRules.IsLookedFor(key, machine) && !keys.Contains(key) && !looks.ContainsKey(key)).Select(key => (IsWorse(key) ? null : AlertRules.EndOf(key)) ?? Silently(key)),
        ];
    }

    /// <summary>Whether a condition is no longer as it was told, but not well either: a warning that became a failure, for example.</summary>
    private bool IsWorse(string key) => looks.Keys.Any(other => other[..other.LastIndexOf(':')] == key[..key.LastIndexOf(':')]);

    /// <summary>Leaves out what has not lasted yet.</summary>
    private List<AlertNote> Lasting(IEnumerable<AlertNote> now)
    {
        var all = now.ToList();
        foreach (var key in looks.Keys.Except(all.Select(static note => note.Key!)).ToList())
        {
            looks.Remove(key);
        }

        return all.FindAll(note => (looks[note.Key!] = looks.GetValueOrDefault(note.Key!) + 1) >= LooksBeforeTold);
    }

    /// <summary>The end of a trouble that nobody needs to hear of: no topic chooses it.</summary>
    private static AlertNote Silently(string key) => new("", "", "", null, key) { IsResolved = true };
}
