namespace Pilothouse.Replay;

/// <summary>Something that the bot did or saw, at the time of its candles.</summary>
internal abstract record BotAction(DateTimeOffset At);

/// <param name="Opens">Whether a trade follows, unless the server refuses it.</param>
internal sealed record SignalRaised(DateTimeOffset At, string Pair, decimal Price, IndicatorReading Reading, bool Opens) : BotAction(At);

/// <summary>
/// A trade was opened. It follows the <see cref="SignalRaised"/> of the same pair and minute, which is the reason for it.
/// </summary>
internal sealed record TradeOpened(Position Position, IndicatorReading Reading) : BotAction(Position.OpenedAt);

/// <summary>A trade was closed. Fees are those of the whole trade, and are already subtracted from <paramref name="Pnl"/>.</summary>
internal sealed record TradeClosed(
    DateTimeOffset At, Position Position, decimal ExitPrice, decimal Fees, decimal Pnl, string Reason) : BotAction(At);

internal sealed record MarketSeen(
    DateTimeOffset At, decimal? BtcPrice, decimal? BtcChangePercent, decimal? EthPrice, decimal? EthChangePercent) : BotAction(At);

/// <summary>The bot's status. <paramref name="Trades"/> counts closed trades, of which <paramref name="WinRatePercent"/> won.</summary>
internal sealed record StatusReported(
    DateTimeOffset At, string Status, decimal Balance, int OpenPositions, int Trades, decimal WinRatePercent, decimal TotalPnl,
    bool IsLast) : BotAction(At);
