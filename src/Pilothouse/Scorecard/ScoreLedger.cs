using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Scorecard;

/// <summary>
/// Keeps what became of every signal up to date. The first question reads all signals; later ones follow the log of changes, which triggers
/// write whichever program stores a row, and judge only what came, what became due, and what a new or changed price may have changed. All is
/// read again only after a signal, or what it said, was changed or removed. Callers take turns.
/// </summary>
internal sealed class ScoreLedger(Database database, MoneyUnits units, Settings settings, TimeProvider clock) : IDisposable
{
    private const int SignalsAtOnce = 50_000;

    /// <summary>More changes than this cost more than reading all again.</summary>
    private const int MostChanges = 20_000;

    private const int MostAnswers = 200;

    private static readonly TimeSpan CountAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DueAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<object, KeptBytes> answers = [];
    private readonly List<(string Pair, DateTimeOffset From, DateTimeOffset To)> ahead = [];
    private ScoreBook? book;
    private long stamp;
    private DateTimeOffset countedAt;

    /// <summary>Returns the answer to a question, which contains everything that was committed before the call.</summary>
    /// <param name="question">Equal questions have the same answer.</param>
    /// <param name="answer">Makes the answer from the book.</param>
    public async ValueTask<KeptBytes> AnswerAsync(object question, Func<ScoreBook, DateTimeOffset, byte[]> answer, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            var current = await BringUpAsync();
            if (!answers.TryGetValue(question, out var kept))
            {
                if (answers.Count >= MostAnswers)
                {
                    answers.Clear();
                }

                answers[question] = kept = new KeptBytes(answer(current, current.JudgedAt));
            }

            return kept;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Returns what is read from the book, which contains everything that was committed before the call.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<ScoreBook, DateTimeOffset, T> read, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            var current = await BringUpAsync();
            return read(current, current.JudgedAt);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async ValueTask<ScoreBook> BringUpAsync()
    {
        // The stamp is taken before the read: a commit during the read makes the next caller read again.
        var (seen, now) = (await database.StampAsync(), clock.GetUtcNow());
        if (book is { } known && seen == stamp && now - known.JudgedAt < DueAfter && now >= known.JudgedAt)
        {
            return known;
        }

        answers.Clear();
        var old = book;

        // There is no book until it is complete, so that an exception does not leave half of one.
        book = null;
        var isAgain = false;
        var current = old is not null && now >= old.JudgedAt && await database.SnapshotAsync(ReadKind.Own, session => FollowOnceAsync(session, old))
            ? old
            : await ReadAllAsync(now);
        current.JudgedAt = now;
        (book, stamp) = (current, seen);
        return current;

        // A read may be run again from its beginning, but the book has been changed by then.
        ValueTask<bool> FollowOnceAsync(Session session, ScoreBook followed)
        {
            var run = isAgain ? new(false) : FollowAsync(session, followed, now);
            isAgain = true;
            return run;
        }
    }

    private async ValueTask<ScoreBook> ReadAllAsync(DateTimeOffset now)
    {
        // What changes while the parts are read is followed from this position, and read once more.
        var made = new ScoreBook(units) { Position = await database.ReadAsync(ChangeLog.NewestAsync) };
        ahead.Clear();
        countedAt = now;
        await ScoreFiller.FillAsync(database, made, now);
        return made;
    }

    /// <summary>Brings a book up to the snapshot that the session reads.</summary>
    /// <returns>False if all must be read again.</returns>
    private async ValueTask<bool> FollowAsync(Session session, ScoreBook current, DateTimeOffset now)
    {
        var newest = await ChangeLog.NewestAsync(session);
        if (!await ChangeLog.ReachesAsync(session, current.Position) || await HasLostAsync(session, current, now))
        {
            return false;
        }

        var stale = current.Pairs.Keys.ToDictionary(static name => name, static _ => new StaleSpans());
        foreach (var span in stale.Values)
        {
            span.AddDue(current.JudgedAt, now);
        }

        var waiting = ahead.ToList();
        ahead.Clear();
        waiting.ForEach(one => NotePrice(one.Pair, one.From, one.To));
        var changes = newest == current.Position ? [] : await ChangeLog.AfterAsync(session, current.Position, MostChanges + 1);
        if (changes.Count > MostChanges)
        {
            return false;
        }

        // The signals come first, because trades may have followed them.
        for (var count = SignalsAtOnce; count == SignalsAtOnce && current.LastId < long.MaxValue;)
        {
            count = await ScoreReader.EachAsync(session, current.LastId + 1, long.MaxValue, SignalsAtOnce, mark =>
            {
                if (current.Add(mark) is { } pair)
                {
                    NoteSignal(pair, mark.Ticks);
                }
            });
        }

        foreach (var change in changes)
        {
            if (!await ScoreChange.FollowAsync(session, current, change, NoteSignal, NotePrice))
            {
                return false;
            }
        }

        current.Settle();
        List<PairBook> touched = [.. current.Pairs.Values.Where(pair => stale.TryGetValue(pair.Name, out var spans) && pair.Touches(spans))];
        var looks = touched.Count == 0 ? [] : await PriceStore.LookAsync(session, [.. touched.Select(static pair => pair.Name)], now);
        foreach (var pair in touched)
        {
            await Judge.StaleAsync(session, current, pair, looks.GetValueOrDefault(pair.Name), stale[pair.Name], now);
        }

        current.Position = newest;
        return true;

        void NoteSignal(PairBook pair, long ticks)
        {
            var at = new DateTimeOffset(ticks, TimeSpan.Zero);
            NotePrice(pair.Name, at, at);
            stale[pair.Name].Signals.Add((ticks, ticks));
        }

        void NotePrice(string pair, DateTimeOffset from, DateTimeOffset to)
        {
            if (current.Pairs.ContainsKey(pair))
            {
                stale.TryAdd(pair, new());
                stale[pair].AddPrice(from, to);
                if (to > now)
                {
                    ahead.Add((pair, from > now ? from : now, to));
                }
            }
        }
    }

    /// <summary>Whether retention, whose deletions are not logged, has removed signals since they were read.</summary>
    private async ValueTask<bool> HasLostAsync(Session session, ScoreBook current, DateTimeOffset now)
    {
        if (settings.Retention.SignalsDays == 0 || now - countedAt < CountAfter)
        {
            return false;
        }

        countedAt = now;
        var before = now.AddDays(-settings.Retention.SignalsDays);
        return await ScoreReader.CountBeforeAsync(session, before) < current.CountBefore(before);
    }
}
