using Pilothouse.Monitoring;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>
/// Keeps all decisions and what became of them in memory: where they are many from the start on, else from the first question on. It
/// follows the log of changes, which triggers write whichever program stores a row: new decisions, trades that close or are put right, costs,
/// and prices that come. Everything is read again only where that is faster, where prices went, or after the nightly work has deleted rows.
/// Finished answers are kept until a figure may be another. Thread-safe.
/// </summary>
internal sealed partial class AgentLedger(Database database, TimeProvider clock) : IChangeFollower, IKeptFigures, IDisposable
{
    /// <summary>More answers than this are not kept.</summary>
    private const int MostKept = 64;

    /// <summary>Prices may be said to be so far ahead.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<AgentQuestion, (long Version, ComputedPerformance Answer)> answers = [];
    private volatile DecisionBook? book;
    private long? stamp;
    private long position;
    private long version;
    private DateTimeOffset judgedAt;
    private DateTimeOffset nextDue;
    private DateTimeOffset? cleanedAt;

    /// <summary>The latest time of a known price. One that is ahead counts when it is over.</summary>
    private long pricesUntil;

    /// <summary>Returns the figures. They contain everything that was committed before the call.</summary>
    public Task<ComputedPerformance> AnswerAsync(AgentQuestion question, CancellationToken cancel) => UseAsync(
        now =>
        {
            if (!answers.TryGetValue(question, out var kept) || kept.Version != version)
            {
                if (answers.Count >= MostKept)
                {
                    answers.Clear();
                }

                kept = (version, new(question.From, question.To, now, question.Period, AgentTally.Of(book!, question)));
                answers[question] = kept;
            }

            return kept.Answer with { JudgedAt = now };
        },
        cancel);

    /// <summary>Returns who the agents are, in the order of their names: the roles of each, and how many decisions it made.</summary>
    public Task<List<(string Name, string[] Roles, long Decisions)>> AgentsAsync(CancellationToken cancel) => UseAsync(
        _ =>
        {
            var counts = new long[book!.Groups.Count];
            book.EachPart(0, book.Chunks, long.MinValue, long.MaxValue, (_, entries, _) =>
            {
                foreach (ref readonly var entry in entries)
                {
                    if (entry.Group >= 0)
                    {
                        counts[entry.Group]++;
                    }
                }
            });
            return Enumerable.Range(0, counts.Length).Where(group => counts[group] > 0).GroupBy(group => book.Names[book.Groups[group].Agent] ?? "", StringComparer.Ordinal)
                .OrderBy(static agent => agent.Key, StringComparer.Ordinal)
                .Select(agent => (
                    agent.Key,
                    agent.Select(group => book.Names[book.Groups[group].Role]).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToArray(),
                    agent.Sum(group => counts[group]))).ToList();
        },
        cancel);

    /// <summary>Follows the log of changes only after the first question.</summary>
    public async ValueTask<long?> CatchUpAsync(CancellationToken cancel) =>
        book is null ? null : await UseAsync(_ => position, cancel);

    public void Dispose() => gate.Dispose();

    /// <summary>Reads everything where that is long, so that nobody waits for it, and follows what has changed.</summary>
    public async ValueTask KeepAsync(CancellationToken cancel)
    {
        if (book is not null || await DecisionLoader.IsLongAsync(database))
        {
            await UseAsync(static _ => true, cancel);
        }
    }

    /// <summary>Brings the book up to now, and uses it.</summary>
    private async Task<T> UseAsync<T>(Func<DateTimeOffset, T> use, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            // The stamp is taken before the read: a commit during the read makes the next caller read again.
            var now = clock.GetUtcNow();
            var newest = await database.StampAsync(cancel);
            if (book is null || stamp != newest || now >= nextDue || now < judgedAt)
            {
                await UpdateAsync(now);
                stamp = newest;
            }

            return use(now);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Brings the book up to what is committed, step by step.</summary>
    private async Task UpdateAsync(DateTimeOffset now)
    {
        var end = await database.ReadAsync(ChangeLog.NewestAsync);
        do
        {
            if (book is not { } known || now < judgedAt || await StepAsync(known, now) is not { } step)
            {
                await LoadAsync(now);
                continue;
            }

            (position, judgedAt) = (step.Position, now);
            version += step.IsOther ? 1 : 0;
        }
        while (position < end);
        nextDue = NextDue(book!, now);
    }

    /// <summary>Takes the next changes into the book.</summary>
    /// <returns>How far the book is now, and whether any figure may be another; null if everything is to be read again.</returns>
    private async Task<(long Position, bool IsOther)?> StepAsync(DecisionBook known, DateTimeOffset now)
    {
        // If it fails it is run again, here or by the next caller: then a part of it may be in the book already.
        var runs = 0;
        try
        {
            return await database.SnapshotAsync(ReadKind.Own, async session =>
            {
                runs++;
                return await MaintenanceStore.CleanedAtAsync(session) == cleanedAt && await NextStepAsync(session) is { } last
                    ? ((long, bool)?)(last, await FollowAsync(session, known, last, now) || runs > 1)
                    : null;
            });
        }
        catch
        {
            version++;
            throw;
        }
    }

    /// <summary>Reads everything. The position is that of the beginning: what changes meanwhile is followed afterwards.</summary>
    private async Task LoadAsync(DateTimeOffset now)
    {
        book = null;
        var (newest, cleaned) = await database.ReadAsync(async session => (await ChangeLog.NewestAsync(session), await MaintenanceStore.CleanedAtAsync(session)));
        book = await DecisionLoader.ReadAsync(database, now);
        (position, judgedAt, cleanedAt, pricesUntil) = (newest, now, cleaned, (now + ClocksDiffer).UtcTicks);
        version++;
    }

    /// <summary>Returns when the passing of time may next say something else.</summary>
    private DateTimeOffset NextDue(DecisionBook known, DateTimeOffset now)
    {
        var next = pricesUntil > now.UtcTicks ? (now + LookAgainAfter).UtcTicks : DateTimeOffset.MaxValue.UtcTicks;
        known.EachNear((now - Horizon.All[^1]).UtcTicks, long.MaxValue, index =>
        {
            ref readonly var entry = ref known[index];
            for (var h = 0; entry.IsJudgedByPrice && h < Horizon.All.Length; h++)
            {
                var due = entry.Ticks + Horizon.All[h].Ticks;
                next = due > now.UtcTicks && due < next ? due : next;
            }
        });
        return new(next, TimeSpan.Zero);
    }
}
