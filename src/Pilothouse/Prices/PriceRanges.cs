using Pilothouse.Storage;

namespace Pilothouse.Prices;

/// <summary>A question for the highest and the lowest stored price of a pair between two times, inclusive.</summary>
/// <param name="Number">Which question it is.</param>
/// <param name="Pair">The pair in capitals.</param>
/// <param name="Timeframe">That of the candles; not used for other prices.</param>
internal sealed record RangeQuestion(int Number, string Pair, string? Timeframe, DateTimeOffset From, DateTimeOffset To);

/// <summary>The answer.</summary>
/// <param name="Number">Of the question.</param>
/// <param name="Count">How many rows there are, as far as they were counted.</param>
/// <param name="Highest">Null if there is none, or if there are too many.</param>
/// <param name="Lowest">Null if there is none, or if there are too many.</param>
internal readonly record struct PriceRange(int Number, long Count, decimal? Highest, decimal? Lowest);

/// <summary>
/// Finds the highest and the lowest prices in ranges of an index, of which it reads no more than it is told to. One statement answers
/// several questions, so that a list of trades needs few of them.
/// </summary>
internal sealed class PriceRanges
{
    private const int Slots = 16;

    /// <summary>
    /// A candle counts from its beginning on: with its open, and with its high and low if it was complete, or had come as far as it was stored,
    /// at the end of the range. The server alone writes known_at, and always in one form.
    /// </summary>
    public static readonly PriceRanges OfCandles = new(
        "candles", "CASE WHEN known_at < @to{0} THEN high ELSE open END",
        "CASE WHEN known_at < @to{0} THEN low ELSE open END",
        "upper(trading_pair) = @pair{0} AND timeframe = @timeframe{0} AND time_key(open_time) >= @from{0} AND time_key(open_time) < @to{0}");

    public static readonly PriceRanges OfSignals = new("signals", "price", "price",
        "upper(trading_pair) = @pair{0} AND time_key(timestamp) >= @from{0} AND time_key(timestamp) < @to{0} AND price BETWEEN 1e-28 AND 7.9e28");

    private static readonly PriceRanges OfBitcoin = OfMarket("btc_price");

    private static readonly PriceRanges OfEther = OfMarket("eth_price");

    private readonly Sql sql;
    private readonly bool hasPair;
    private readonly bool hasTimeframe;

    private PriceRanges(string table, string highest, string lowest, string where)
    {
        (hasPair, hasTimeframe) = (where.Contains("@pair", StringComparison.Ordinal), where.Contains("@timeframe", StringComparison.Ordinal));
        sql = new Sql(string.Join("\nUNION ALL\n", Enumerable.Range(0, Slots).Select(slot => $"""
            SELECT {slot}, count(*), max(highest), min(lowest) FROM (
              SELECT {highest} AS highest, {lowest} AS lowest FROM {table} WHERE {where} LIMIT @limit) AS found
            """.Replace("{0}", slot.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))));
    }

    /// <summary>All of them, for the test of their query plans.</summary>
    public static IEnumerable<Sql> Statements => new[] { OfCandles, OfSignals, OfBitcoin, OfEther }.Select(static ranges => ranges.sql);

    /// <summary>The prices of BTC or ETH in the market context.</summary>
    public static PriceRanges OfMarketAsset(string asset) => asset == MarketAsset.Bitcoin ? OfBitcoin : OfEther;

    /// <summary>Answers the questions, and takes the rows that it reads from the budget.</summary>
    public async ValueTask AnswerAsync(Session session, List<RangeQuestion> questions, RowBudget budget, Action<PriceRange> take)
    {
        foreach (var part in questions.Chunk(Slots))
        {
            var most = budget.Left / part.Length;
            var statement = session.Prepare(sql).Set("limit", most + 1);
            for (var slot = 0; slot < Slots; slot++)
            {
                statement = Bind(statement, slot, slot < part.Length ? part[slot] : null);
            }

            await statement.EachAsync(row =>
            {
                if (row.Whole(0) is { } slot && slot < part.Length)
                {
                    var count = row.Whole(1) ?? 0;
                    budget.Left -= Math.Min(count, most);
                    take(new(part[slot].Number, count > most ? long.MaxValue : count, row.Money(2), row.Money(3)));
                }
            });
        }
    }

    private Statement Bind(Statement statement, int slot, RangeQuestion? question)
    {
        statement = hasPair ? statement.Set($"pair{slot}", question?.Pair) : statement;
        statement = hasTimeframe ? statement.Set($"timeframe{slot}", question?.Timeframe) : statement;
        return statement.SetKey($"from{slot}", question is null ? null : Timestamps.ToStored(question.From))
            .SetKey($"to{slot}", question is null ? null : Timestamps.ToStoredAfter(question.To));
    }

    private static PriceRanges OfMarket(string column) => new("market_context", column, column,
        $"time_key(timestamp) >= @from{{0}} AND time_key(timestamp) < @to{{0}} AND {column} BETWEEN 1e-28 AND 7.9e28");
}

/// <summary>How many rows an answer may still read.</summary>
internal sealed class RowBudget(long rows)
{
    public long Left { get; set; } = rows;
}
