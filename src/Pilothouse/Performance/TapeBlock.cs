using System.Buffers;

namespace Pilothouse.Performance;

/// <summary>One closed trade as the tape holds it. Times are in ticks of 100 ns since the year 1, UTC.</summary>
/// <param name="Percentage">The profit in percent of the margin; null if it has none.</param>
/// <param name="Kind">The index of its words: bot, mode, asset, pair, side, strategy.</param>
/// <param name="Reason">The index of its exit reason.</param>
internal readonly record struct TapedTrade(long Id, long OpenedAt, long ClosedAt, decimal Pnl, decimal Fees, decimal? Percentage, int Kind, int Reason)
{
    public ClosePlace Place => new(new DateTimeOffset(ClosedAt, TimeSpan.Zero), Id);
}

/// <summary>
/// Some trades in the order of their closes, in about 20 bytes each: ids and times as differences, whole numbers in as few bytes as they
/// need, amounts as exact decimals. It never changes, so any number of threads read it.
/// </summary>
internal sealed class TapeBlock
{
    /// <summary>The most trades of one block.</summary>
    public const int Most = 1024;

    private const int MostBytesOfTrade = 1 + (10 * 5) + (3 * 13);
    private static readonly long[] Units = [TimeSpan.TicksPerSecond, TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerMicrosecond, 1];
    private readonly byte[] bytes;

    private TapeBlock(byte[] bytes, ReadOnlySpan<TapedTrade> trades)
    {
        this.bytes = bytes;
        (Count, First, Last, LeastId, MostId) = (trades.Length, trades[0].Place, trades[^1].Place, long.MaxValue, long.MinValue);
        foreach (ref readonly var trade in trades)
        {
            (LeastId, MostId) = (Math.Min(LeastId, trade.Id), Math.Max(MostId, trade.Id));
        }
    }

    public int Count { get; }

    public ClosePlace First { get; }

    public ClosePlace Last { get; }

    public long LeastId { get; }

    public long MostId { get; }

    /// <summary>The bytes that it takes.</summary>
    public int Size => bytes.Length;

    /// <summary>Returns a block of these trades, which are in order and at least one.</summary>
    public static TapeBlock Of(ReadOnlySpan<TapedTrade> trades)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(trades.Length * MostBytesOfTrade);
        var (at, closedAt, id) = (0, 0L, 0L);
        foreach (ref readonly var trade in trades)
        {
            var (passed, held) = (trade.ClosedAt - closedAt, trade.ClosedAt - trade.OpenedAt);
            var (passedIn, heldIn) = (UnitOf(passed), UnitOf(held));
            buffer[at++] = (byte)(passedIn | (heldIn << 2) | (trade.Percentage is null ? 0 : 16));
            Put(buffer, ref at, Folded(passed / Units[passedIn]));
            Put(buffer, ref at, Folded(held / Units[heldIn]));
            Put(buffer, ref at, Folded(trade.Id - id));
            Put(buffer, ref at, (ulong)trade.Kind);
            Put(buffer, ref at, (ulong)trade.Reason);
            Put(buffer, ref at, trade.Pnl);
            Put(buffer, ref at, trade.Fees);
            if (trade.Percentage is { } percentage)
            {
                Put(buffer, ref at, percentage);
            }

            (closedAt, id) = (trade.ClosedAt, trade.Id);
        }

        var block = new TapeBlock(buffer[..at], trades);
        ArrayPool<byte>.Shared.Return(buffer);
        return block;
    }

    public TapedTrade[] ToArray()
    {
        var trades = new TapedTrade[Count];
        var reading = Read();
        for (var i = 0; i < trades.Length; i++)
        {
            reading.MoveNext();
            trades[i] = reading.Current;
        }

        return trades;
    }

    public Reading Read() => new(this);

    private static int UnitOf(long ticks)
    {
        var unit = 0;
        while (ticks % Units[unit] != 0)
        {
            unit++;
        }

        return unit;
    }

    /// <summary>Small numbers of either sign become small numbers without one.</summary>
    private static ulong Folded(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>Seven bits a byte, the lowest first; all bytes but the last have the eighth bit.</summary>
    private static void Put(byte[] buffer, ref int at, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            buffer[at++] = (byte)(value | 0x80);
        }

        buffer[at++] = (byte)value;
    }

    /// <summary>The scale, the sign and whether there are more than 64 bits in one byte; then the digits.</summary>
    private static void Put(byte[] buffer, ref int at, decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var isWide = parts[2] != 0;
        buffer[at++] = (byte)(value.Scale | (decimal.IsNegative(value) ? 0x20 : 0) | (isWide ? 0x40 : 0));
        Put(buffer, ref at, ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        if (isWide)
        {
            Put(buffer, ref at, (uint)parts[2]);
        }
    }

    /// <summary>Passes over the trades of a block in their order.</summary>
    internal struct Reading
    {
        private readonly byte[] bytes;
        private int left;
        private int at;

        internal Reading(TapeBlock block) => (bytes, left) = (block.bytes, block.Count);

        public TapedTrade Current { get; private set; }

        public bool MoveNext()
        {
            if (left == 0)
            {
                return false;
            }

            left--;
            var head = bytes[at++];
            var closedAt = Current.ClosedAt + (Unfolded() * Units[head & 3]);
            var openedAt = closedAt - (Unfolded() * Units[(head >> 2) & 3]);
            var id = Current.Id + Unfolded();
            var (kind, reason) = ((int)Whole(), (int)Whole());
            var (pnl, fees) = (Amount(), Amount());
            Current = new(id, openedAt, closedAt, pnl, fees, (head & 16) == 0 ? null : Amount(), kind, reason);
            return true;
        }

        private long Unfolded()
        {
            var value = Whole();
            return (long)(value >> 1) ^ -(long)(value & 1);
        }

        private ulong Whole()
        {
            var next = bytes[at++];
            var value = (ulong)next & 0x7F;
            for (var shift = 7; next >= 0x80; shift += 7)
            {
                next = bytes[at++];
                value |= ((ulong)next & 0x7F) << shift;
            }

            return value;
        }

        private decimal Amount()
        {
            var head = bytes[at++];
            var low = Whole();
            var high = (head & 0x40) == 0 ? 0 : (int)Whole();
            return new((int)low, (int)(low >> 32), high, (head & 0x20) != 0, (byte)(head & 0x1F));
        }
    }
}
