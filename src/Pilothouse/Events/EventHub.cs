using System.Diagnostics.Metrics;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Events;

/// <summary>
/// Follows the log of changes for all listeners of the live stream: each change is read and written as an event once. The newest events
/// are kept in memory, and each listener takes them from there at its own pace, so that neither a write nor another listener ever waits
/// for one that reads slowly. Without listeners it does nothing.
/// </summary>
internal sealed partial class EventHub : SteadyService, IChangeFollower
{
    /// <summary>How many listeners there may be.</summary>
    private const int MostListeners = 4000;

    private static readonly TimeSpan BetweenBeats = TimeSpan.FromSeconds(15);

    /// <summary>The rest after each look for each listener, so that many listeners share what many commits bring.</summary>
    private static readonly TimeSpan RestPerListener = TimeSpan.FromMicroseconds(50);

    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan AgainAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Database database;
    private readonly EventReader reader;
    private readonly ILogger<EventHub> logger;
    private readonly CommitSignal changed = new();
    private readonly SemaphoreSlim wanted = new(0);
    private readonly Counter<long> dropped;
    private CancellationTokenSource? following;
    private int listeners;
    private int beats;

    public EventHub(Database database, EventReader reader, IHostApplicationLifetime lifetime, IMeterFactory meters, ILogger<EventHub> logger)
        : base(logger)
    {
        (this.database, this.reader, this.logger) = (database, reader, logger);
        var meter = meters.Create("Pilothouse");
        meter.CreateObservableGauge("pilothouse.events.listeners", () => Listeners, "{listener}", "Listeners of the live stream.");
        dropped = meter.CreateCounter<long>("pilothouse.events.dropped", "{listener}", "Listeners that were dropped because they read too slowly.");
        dropped.Add(0);
        Stopping = lifetime.ApplicationStopping;
        Stopping.Register(changed.Raise);
    }

    /// <summary>The newest events.</summary>
    public RecentEvents Recent { get; } = new();

    public int Listeners => Volatile.Read(ref listeners);

    /// <summary>Changes every 15 seconds: a listener that was sent nothing since then is sent a comment.</summary>
    public int Beats => Volatile.Read(ref beats);

    /// <summary>Cancelled when the server stops. Every stream ends then.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Completes at the next event, beat or stop. Get it before looking, or one in between is missed.</summary>
    public Task Next => changed.Next;

    /// <summary>Adds a listener. The first one begins the following of the log, which ends with the last one.</summary>
    /// <exception cref="Refusal">There are too many.</exception>
    public void Join()
    {
        var now = Interlocked.Increment(ref listeners);
        if (now > MostListeners)
        {
            Interlocked.Decrement(ref listeners);
            throw new Refusal(503, ErrorCodes.Overloaded, "Server overloaded", $"There are {MostListeners} listeners already; try again later.") { RetryAfterSeconds = 30 };
        }

        if (now == 1)
        {
            wanted.Release();
        }
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref listeners) == 0)
        {
            Volatile.Read(ref following)?.Cancel();
        }
    }

    /// <summary>Counts and logs a listener that was dropped.</summary>
    public void Drop(string client, string credential, string requestId)
    {
        dropped.Add(1);
        Dropped(logger, client, credential, requestId);
    }

    /// <summary>Changes are kept until they were sent. Without listeners nothing is followed.</summary>
    public ValueTask<long?> CatchUpAsync(CancellationToken cancel) => new(Recent.Position);

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new Timer(_ => Beat(), null, BetweenBeats, BetweenBeats);
        while (true)
        {
            await wanted.WaitAsync(stoppingToken);
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Volatile.Write(ref following, cancel);
            try
            {
                await FollowAsync(cancel.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The last listener has left.
            }
            finally
            {
                Volatile.Write(ref following, null);
                Recent.End();
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        while (Listeners > 0)
        {
            try
            {
                await FollowUntilFailureAsync(cancel);
            }
            catch (Exception error) when (error is DatabaseBusyException or DatabaseBrokenException)
            {
                // The listeners stay. They are sent what they missed as soon as the database answers again.
                NotRead(logger, error.Message);
                await Task.Delay(AgainAfterFailure, TimeProvider.System, cancel);
            }
        }
    }

    private async Task FollowUntilFailureAsync(CancellationToken cancel)
    {
        Recent.Begin(await database.ReadAsync(ChangeLog.NewestAsync, cancel));
        changed.Raise();
        while (Listeners > 0)
        {
            var stamp = await database.StampAsync(cancel);
            var position = Recent.Position!.Value;
            var page = await database.SnapshotAsync(ReadKind.Own, session => reader.ReadAsync(session, position), cancel);
            if (page.Position > position)
            {
                Recent.Add(page);
                changed.Raise();
            }
            else if (await database.ReadAsync(ChangeLog.NewestAsync, cancel) is var newest && newest < position)
            {
                // The log ends before what was read: a backup was restored. All listeners are told to begin again.
                Recent.Restart(newest);
                changed.Raise();
            }

            if (!page.IsFull)
            {
                await database.WaitForChangeAsync(stamp, cancel);
                var rest = RestPerListener * Listeners;
                await Task.Delay(rest < LongestRest ? rest : LongestRest, TimeProvider.System, cancel);
            }
        }
    }

    private void Beat()
    {
        Interlocked.Increment(ref beats);
        changed.Raise();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The live stream waits for the database: {Reason} It tries again every second; what its listeners missed is sent then")]
    private static partial void NotRead(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A listener of the live stream was dropped because it did not read what it was sent: address {Client}, credential {Credential}, request {RequestId}. It may come back with Last-Event-ID")]
    private static partial void Dropped(ILogger logger, string client, string credential, string requestId);
}
