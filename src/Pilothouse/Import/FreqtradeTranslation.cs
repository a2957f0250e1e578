using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Import;

/// <summary>
/// Makes a trade of ours of freqtrade's. Its closed orders are the fills; the fees are its rates times the value of each fill, as freqtrade
/// computes them (<c>calc_profit</c>), so that both have the same profit.
/// </summary>
/// <param name="source">The source, with which the external ids begin.</param>
/// <param name="botName">The bot that the trades get.</param>
/// <param name="mode">Their mode.</param>
internal sealed class FreqtradeTranslation(string source, string botName, string mode)
{
    private const int LongestStrategy = 100;
    private const int LongestReason = 200;
    private const int LongestId = 200;

    /// <summary>freqtrade rounds the profit of each exit to 8 places.</summary>
    private const decimal Rounding = 1e-8m;

    /// <summary>How much the exits may differ from the entries: exchanges round amounts, and dust stays in the wallet.</summary>
    private const decimal MostDust = 0.01m;

    private long dust;
    private long ownProfits;
    private decimal ownDifference;
    private long interest;
    private long withoutOrders;
    private long cut;
    private long openOrders;
    private long unfilledOrders;

    public string Mode => mode;

    /// <summary>What the trades had that an owner should know.</summary>
    public IEnumerable<string> Notes =>
        new (long Count, string Note)[]
        {
            (dust, "whose exits are up to 1 % less or more than their entries, because the exchange rounded: as in freqtrade, what was not sold is not part of the trade"),
            (interest, "on margin: the interest is in the fees of the last exit"),
            (ownProfits, string.Create(CultureInfo.InvariantCulture, $"whose stored profit is not what their orders make ({ownDifference:0.########} in sum): freqtrade's profit holds, and the difference is in the fees of the last exit")),
            (withoutOrders, "without orders that explain them: they have one entry and at most one exit, of the trade's own prices"),
            (cut, "whose enter_tag, strategy or exit_reason is too long: it is cut to what a trade takes"),
        }.Where(static note => note.Count > 0).Select(static note => string.Create(CultureInfo.InvariantCulture, $"{note.Count:N0} {(note.Count == 1 ? "trade" : "trades")} {note.Note}."))
        .Concat(openOrders + unfilledOrders == 0 ? [] : [string.Create(CultureInfo.InvariantCulture,
            $"{openOrders:N0} open orders and {unfilledOrders:N0} that ended unfilled are no fills. An open order becomes one with the next import after it is filled.")]);

    public static string NameOf(FreqtradeTrade trade) => string.Create(CultureInfo.InvariantCulture, $"trade {trade.Id}");

    /// <summary>Returns the row to store, or null and the reason why there is none.</summary>
    public ImportedRow? Of(FreqtradeTrade trade, IReadOnlyList<FreqtradeOrder> orders, out string? reason)
    {
        reason = trade switch
        {
            { Pair: null or "" } => "Its pair is missing",
            { OpenDate: null } => "Its open_date cannot be read",
            { OpenRate: not > 0 } => "Its open_rate is no price",
            { IsOpen: true } when orders.Count > 0 && !orders.Any(order => !IsExit(trade, order) && order.Quantity > 0) =>
                "Its entry order is not filled; the next import after it is filled brings the trade",
            _ => null,
        };
        openOrders += orders.Count(static order => order.IsOpen);
        unfilledOrders += orders.Count(static order => !order.IsOpen && order.Quantity <= 0);
        if (reason is not null)
        {
            return null;
        }

        try
        {
            var fills = FillsOf(trade, orders);
            reason = fills is not null ? null : trade.Amount is not > 0 ? "Its amount is no quantity" : trade is { IsOpen: false, CloseRate: not >= 0 } ? "It is closed without a close_rate" : null;
            if (reason is not null)
            {
                return null;
            }

            withoutOrders += fills is null ? 1 : 0;
            return fills is null ? OfRow(trade) : OfFills(trade, fills);
        }
        catch (OverflowException)
        {
            reason = "Its amounts are too large to compute";
            return null;
        }
    }

    private ImportedRow OfFills(FreqtradeTrade trade, List<FreqtradeFill> fills)
    {
        if (!trade.IsOpen)
        {
            fills[^1] = fills[^1] with { Fees = fills[^1].Fees + Unexplained(trade, FreqtradeFill.ProfitOf(fills, trade.IsShort), fills.Count(static fill => fill.IsExit)) };
        }

        var body = Begin(trade).Add("entry_price", fills[0].Price).Add("quantity", fills[0].Quantity);
        return Row(trade, body.Done(), [.. fills.Select(static fill => fill.Body())]);
    }

    private ImportedRow OfRow(FreqtradeTrade trade)
    {
        var entry = new FreqtradeFill(false, trade.OpenRate!.Value, trade.Amount!.Value, trade.FeeOpen, trade.OpenDate!.Value, "");
        List<FreqtradeFill> fills = trade.IsOpen ? [entry] : [entry, entry with { IsExit = true, Price = trade.CloseRate!.Value, FeeRate = trade.FeeClose }];
        fills = [.. fills.Select(static fill => fill.WithFees())];
        var fees = fills.Sum(static fill => fill.Fees) + (trade.IsOpen ? 0 : Unexplained(trade, FreqtradeFill.ProfitOf(fills, trade.IsShort), 1));
        var body = Begin(trade).Add("entry_price", trade.OpenRate).Add("quantity", trade.Amount).Add("fees", RecordBody.Kept(fees));
        return Row(trade, (trade.IsOpen ? body : body.Add("status", "closed").Add("exit_price", trade.CloseRate).Add("closed_at", ClosedAt(trade))).Done(), []);
    }

    private RecordBody Begin(FreqtradeTrade trade) => new RecordBody()
        .Add("timestamp", trade.OpenDate)
        .Add("trading_pair", trade.Pair)
        .Add("side", trade.IsShort ? "SELL" : "BUY")
        .Add("contract_type", "linear")
        .Add("settle_asset", trade.StakeCurrency)
        .Add("leverage", trade.Leverage is > 0 ? trade.Leverage : null)
        .Add("stop_loss", trade.StopLoss is > 0 ? trade.StopLoss : null)
        .Add("external_id", string.Create(CultureInfo.InvariantCulture, $"{source}:{trade.Id}"))
        .Add("bot_name", botName)
        .Add("mode", mode)
        .Add("funding", trade.IsFutures ? trade.FundingFees : null)
        .Add("strategy", Cut(trade.EnterTag ?? trade.Strategy, LongestStrategy))
        .Add("exit_reason", Cut(trade.ExitReason, LongestReason));

    private static ImportedRow Row(FreqtradeTrade trade, byte[] body, IReadOnlyList<byte[]> fills) =>
        new("trades", trade.Id.ToString(CultureInfo.InvariantCulture), NameOf(trade), body) { Fills = fills, FirstStop = trade.InitialStopLoss is > 0 ? trade.InitialStopLoss : null };

    /// <summary>Returns the fills of the closed orders; null if these do not explain the trade.</summary>
    private List<FreqtradeFill>? FillsOf(FreqtradeTrade trade, IReadOnlyList<FreqtradeOrder> orders)
    {
        var fills = new List<FreqtradeFill>();
        var (entries, exits) = (0m, 0m);
        var opened = Timestamps.Cut(trade.OpenDate!.Value);
        var last = opened;
        foreach (var order in orders.Where(static order => order is { Quantity: > 0, Rate: > 0 }))
        {
            var isExit = IsExit(trade, order);
            (entries, exits) = isExit ? (entries, exits + order.Quantity) : (entries + order.Quantity, exits);
            var at = Timestamps.Cut(order.FilledAt ?? last);
            last = at < last ? last : at > ClosedAt(trade) ? ClosedAt(trade) > last ? ClosedAt(trade) : last : at;
            var id = order.OrderId is { Length: > 0 and <= LongestId } known && !fills.Exists(fill => fill.ExternalId == known)
                ? known : string.Create(CultureInfo.InvariantCulture, $"order {order.Id}");
            fills.Add(new(isExit, order.Rate, order.Quantity, isExit ? trade.FeeClose : trade.FeeOpen, last, id));
        }

        if (entries == 0 || (trade.IsOpen ? exits >= entries : exits == 0 || !fills[^1].IsExit || Math.Abs((exits / entries) - 1) > MostDust))
        {
            return null;
        }

        if (!trade.IsOpen)
        {
            fills[^1] = fills[^1] with { At = ClosedAt(trade) > last ? ClosedAt(trade) : last };
            if (exits != entries)
            {
                var share = exits / entries;
                dust += Math.Abs(share - 1) > Rounding ? 1 : 0;
                fills = [.. fills.Select(fill => fill.IsExit ? fill : fill with { Quantity = RecordBody.Kept(fill.Quantity * share) })];
            }
        }

        return FreqtradeFill.FitTogether(fills) ? [.. fills.Select(static fill => fill.WithFees())] : null;
    }

    /// <summary>What freqtrade's own profit has less than the fills make. It is 0 if only the rounding differs, or freqtrade stored none.</summary>
    private decimal Unexplained(FreqtradeTrade trade, decimal profit, int exits)
    {
        var made = profit + (trade.IsFutures ? trade.FundingFees ?? 0 : 0);
        if (trade.CloseProfitAbs is not { } own || Math.Abs(made - own) <= (Rounding * (exits + 1)) + (Math.Abs(made) * Rounding))
        {
            return 0;
        }

        if (trade.IsMargin)
        {
            interest++;
        }
        else
        {
            ownProfits++;
            ownDifference += own - made;
        }

        return RecordBody.Kept(made - own);
    }

    private static DateTimeOffset ClosedAt(FreqtradeTrade trade) => trade is { IsOpen: false, CloseDate: { } closed }
        ? Timestamps.Cut(closed < trade.OpenDate!.Value ? trade.OpenDate.Value : closed) : trade.IsOpen ? DateTimeOffset.MaxValue : Timestamps.Cut(trade.OpenDate!.Value);

    private static bool IsExit(FreqtradeTrade trade, FreqtradeOrder order) => !(trade.IsShort ? "sell" : "buy").Equals(order.Side, StringComparison.OrdinalIgnoreCase);

    private string? Cut(string? text, int longest)
    {
        if (text is null || text.Length <= longest)
        {
            return text;
        }

        cut++;
        return text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
    }
}
