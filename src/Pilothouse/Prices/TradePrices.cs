using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Prices;

/// <summary>
/// Fills in what stored prices say of trades (docs/metrics.md, "Prices" and "One trade"): of open ones the last known price and the pnl at it,
/// of closed ones the best and the worst pnl, between entry and exit, of what was open.
/// </summary>
internal sealed class TradePrices(TimeProvider clock) : ITradePrices
{
    /// <summary>
    /// The most stored prices that are read for mfe and mae of one answer, which takes a quarter of a second. A trade for which they do not
    /// suffice has neither: half of its prices would make a figure that looks right.
    /// </summary>
    public const int MostPrices = 200_000;

    public async ValueTask ShowAsync(Session session, IReadOnlyList<Trade> trades)
    {
        var now = clock.GetUtcNow();
        List<Trade> shown = [.. trades.Where(static trade => trade.TradingPair is not null && (IsOpen(trade) || HasSpan(trade)))];
        if (shown.Count == 0)
        {
            return;
        }

        var looks = await PriceStore.LookAsync(session, [.. shown.Select(PairOf).Distinct(StringComparer.Ordinal)], now);
        foreach (var trade in shown.Where(IsOpen))
        {
            if (looks.GetValueOrDefault(PairOf(trade))?.Newest is { } price)
            {
                trade.ShowPrice(price.Price, price.AgeAt(now), TradeGain.At(trade, trade.RemainingQuantity, trade.AverageCost, price.Price));
            }
        }

        await ShowSpansAsync(session, [.. shown.Where(trade => HasSpan(trade) && looks.ContainsKey(PairOf(trade)))], looks);
    }

    private static bool IsOpen(Trade trade) => "open".Equals(trade.Status, StringComparison.OrdinalIgnoreCase);

    private static bool HasSpan(Trade trade) => trade is { IsClosed: true, Timestamp: not null, ClosedAt: not null };

    private static string PairOf(Trade trade) => TradingPair.Upper(trade.TradingPair!);

    private static async ValueTask ShowSpansAsync(Session session, List<Trade> trades, Dictionary<string, PairLook> looks)
    {
        var spans = await OpenSpan.OfAsync(session, trades);
        var ranges = new PriceRange[spans.Count];
        var budget = new RowBudget(MostPrices);
        foreach (var (kind, questions) in QuestionsOf(spans, looks))
        {
            await kind.AnswerAsync(session, questions, budget, range => ranges[range.Number] = Sum(ranges[range.Number], range));
        }

        foreach (var trade in spans.Zip(ranges).GroupBy(static span => span.First.Trade))
        {
            if (trade.Any(static span => span.Second.Count > 0) && trade.All(static span => span.Second.Count < long.MaxValue))
            {
                ShowSpan(trade.Key, trade);
            }
        }
    }

    /// <summary>Of each kind of price the questions for the spans of trades of pairs that have such prices since the span's begin.</summary>
    private static IEnumerable<(PriceRanges Kind, List<RangeQuestion> Questions)> QuestionsOf(List<OpenSpan> spans, Dictionary<string, PairLook> looks)
    {
        var questions = new Dictionary<PriceRanges, List<RangeQuestion>>();
        for (var i = 0; i < spans.Count; i++)
        {
            var (pair, from, to) = (PairOf(spans[i].Trade), spans[i].From, spans[i].To);
            if (!looks.TryGetValue(pair, out var look))
            {
                continue;
            }

            foreach (var series in look.Series.Where(series => series.LastOpen >= Timestamps.Cut(from)))
            {
                Ask(PriceRanges.OfCandles, new(i, pair, series.Timeframe, from, to));
            }

            if (look.LastSignal >= Timestamps.Cut(from))
            {
                Ask(PriceRanges.OfSignals, new(i, pair, null, from, to));
            }

            if (MarketAsset.Of(pair) is { } asset)
            {
                Ask(PriceRanges.OfMarketAsset(asset), new(i, pair, null, from, to));
            }
        }

        return questions.Select(static asked => (asked.Key, asked.Value));

        void Ask(PriceRanges kind, RangeQuestion question)
        {
            questions.TryAdd(kind, []);
            questions[kind].Add(question);
        }
    }

    /// <summary>The prices of the fills count, too: each for what was open before it and for what was open after it.</summary>
    private static void ShowSpan(Trade trade, IEnumerable<(OpenSpan Span, PriceRange Range)> spans)
    {
        var gains = new List<decimal>();
        foreach (var (span, range) in spans)
        {
            foreach (var price in new[] { span.Begins, span.Ends, range.Highest, range.Lowest })
            {
                if (price is { } known)
                {
                    if (span.GainAt(known) is not { } gain)
                    {
                        return;
                    }

                    gains.Add(gain);
                }
            }
        }

        trade.ShowSpan(gains.Max(), gains.Min());
    }

    private static PriceRange Sum(PriceRange one, PriceRange other) => new(
        other.Number, one.Count == long.MaxValue || other.Count == long.MaxValue ? long.MaxValue : one.Count + other.Count,
        one.Highest > other.Highest ? one.Highest : other.Highest ?? one.Highest, one.Lowest < other.Lowest ? one.Lowest : other.Lowest ?? one.Lowest);
}
