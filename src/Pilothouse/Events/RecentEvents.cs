namespace Pilothouse.Events;

/// <summary>
/// The newest events, in order, as far as they fit into a bounded memory. Many threads may read while one adds.
/// </summary>
internal sealed class RecentEvents
{
    /// <summary>How many events are kept at most.</summary>
    public const int MostEvents = 8192;

    private const int MostBytes = 8 << 20;

    private readonly Lock gate = new();
    private readonly LiveEvent?[] ring = new LiveEvent?[MostEvents];
    private int first;
    private int count;
    private long bytes;
    private long begin;
    private long? position;
    private int era;

    /// <summary>The position up to which the log of changes was read; null while it is not followed.</summary>
    public long? Position
    {
        get
        {
            lock (gate)
            {
                return position;
            }
        }
    }

    /// <summary>Begins after a position, unless it has begun already.</summary>
    public void Begin(long newest)
    {
        lock (gate)
        {
            if (position is null)
            {
                (position, begin) = (newest, newest);
            }
        }
    }

    /// <summary>Adds the events of a page, and forgets the oldest ones that do not fit.</summary>
    public void Add(EventPage page)
    {
        lock (gate)
        {
            foreach (var one in page.Events)
            {
                if (count == MostEvents)
                {
                    Forget();
                }

                ring[(first + count++) % MostEvents] = one;
                bytes += one.Frame.Length;
            }

            position = page.Position;
            while (bytes > MostBytes)
            {
                Forget();
            }
        }
    }

    /// <summary>Begins again after <paramref name="newest"/>: the log of changes is another one than before.</summary>
    public void Restart(long newest)
    {
        lock (gate)
        {
            Clear();
            (position, begin, era) = (newest, newest, era + 1);
        }
    }

    /// <summary>Forgets everything: nobody listens any more.</summary>
    public void End()
    {
        lock (gate)
        {
            Clear();
            position = null;
        }
    }

    /// <summary>Takes the events after a position.</summary>
    /// <param name="after">The position of the last event that the listener has got.</param>
    /// <param name="most">How many events are taken at most.</param>
    /// <param name="into">Receives the events.</param>
    public TakenEvents Take(long after, int most, List<LiveEvent> into)
    {
        lock (gate)
        {
            if (position is not { } newest || after < begin)
            {
                return new(after, position is null ? TakenState.NotFollowed : TakenState.TooOld, era);
            }

            for (var i = IndexAfter(after); i < count; i++)
            {
                var one = At(i);
                into.Add(one);
                if (into.Count == most)
                {
                    return new(one.Sequence, TakenState.Taken, era);
                }
            }

            return new(Math.Max(after, newest), TakenState.Taken, era);
        }
    }

    private LiveEvent At(int index) => ring[(first + index) % MostEvents]!;

    /// <summary>The index of the first event after a position.</summary>
    private int IndexAfter(long after)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = At(middle).Sequence > after ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void Forget()
    {
        var oldest = At(0);
        bytes -= oldest.Frame.Length;
        begin = oldest.Sequence;
        ring[first] = null;
        first = (first + 1) % MostEvents;
        count--;
    }

    private void Clear()
    {
        Array.Clear(ring);
        (first, count, bytes) = (0, 0, 0);
    }
}

/// <summary>Whether a listener could take events.</summary>
internal enum TakenState
{
    /// <summary>It has all events up to its new position.</summary>
    Taken,

    /// <summary>The log of changes is not followed yet, so nobody can say what is missing.</summary>
    NotFollowed,

    /// <summary>Events after its position are no longer kept, so it must read them from the log.</summary>
    TooOld,
}

/// <summary>What a listener has taken.</summary>
/// <param name="Position">The position up to which it has taken everything.</param>
/// <param name="State">Whether it could take events.</param>
/// <param name="Era">A number that changes when the log has become another one.</param>
internal readonly record struct TakenEvents(long Position, TakenState State, int Era);
