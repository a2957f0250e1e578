using Pilothouse.Storage;

namespace Pilothouse.CashFlows;

/// <summary>A stored deposit or withdrawal, as figures need it.</summary>
/// <param name="At">When the money came or went.</param>
/// <param name="Mode">The mode in lower case.</param>
/// <param name="Asset">The asset in capitals; null for the currency of the account.</param>
internal sealed record Flow(long Id, DateTimeOffset At, string? BotName, string? Mode, decimal Amount, string? Asset);

/// <summary>
/// Gives all deposits and withdrawals in the order of their times. They are read again only after one of them was stored, changed or
/// removed, whoever did it. Thread-safe.
/// </summary>
internal sealed class FlowBook : IDisposable
{
    /// <summary>More than this are not kept in memory, but read for each question.</summary>
    private const int MostKept = 50_000;

    private static readonly Sql All = new(
        "SELECT id, time_of(timestamp), bot_name, lower(mode), amount, upper(asset) FROM cash_flows WHERE has_time(timestamp) ORDER BY time_key(timestamp), id");

    private static readonly Sql Changed = new("SELECT 1 FROM changes WHERE table_name = 'cash_flows' AND seq > @seq LIMIT 1");

    private readonly SemaphoreSlim gate = new(1);
    private IReadOnlyList<Flow>? known;
    private long position;

    /// <summary>Returns them as the session sees them. It is the same list for as long as there is no other flow.</summary>
    public async ValueTask<IReadOnlyList<Flow>> ReadAsync(Session session)
    {
        await gate.WaitAsync();
        try
        {
            var newest = await ChangeLog.NewestAsync(session);
            var reaches = known is not null && await ChangeLog.ReachesAsync(session, position);
            if (reaches && !await session.Prepare(Changed).Set("seq", position).AnyAsync())
            {
                position = newest;
                return known!;
            }

            var flows = new List<Flow>();
            await session.Prepare(All).EachAsync(row => Add(row, flows));

            // A time with a zone may sort elsewhere than it belongs.
            flows.Sort(static (a, b) => (a.At, a.Id).CompareTo((b.At, b.Id)));
            if (flows.Count <= MostKept && !(newest < position))
            {
                (known, position) = (flows, newest);
            }

            return flows;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    /// <summary>Adds a flow, unless another program stored no time or amount that can be read.</summary>
    private static void Add(Row row, List<Flow> flows)
    {
        if (row.Time(1) is { } at && row.Money(4) is { } amount and not 0)
        {
            flows.Add(new(row.Id(0), at, row.Text(2), row.Text(3), amount, row.Text(5)));
        }
    }
}
