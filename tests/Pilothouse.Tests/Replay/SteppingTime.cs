using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Replay;

/// <summary>A clock that moves only by what is waited for; it keeps that, and every wait is over at once.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private long ticks = TestServer.Start.UtcTicks;

    public List<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waits.Add(dueTime);
        Interlocked.Add(ref ticks, Math.Max(0, dueTime.Ticks));
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
