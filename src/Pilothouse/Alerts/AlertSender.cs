using System.Collections.Concurrent;
using System.Globalization;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>
/// Sends what is in the outbox: each target by itself, so that one that hangs holds no other up, and each in the order of the alerts. A
/// delivery is claimed before it is sent and marked after it: a server that dies between both sends it once more, and none is lost.
/// </summary>
internal sealed partial class AlertSender(Database database, AlertTargets targets, AlertPost post, TimeProvider clock, ILogger<AlertSender> logger) : SteadyService(logger), IWatched
{
    public const string Name = "alerts";

    /// <summary>After so long nobody tries any more.</summary>
    public static readonly TimeSpan LongestTried = TimeSpan.FromDays(1);

    private const int MostFinal = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    /// <summary>Longer than an attempt may take.</summary>
    private static readonly TimeSpan Claimed = AlertPost.Timeout + TimeSpan.FromSeconds(15);

    /// <summary>By the machine's own time, because tests may stop the server's clock.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, string> problems = new();

    public Condition Look()
    {
        if (targets.All.Count == 0)
        {
            return new(Name, ConditionState.Ok, "No target for alerts is set.");
        }

        var failing = targets.All.Where(target => problems.ContainsKey(target.Name)).Select(static target => target.Kind).Distinct().Order(StringComparer.Ordinal).ToList();
        return failing.Count == 0 ? new(Name, ConditionState.Ok, "Every target takes alerts.")
            : new(Name, ConditionState.Warning, $"Alerts do not reach {string.Join(" and ", failing)}. GET /api/alerts says why; `pilothouse alert test` tries again.");
    }

    protected override Task RunSteadilyAsync(CancellationToken stoppingToken) => Task.WhenAll(targets.All.Select(target => RunAsync(target, stoppingToken)));

    private async Task RunAsync(AlertTarget target, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                while (await SendNextAsync(target, cancel))
                {
                }
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
            }

            await Task.Delay(Rest, TimeProvider.System, cancel);
        }
    }

    /// <returns>Whether an alert was sent.</returns>
    private async Task<bool> SendNextAsync(AlertTarget target, CancellationToken cancel)
    {
        // Looked at without a transaction first: most of the time nothing is due.
        var now = clock.GetUtcNow();
        if (!await database.ReadAsync(ReadKind.Own, session => AlertStore.IsDueAsync(session, target.Name, now), cancel)
            || await database.WriteAsync(session => AlertStore.ClaimAsync(session, target.Name, now, now + Claimed), cancel) is not { } delivery
            || await database.ReadAsync(ReadKind.Own, session => AlertStore.FindAsync(session, delivery.AlertId), cancel) is not { } alert)
        {
            return false;
        }

        var result = await post.SendAsync(target, alert, cancel);
        var after = After(delivery, result, clock.GetUtcNow());
        await database.WriteAsync(async session =>
        {
            await AlertStore.MarkAsync(session, after);
            return true;
        }, cancel);
        Tell(target, delivery, after);
        return after.State == AlertState.Sent;
    }

    private static AlertDelivery After(AlertDelivery delivery, PostResult result, DateTimeOffset now)
    {
        if (result.Problem is null)
        {
            return delivery with { State = AlertState.Sent, SentAt = now, NextAt = null, Problem = null };
        }

        var attempts = delivery.Attempts + 1;
        if (now - (delivery.FirstAt ?? now) >= LongestTried || (result.IsFinal && attempts >= MostFinal))
        {
            return delivery with { State = AlertState.Dead, NextAt = null, Problem = result.Problem };
        }

        var pause = FirstPause * Math.Pow(2, Math.Min(attempts - 1, 20));
        pause = pause < LongestPause ? pause : LongestPause;
        return delivery with { NextAt = now + (result.Wait > pause ? result.Wait.Value : pause), Problem = result.Problem };
    }

    private void Tell(AlertTarget to, AlertDelivery before, AlertDelivery after)
    {
        var target = to.Name;
        if (after.Problem is null)
        {
            problems.TryRemove(target, out _);
            Sent(logger, after.AlertId, target);
            return;
        }

        var isNew = problems.TryAdd(target, after.Problem);
        if (after.State == AlertState.Dead)
        {
            GivenUp(logger, after.AlertId, target, after.Problem);
        }
        else if (isNew || before.Problem != after.Problem)
        {
            Refused(logger, after.AlertId, target, after.Problem, after.NextAt!.Value.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Alert {AlertId} was sent to {Target}")]
    private static partial void Sent(ILogger logger, long alertId, string target);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Alert {AlertId} did not reach {Target}. {Problem} It is tried again at {NextAt}, and the alerts behind it wait")]
    private static partial void Refused(ILogger logger, long alertId, string target, string problem, string nextAt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Alert {AlertId} was given up for {Target}. {Problem} POST /api/alerts/ID/resend sends it once more")]
    private static partial void GivenUp(ILogger logger, long alertId, string target, string problem);
}
