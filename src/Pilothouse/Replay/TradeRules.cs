namespace Pilothouse.Replay;

/// <summary>An open trade: long (BUY) or short (SELL), with the quantity in base units.</summary>
internal sealed record Position(
    string Pair, bool IsLong, DateTimeOffset OpenedAt, decimal EntryPrice, decimal Quantity, decimal StopLoss, decimal TakeProfit);

/// <summary>
/// The rules by which the bot trades one pair. A BUY or SELL opens a trade of 1,000 in the quote currency at the candle's close, with a
/// stop 1 % against it and a target 2 % in its favour. The opposite signal closes it and opens the reverse. There is one trade at a time. A
/// candle does not tell whether its low or its high came first, so if both the stop and the target lie within it, the stop counts.
/// </summary>
internal sealed class TradeRules
{
    public const decimal TradeValue = 1_000;
    public const decimal FeeRate = 0.001m;
    private const decimal StopDistance = 0.01m;
    private const decimal TargetDistance = 0.02m;
    private const int MoneyDigits = 8;

    public Position? Open { get; private set; }

    /// <summary>Closes the open trade if this candle reached its stop or its target; else null.</summary>
    public TradeClosed? OnPrices(MinuteCandle candle)
    {
        if (Open is not { } open)
        {
            return null;
        }

        var (worst, best, side) = open.IsLong ? (candle.Low, candle.High, 1) : (candle.High, candle.Low, -1);
        // The open is the first price of a candle. If it is already beyond the stop or the target, the trade closes at the open.
        return Beyond(open.StopLoss, candle.Open) ? Close(candle.Open, candle.Closes, "stop_loss")
            : Beyond(candle.Open, open.TakeProfit) ? Close(candle.Open, candle.Closes, "take_profit")
            : Beyond(open.StopLoss, worst) ? Close(open.StopLoss, candle.Closes, "stop_loss")
            : Beyond(best, open.TakeProfit) ? Close(open.TakeProfit, candle.Closes, "take_profit")
            : null;

        bool Beyond(decimal better, decimal worse) => side * (better - worse) >= 0;
    }

    /// <summary>Closes the open trade if the signal is the opposite one; else null.</summary>
    public TradeClosed? OnSignal(MinuteCandle candle, TradeSignal signal) =>
        Open is { } open && signal == (open.IsLong ? TradeSignal.Sell : TradeSignal.Buy)
            ? Close(candle.Close, candle.Closes, "signal")
            : null;

    /// <summary>Whether <paramref name="signal"/> opens a trade, at once or after the opposite one is closed.</summary>
    public bool WouldOpen(TradeSignal signal) =>
        signal != TradeSignal.Hold && (Open is null || Open.IsLong != (signal == TradeSignal.Buy));

    /// <summary>Opens a trade for <paramref name="signal"/>. No other may be open.</summary>
    public Position Enter(MinuteCandle candle, TradeSignal signal)
    {
        var (price, isLong) = (candle.Close, signal == TradeSignal.Buy);
        var side = isLong ? 1 : -1;
        Open = new Position(
            candle.Pair, isLong, candle.Closes, price,
            Math.Round(TradeValue / price, MoneyDigits, MidpointRounding.AwayFromZero),
            Math.Round(price * (1 - (side * StopDistance)), MoneyDigits, MidpointRounding.AwayFromZero),
            Math.Round(price * (1 + (side * TargetDistance)), MoneyDigits, MidpointRounding.AwayFromZero));
        return Open;
    }

    /// <summary>Forgets the open trade, which was not made.</summary>
    public void Forget() => Open = null;

    /// <summary>Closes the open trade at the close of the last candle; null if there is none.</summary>
    public TradeClosed? CloseNow(MinuteCandle last, string reason) => Open is null ? null : Close(last.Close, last.Closes, reason);

    private TradeClosed Close(decimal exit, DateTimeOffset at, string reason)
    {
        var position = Open ?? throw new InvalidOperationException("No trade is open.");
        Open = null;
        var fees = Math.Round(
            (position.EntryPrice + exit) * position.Quantity * FeeRate, MoneyDigits, MidpointRounding.AwayFromZero);
        var gain = (position.IsLong ? exit - position.EntryPrice : position.EntryPrice - exit) * position.Quantity;
        return new TradeClosed(at, position, exit, fees, gain - fees, reason);
    }
}
