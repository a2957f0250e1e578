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

    /// <summary>The index holds all that is read here of a decision, so that long texts and JSON are not.</summary>
    private const string FromIndex = $"FROM agent_decisions AS d covered_by:ph_agent_decisions_figures {Joined}";

    private const string From = $"FROM agent_decisions AS d {Joined}";

    private const string Joined = """
        LEFT JOIN signals AS s ON s.id = d.signal_id LEFT JOIN spike_events AS k ON k.id = d.spike_event_id
          LEFT JOIN trades AS t ON t.id = d.trade_id
        """;

    /// <summary>The index of the first column of <see cref="TradeSign.Columns"/>.</summary>
    private const int Sign = 16;

    /// <summary>So many ids are asked for in one statement.</summary>
    private const int Slots = 50;

    private static readonly string[] Ids = [.. Enumerable.Range(0, Slots).Select(static slot => $"id{slot}")];

    private static readonly string Asked = $"({string.Join(", ", Ids.Select(static id => $"@{id}"))})";

    private static readonly Sql Range = IdRange.Of("agent_decisions");

    private static readonly Sql Piece = new($"SELECT {Columns} {FromIndex} WHERE d.id > @after AND d.id <= @last ORDER BY d.id LIMIT @limit");

    private static readonly Sql Some = new($"SELECT {Columns} {From} WHERE d.id IN {Asked}");

    private static readonly Sql CostsOfPiece = new("""
        SELECT decision_id, estimated_cost, id FROM cost_analytics WHERE decision_id > @after AND decision_id <= @last AND decision_id IS NOT NULL ORDER BY decision_id
        """);

    private static readonly Sql CostsOfSome = new($"""
        SELECT decision_id, estimated_cost, id FROM cost_analytics WHERE decision_id IN {Asked} AND decision_id IS NOT NULL ORDER BY decision_id
        """);

    private readonly CodedTexts<Stance> stances = new(static text => Stance.Of(text));
    private readonly CodedTexts<int> ways = new(static text => WayOf(text));

    /// <summary>Returns the lowest and the highest id; null if there is no decision.</summary>
    public static ValueTask<(long First, long Last)?> RangeAsync(Session session) => IdRange.ReadAsync(session, Range);

    /// <summary>Adds the next decisions that have a time, by their ids, with their costs. What prices say of them comes later.</summary>
    /// <param name="after">The id behind which it begins.</param>
    /// <param name="last">The highest id.</param>
    /// <param name="most">So many rows are read at most.</param>
    /// <returns>The id of the last row; null if there are no more.</returns>
    public async ValueTask<long?> AddAsync(Session session, long after, long last, int most)
    {
        // A read may be interrupted and begin again.
        var (known, count, highest) = (book.Count, 0, after);
        await session.Prepare(Piece).Set("after", after).Set("last", last).Set("limit", (long)most).EachAsync(row =>
        {
            (count, highest) = (count + 1, row.Id(0));
            if (row.Time(1) is { Year: > 1 } time)
            {
                book.Add(Read(row, time));
            }
        });
        await AddCostsAsync(session.Prepare(CostsOfPiece).Set("after", after).Set("last", count < most ? last : highest), known);
        return count < most ? null : highest;
    }

    /// <summary>Reads some decisions again, or for the first time, with their costs.</summary>
    /// <param name="ids">In their order.</param>
    /// <returns>The indexes of those that are there and have a time.</returns>
    public async ValueTask<List<int>> ReadAsync(Session session, IReadOnlyCollection<long> ids)
    {
        var found = new Dictionary<long, DecisionEntry>();
        foreach (var part in ids.Chunk(Slots))
        {
            await Bind(session.Prepare(Some), part).EachAsync(row =>
            {
                if (row.Time(1) is { Year: > 1 } time)
                {
                    found[row.Id(0)] = Read(row, time);
                }
            });
        }

        var read = new List<int>(found.Count);
        foreach (var id in ids)
        {
            var index = book.Find(id);
            if (!found.TryGetValue(id, out var entry))
            {
                if (index >= 0)
                {
                    book[index].Group = DecisionEntry.Deleted;
                }

                continue;
            }

            if (index < 0)
            {
                index = book.Add(entry);
            }
            else
            {
                book.Replace(index, entry);
            }

            read.Add(index);
        }

        await ReadCostsAsync(session, read);
        return read;
    }

    /// <summary>Reads again what some decisions cost.</summary>
    public async ValueTask ReadCostsAsync(Session session, IReadOnlyCollection<int> indexes)
    {
        foreach (var part in indexes.Chunk(Slots))
        {
            Array.ForEach(part, index => book.SetCost(index, null));
            await AddCostsAsync(Bind(session.Prepare(CostsOfSome), Array.ConvertAll(part, index => book[index].Id)), 0);
        }
    }

    /// <summary>Sets what decisions cost from all of their uses, which come in the order of the decisions.</summary>
    /// <param name="first">The index from which on the decisions are rather found.</param>
    private async ValueTask AddCostsAsync(Statement statement, int first)
    {
        var (last, next) = (-1, first);
        MoneySum sum = default;
        await statement.EachAsync(row =>
        {
            if (row.Whole(0) is not { } id)
            {
                return;
            }

            var index = last >= 0 && book[last].Id == id ? last : book.Find(id, next);
            if (index < 0)
            {
                return;
            }

            book.CostRows.Set(row.Id(2), index);
            if (row.Money(1) is { } cost)
            {
                sum = index == last ? sum.Plus(cost) : default(MoneySum).Plus(cost);
                book.SetCost(index, sum.Value);
                (last, next) = (index, index + 1);
            }
        });
    }

    private static Statement Bind(Statement statement, long[] ids)
    {
        for (var slot = 0; slot < Slots; slot++)
        {
            statement = statement.Set(Ids[slot], slot < ids.Length ? ids[slot] : (long?)null);
        }

        return statement;
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
}
