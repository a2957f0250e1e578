using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Events;

/// <summary>
/// Sends events to one client: first what it missed, from the log of changes, then what happens, from the hub. It ends with the client,
/// with the server, with the credential, or if the client does not read.
/// </summary>
/// <param name="hub">The hub.</param>
/// <param name="reader">Reads what the hub no longer keeps.</param>
/// <param name="database">The database.</param>
/// <param name="call">The call.</param>
/// <param name="filter">What the client wants.</param>
/// <param name="stillAllowed">Throws a refusal when the credential has ended; null if the stream needs none.</param>
internal sealed class EventListener(
    EventHub hub, EventReader reader, Database database, Call call, EventFilter filter, Func<ValueTask>? stillAllowed)
{
    /// <summary>Why a client is told to begin again.</summary>
    public const string NoLongerKept = "The changes after your last event are no longer kept, or its id is of another database.";

    /// <summary>How many events are written before the client must have read them.</summary>
    private const int MostAtOnce = 256;

    /// <summary>How long a client may leave what it was sent unread.</summary>
    private static readonly TimeSpan LongestUnread = TimeSpan.FromSeconds(10);

    /// <summary>How long after the end of a credential its stream may go on.</summary>
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromSeconds(1);

    private static readonly byte[] Greeting = Encoding.UTF8.GetBytes(": Pilothouse sends what happens from now on\nretry: 2000\n\n");

    private readonly List<LiveEvent> taken = [];
    private long checkedAt = TimeProvider.System.GetTimestamp();
    private long position;
    private long told;

    /// <summary>Sends events until the stream ends. The hub counts the listener already.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="after">The position of the last change that the client knows.</param>
    /// <param name="reset">The event that tells the client that it has missed changes; null if it has not.</param>
    public async Task RunAsync(StreamTarget target, long after, byte[]? reset)
    {
        try
        {
            (position, told) = (after, reset is null ? -1 : after);
            target.Body.Write(reset is null ? Greeting : [.. Greeting, .. reset]);
            if (await FlushAsync(target))
            {
                await FollowAsync(target);
            }
        }
        catch (Refusal)
        {
            // The credential has ended, and the stream with it. The client is told why when it comes back.
        }
        catch (OperationCanceledException) when (hub.Stopping.IsCancellationRequested)
        {
        }
        finally
        {
            hub.Leave();
        }
    }

    private async Task FollowAsync(StreamTarget target)
    {
        var (era, beat, isLive) = (0, hub.Beats, false);
        while (!hub.Stopping.IsCancellationRequested)
        {
            var next = hub.Next;
            taken.Clear();
            var now = hub.Recent.Take(position, MostAtOnce, taken);
            if (isLive && now.Era != era)
            {
                Reset(target.Body, hub.Recent.Position ?? 0, "The database was restored from a backup.");
            }
            else if (isLive && now.State == TakenState.TooOld)
            {
                Drop(target);
                return;
            }
            else
            {
                isLive |= now.State == TakenState.Taken;
                await WriteAsync(target.Body, now.State == TakenState.TooOld ? await MissedAsync(target.Body) : now.Position);
            }

            era = now.Era;
            if (target.Body.UnflushedBytes == 0 && beat != hub.Beats)
            {
                await DemandStillAllowedAsync();
                WriteBeat(target.Body);
            }

            beat = hub.Beats;
            if (target.Body.UnflushedBytes > 0)
            {
                if (!await FlushAsync(target))
                {
                    return;
                }
            }
            else if (now.State != TakenState.TooOld && taken.Count == 0)
            {
                await next.WaitAsync(call.Cancel);
            }
        }
    }

    /// <summary>Reads the next page of what was missed. If it is no longer kept, the client is told so.</summary>
    /// <returns>The position of its end.</returns>
    private async ValueTask<long> MissedAsync(PipeWriter body)
    {
        var (page, newest) = await database.SnapshotAsync(call.Caller.Reads, ReadAsync, call.Cancel);
        if (page is null)
        {
            Reset(body, newest, NoLongerKept);
            return newest;
        }

        taken.AddRange(page.Events);
        return page.Position;

        async ValueTask<(EventPage? Page, long Newest)> ReadAsync(Session session) => await ChangeLog.ReachesAsync(session, position)
            ? (await reader.ReadAsync(session, position), 0)
            : (null, await ChangeLog.NewestAsync(session));
    }

    private void Reset(PipeWriter body, long newest, string why)
    {
        (position, told) = (newest, newest);
        body.Write(ResetFrame(newest, why));
    }

    /// <summary>Writes the events that the client wants, and notes that it has got everything up to <paramref name="end"/>.</summary>
    private async ValueTask WriteAsync(PipeWriter body, long end)
    {
        if (taken.Count > 0)
        {
            await DemandStillAllowedAsync();
        }

        foreach (var one in taken)
        {
            if (filter.Takes(one))
            {
                body.Write(one.Frame);
                told = one.Sequence;
            }
        }

        position = end;
    }

    /// <summary>
    /// Writes a comment, so that proxies keep the connection. If changes that the client did not want came since its last event, it is also
    /// told their position, so that it need not look through them when it comes back.
    /// </summary>
    private void WriteBeat(PipeWriter body)
    {
        body.Write(": still here\n"u8);
        if (told != position)
        {
            body.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {position}\n")));
            told = position;
        }

        body.Write("\n"u8);
    }

    private async ValueTask DemandStillAllowedAsync()
    {
        if (stillAllowed is not null && TimeProvider.System.GetElapsedTime(checkedAt) >= BetweenChecks)
        {
            await stillAllowed();
            checkedAt = TimeProvider.System.GetTimestamp();
        }
    }

    /// <summary>Sends what was written.</summary>
    /// <returns>False if the stream has ended.</returns>
    private async ValueTask<bool> FlushAsync(StreamTarget target)
    {
        var flush = target.Body.FlushAsync(call.Cancel);
        if (flush.IsCompletedSuccessfully)
        {
            return !flush.Result.IsCompleted;
        }

        var flushing = flush.AsTask();
        try
        {
            return !(await flushing.WaitAsync(LongestUnread, TimeProvider.System, hub.Stopping)).IsCompleted;
        }
        catch (TimeoutException)
        {
            Drop(target);
            return false;
        }
        finally
        {
            if (!flushing.IsCompleted)
            {
                // Nobody else waits for a client that does not read: not the server's end either.
                target.Abort();
                await ((Task)flushing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Drop(StreamTarget target)
    {
        hub.Drop(call.Address ?? "", call.Caller.Name, call.RequestId);
        target.Abort();
    }

    /// <summary>Returns the event that tells a client to read everything again, because changes are missing for it.</summary>
    /// <param name="position">The position from which the stream goes on.</param>
    /// <param name="why">The reason, as a sentence.</param>
    public static byte[] ResetFrame(long position, string why) =>
        EventReader.Frame(position, "reset", JsonText.Utf8(new StreamReset(position, why + " Read again what you keep; the stream goes on from here."), EventJson.Default.StreamReset));
}
