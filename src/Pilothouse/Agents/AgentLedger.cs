using Pilothouse.Monitoring;
using Pilothouse.Prices;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>
/// Keeps all decisions and what became of them in memory, from the first question on. It follows the log of changes, which triggers write
/// whichever program stores a row: new decisions, trades that close or are put right, costs, and prices that come. Everything is read
/// again only where that is faster, or after the nightly work has deleted rows. Finished answers are kept until anything is committed or the
/// next horizon is over. Thread-safe.
/// </summary>
internal sealed partial class AgentLedger(Database database, TimeProvider clock) : IChangeFollower, IDisposable
{
    /// <summary>More answers than this are not kept.</summary>
    private const int MostKept = 64;

    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<AgentQuestion, (long Version, ComputedPerformance Answer)> answers = [];
    private DecisionBook? book;
    private DecisionRows? rows;
    private long? stamp;
    private long position;
    private long version;
    private DateTimeOffset judgedAt;
    private DateTimeOffset nextDue;
    private DateTimeOffset? cleanedAt;

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
            book.EachPart(long.MinValue, long.MaxValue, (entries, _) =>
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
                // The first read is long: another kind would be broken off and run again.
                var kind = book is null ? ReadKind.LongKnown : ReadKind.Known;
                await database.SnapshotAsync(kind, session => UpdateAsync(session, now), CancellationToken.None);
                stamp = newest;
            }

            return use(now);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Brings the book up to the snapshot that the session reads. If it fails, it can be run again.</summary>
    private async ValueTask<bool> UpdateAsync(Session session, DateTimeOffset now)
    {
        var newest = await ChangeLog.NewestAsync(session);
        var cleaned = (await MaintenanceStore.FindAsync(session, MaintenanceStore.Nightly))?.FinishedAt;
        if (book is not null && cleaned == cleanedAt && now >= judgedAt && await ChangesAsync(session, newest) is { } changes)
        {
            var isOther = await FollowAsync(session, changes, now);
            version += isOther ? 1 : 0;
        }
        else
        {
            var all = new DecisionBook();
            var reader = new DecisionRows(all);
            await reader.ReadAllAsync(session);
            await reader.ReadCostsAsync(session);
            await DecisionJudge.JudgeAsync(session, all, Enumerable.Range(0, all.Count), now);
            (book, rows) = (all, reader);
            version++;
        }

        (position, judgedAt, cleanedAt) = (newest, now, cleaned);
        nextDue = NextDue(now);
        return true;
    }

    /// <summary>Returns when the next horizon of a decision is over whose price is asked for then.</summary>
    private DateTimeOffset NextDue(DateTimeOffset now)
    {
        var next = DateTimeOffset.MaxValue.UtcTicks;
        book!.EachNear((now - Horizon.All[^1]).UtcTicks, long.MaxValue, index =>
        {
            ref readonly var entry = ref book[index];
            for (var h = 0; entry.IsJudgedByPrice && h < Horizon.All.Length; h++)
            {
                var due = entry.Ticks + Horizon.All[h].Ticks;
                next = due > now.UtcTicks && due < next ? due : next;
            }
        });
        return new(next, TimeSpan.Zero);
    }
}
