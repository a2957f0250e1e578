using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Webhooks;

/// <summary>The stored trades of a freqtrade bot, and what a message says of them.</summary>
internal static class FreqtradeTrades
{
    /// <summary>How much an exit may differ from what is left: exchanges round amounts, and dust stays in the wallet.</summary>
    private const decimal MostDust = 0.01m;

    /// <summary>Amounts that differ by less than this share are the same.</summary>
    private const decimal SameAmount = 1e-6m;

    /// <summary>Fees and funding above this share of what was bought and sold come from a message that is missing.</summary>
    private const decimal MostFees = 0.05m;

    /// <summary>With larger prices than this, products might not fit a decimal.</summary>
    private const decimal Largest = 1e13m;

    private static readonly TimeSpan SameMoment = TimeSpan.FromSeconds(1);

    /// <summary>How far the clocks of the bot and of this server may be apart.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Returns the trade that a message tells of, and the external id that it has or gets. It is that of `pilothouse import freqtrade`. A
    /// bot with a new database counts its trades from 1 again: a trade of another time under the same number has its time in its id.
    /// </summary>
    public static async ValueTask<(Trade? Trade, string ExternalId)> FindAsync(Session session, string botName, FreqtradeMessage told)
    {
        var plain = string.Create(CultureInfo.InvariantCulture, $"freqtrade:{botName}:{told.TradeId}");
        if (await TradeStore.FindExternalAsync(session, botName, plain) is not { } first)
        {
            return (null, plain);
        }

        if (told.OpenDate is not { } opened || (first.Timestamp - opened)?.Duration() < SameMoment)
        {
            return (first, plain);
        }

        var timed = string.Create(CultureInfo.InvariantCulture, $"{plain}@{opened.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}");
        return (await TradeStore.FindExternalAsync(session, botName, timed), timed);
    }

    /// <summary>Whether an exit leaves nothing of the trade, but for dust.</summary>
    public static bool ClosesAll(Trade trade, FreqtradeMessage told) =>
        trade.RemainingQuantity is { } left && left > 0 && Math.Abs(told.Amount!.Value - left) <= left * MostDust;

    /// <summary>
    /// What the whole trade paid, fees and funding together: what its fills earned less the profit that freqtrade says. Null where that is
    /// not known.
    /// </summary>
    public static decimal? FeesOfWhole(Trade trade, List<Fill> fills, FreqtradeMessage told)
    {
        var profit = fills.TrueForAll(static fill => fill.IsEntry) ? told.ProfitAmount : told.CumulativeProfit;
        if (profit is null || trade.RemainingQuantity is not { } left || Math.Abs(told.Amount!.Value - left) > left * SameAmount)
        {
            return null;
        }

        try
        {
            var (gross, turnover) = (0m, 0m);
            foreach (var (price, quantity, isEntry) in fills.Select(static fill => (fill.Price ?? 0, fill.Quantity ?? 0, fill.IsEntry)).Append((told.Rate!.Value, left, false)))
            {
                gross += (isEntry == IsShort(trade) ? 1 : -1) * price * quantity;
                turnover += price * quantity;
            }

            return Kept(gross - profit.Value, turnover);
        }
        catch (OverflowException)
        {
            // Fills that another program stored may be of any size.
            return null;
        }
    }

    /// <summary>What an exit of a part and its share of the entries paid; null where that is not known.</summary>
    public static decimal? FeesOfPart(Trade trade, FreqtradeMessage told) =>
        told.ProfitAmount is { } profit && trade.AverageCost is { } cost and < Largest
            ? Kept(((told.Rate!.Value - cost) * told.Amount!.Value * (IsShort(trade) ? -1 : 1)) - profit, told.Rate.Value * told.Amount.Value) : null;

    /// <summary>The time of an exit, but not before the fill before it, which may have come by a clock that is a little ahead.</summary>
    public static DateTimeOffset NotBefore(DateTimeOffset time, DateTimeOffset? last) => last > time && last - time <= ClockDifference ? last.Value : time;

    /// <summary>The refusal of a fill of a trade that is not stored.</summary>
    public static Refusal Unknown(FreqtradeMessage told, string why) => Refusal.NotFound("Trade not found", string.Create(CultureInfo.InvariantCulture,
        $"freqtrade's trade {told.TradeId} is not stored. {why} `pilothouse import freqtrade` brings trades whose messages are missing; ")
        + "a message that comes late can be sent again by hand.");

    /// <summary>The refusal of an operation, with what it means for freqtrade.</summary>
    public static Refusal Explained(Refusal refusal, FreqtradeMessage told) => refusal.With(
        string.Create(CultureInfo.InvariantCulture, $"The {told.Event} of freqtrade's trade {told.TradeId} was not stored. {refusal.Message}"), refusal.Details);

    private static bool IsShort(Trade trade) => NewTrade.Sides.Normal(trade.Side) == "SELL";

    private static decimal? Kept(decimal fees, decimal turnover) => Math.Abs(fees) <= turnover * MostFees ? RecordBody.Kept(fees) : null;
}
