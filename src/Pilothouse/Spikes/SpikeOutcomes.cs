using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Spikes;

/// <summary>What came of a spike's trade.</summary>
/// <param name="Word">profitable, unprofitable, breakeven or pending; null if that is not known, or the trade is voided.</param>
/// <param name="Pnl">Of a closed trade.</param>
internal readonly record struct SpikeOutcome(string? Word, decimal? Pnl)
{
    public const string Profitable = "profitable";
    public const string Unprofitable = "unprofitable";
    public const string Breakeven = "breakeven";
    public const string Pending = "pending";

    public static readonly Choices Words = new(Profitable, Unprofitable, Breakeven, Pending);

    /// <summary>The outcome of a trade. A pnl that only floats left over counts as 0 (docs/metrics.md, "One trade").</summary>
    public static SpikeOutcome Of(Trade trade)
    {
        if (!trade.IsClosed)
        {
            return trade.IsVoided ? default : new(Pending, null);
        }

        if (trade.Pnl is not { } pnl)
        {
            return default;
        }

        var earned = trade is { EntryPrice: { } entry, Quantity: { } quantity } ? FloatResidue.Without(pnl, entry, quantity, TradeTerms.Of(trade).Contract) : pnl;
        return new(earned switch { > 0 => Profitable, < 0 => Unprofitable, _ => Breakeven }, earned);
    }
}

/// <summary>
/// Fills in the outcome and the pnl of spikes when they are read, so that they follow every close, correction and void of the trade, whoever
/// made it. What a row itself says counts only where it names no trade.
/// </summary>
internal static class SpikeOutcomes
{
    /// <summary>So many trades are asked for in one statement.</summary>
    private const int Slots = 50;

    private static readonly Sql Trades = new(
        $"SELECT {TradeStore.Table.Selection} FROM trades WHERE id IN ({string.Join(", ", Enumerable.Range(0, Slots).Select(static slot => $"@id{slot}"))})");

    public static async ValueTask ShowAsync(Session session, IReadOnlyList<Spike> spikes)
    {
        var outcomes = await OfTradesAsync(session, spikes.Select(static spike => spike.TradeId).OfType<long>());
        foreach (var spike in spikes)
        {
            (spike.Outcome, spike.Pnl) = (WordOf(outcomes, spike.TradeId, spike.Outcome), spike.TradeId is { } id ? outcomes.GetValueOrDefault(id).Pnl : spike.Pnl);
        }
    }

    /// <summary>Returns what came of a spike, by the rule above.</summary>
    /// <param name="outcomes">Those of trades.</param>
    /// <param name="tradeId">The trade that the spike names.</param>
    /// <param name="stored">What its row says.</param>
    public static string? WordOf(Dictionary<long, SpikeOutcome> outcomes, long? tradeId, string? stored) =>
        tradeId is { } id ? outcomes.GetValueOrDefault(id).Word : SpikeOutcome.Words.Normal(stored);

    /// <summary>Returns the outcomes of trades by their ids. A trade that is not stored is not there.</summary>
    public static async ValueTask<Dictionary<long, SpikeOutcome>> OfTradesAsync(Session session, IEnumerable<long> ids)
    {
        var outcomes = new Dictionary<long, SpikeOutcome>();
        foreach (var part in ids.Distinct().Chunk(Slots))
        {
            var statement = session.Prepare(Trades);
            for (var slot = 0; slot < Slots; slot++)
            {
                statement.Set(string.Create(CultureInfo.InvariantCulture, $"id{slot}"), slot < part.Length ? part[slot] : (long?)null);
            }

            foreach (var trade in await statement.ListAsync(TradeStore.Read))
            {
                outcomes[trade.Id] = SpikeOutcome.Of(trade);
            }
        }

        return outcomes;
    }
}
