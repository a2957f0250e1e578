using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Agents;

/// <summary>
/// Reads decisions with what they are judged by: the result of the trade, or else the pair and the way of the signal, of the spike or of the
/// trade that was made against it.
/// </summary>
internal sealed class DecisionRows(DecisionBook book)
{
    private const string Columns = $"""
        d.id, time_key(d.timestamp), d.agent_name, d.agent_role, d.decision_type, d.bot_name, d.decision, d.confidence, d.execution_time_ms, d.trade_id,
          s.trading_pair, s.signal_type, k.trading_pair, k.direction, t.trading_pair, t.side, {TradeSign.Columns}
        """;

    private const string From = """
        FROM agent_decisions AS d LEFT JOIN signals AS s ON s.id = d.signal_id LEFT JOIN spike_events AS k ON k.id = d.spike_event_id
          LEFT JOIN trades AS t ON t.id = d.trade_id
        """;

    /// <summary>The index of the first column of <see cref="TradeSign.Columns"/>.</summary>
    private const int Sign = 16;

    private static readonly Sql All = new($"SELECT {Columns} {From}");

    private static readonly Sql One = new($"SELECT {Columns} {From} WHERE d.id = @id");

    private static readonly Sql Costs = new("SELECT decision_id, estimated_cost FROM cost_analytics WHERE decision_id IS NOT NULL ORDER BY decision_id");

    private static readonly Sql CostsOfOne = new("SELECT estimated_cost FROM cost_analytics WHERE decision_id = @id");

    private readonly CodedTexts<Stance> stances = new(static text => Stance.Of(text));
    private readonly CodedTexts<int> ways = new(static text => WayOf(text));

    /// <summary>Adds all decisions that have a time. Their costs and what prices say of them come later.</summary>
    public ValueTask ReadAllAsync(Session session) => session.Prepare(All).EachAsync(row =>
    {
        if (row.Time(1) is { Year: > 1 } time)
        {
            book.Add(Read(row, time));
        }
    });

    /// <summary>Reads one decision again, or for the first time, with its cost.</summary>
    /// <returns>Its index; -1 if it is gone or has no time.</returns>
    public async ValueTask<int> ReadAsync(Session session, long id)
    {
        var index = book.Find(id);
        if (await session.Prepare(One).Set("id", id).FirstAsync(row => row.Time(1) is { Year: > 1 } time ? (DecisionEntry?)Read(row, time) : null) is not { } entry)
        {
            if (index >= 0)
            {
                book[index].Group = DecisionEntry.Deleted;
            }

            return -1;
        }

        if (index < 0)
        {
            index = book.Add(entry);
        }
        else
        {
            book.Replace(index, entry);
        }

        await ReadCostAsync(session, id, index);
        return index;
    }

    /// <summary>Reads again what a decision cost.</summary>
    public async ValueTask ReadCostAsync(Session session, long id, int index)
    {
        MoneySum? cost = null;
        await session.Prepare(CostsOfOne).Set("id", id).EachAsync(row => cost = row.Money(0) is { } part ? (cost ?? default).Plus(part) : cost);
        book.SetCost(index, cost?.Value);
    }

    /// <summary>Reads again what all decisions cost.</summary>
    public async ValueTask ReadCostsAsync(Session session)
    {
        book.ClearCosts();
        var last = -1;
        MoneySum sum = default;
        await session.Prepare(Costs).EachAsync(row =>
        {
            if (row.Money(1) is not { } cost || row.Whole(0) is not { } id)
            {
                return;
            }

            var index = last >= 0 && book[last].Id == id ? last : book.Find(id, last + 1);
            if (index >= 0)
            {
                sum = index == last ? sum.Plus(cost) : default(MoneySum).Plus(cost);
                book.SetCost(index, sum.Value);
                last = index;
            }
        });
    }

    private DecisionEntry Read(Row row, DateTimeOffset time)
    {
        var entry = new DecisionEntry
        {
            Id = row.Id(0),
            Ticks = time.UtcTicks,
            Confidence = ConfidenceOf(row.Number(7)),
            ExecutionMs = row.Whole(8) is >= 0 and var ms ? (int)Math.Min(ms, int.MaxValue) : -1,
            Group = book.NumberOf(new(book.Names.Of(row.Word(2)), book.Names.Of(row.Word(3)), book.Names.Of(row.Word(4)), book.Names.Of(row.Word(5)))),
            Pair = -1,
        };
        var stance = stances.Of(row, 6);
        var hasTrade = row.Whole(9) is not null;
        if (hasTrade && !stance.IsAgainst)
        {
            entry.SetAll(TradeSign.Of(row, Sign) switch
            {
                > 0 => DecisionOutcome.Right,
                < 0 => DecisionOutcome.Wrong,
                0 => DecisionOutcome.Neither,
                null => DecisionOutcome.Unknown,
            });
            return entry;
        }

        // The first of the signal, the spike and the trade that has a pair.
        var (pair, way) = book.Pairs.Of(row.Word(10)) is >= 0 and var ofSignal ? (ofSignal, 11)
            : book.Pairs.Of(row.Word(12)) is >= 0 and var ofSpike ? (ofSpike, 13)
            : hasTrade ? (book.Pairs.Of(row.Word(14)), 15) : (-1, -1);
        entry.Pair = pair;
        entry.Way = (sbyte)(pair < 0 ? 0 : stance.WayOf(ways.Of(row, way)));
        return entry;
    }

    /// <summary>The confidence from 0 to 1. Other programs may write it in percent; what is neither is not known.</summary>
    private static double ConfidenceOf(double? stored) => stored switch
    {
        >= 0 and <= 1 => stored.Value,
        > 1 and <= 100 => stored.Value / 100,
        _ => double.NaN,
    };

    /// <summary>The way of a type of signal, a direction of a spike or a side of a trade.</summary>
    private static int WayOf(string? word) =>
        (NewSignal.Types.Normal(word) ?? NewTrade.Sides.Normal(word) ?? word?.ToLowerInvariant()) switch
        {
            "BUY" or "pump" or "up" => 1,
            "SELL" or "dump" or "down" => -1,
            _ => 0,
        };

    /// <summary>What texts mean. Each is read once, unless there are very many.</summary>
    private sealed class CodedTexts<T>(Func<string?, T> read)
    {
        private const int Most = 20_000;

        private readonly TextCodes codes = new();
        private readonly List<T> meanings = [];

        public T Of(Row row, int column)
        {
            if (codes.Count > Most)
            {
                codes.Clear();
                meanings.Clear();
            }

            var code = codes.Of(row.Word(column));
            if (code < 0)
            {
                return read(null);
            }

            if (code == meanings.Count)
            {
                meanings.Add(read(codes[code]));
            }

            return meanings[code];
        }
    }
}
