namespace Pilothouse.Replay;

/// <summary>Something that the bot did or saw, at a time that its candles say.</summary>
internal abstract record BotAction(DateTimeOffset At);

internal sealed record SignalRaised(DateTimeOffset At, string Pair, decimal Price, IndicatorReading Reading) : BotAction(At);

/// <summary>Follows the <see cref="SignalRaised"/> of the same pair and minute, which is its reason.</summary>
internal sealed record TradeOpened(Position Position, IndicatorReading Reading) : BotAction(Position.OpenedAt);

/// <summary>Fees are those of the whole trade; <paramref name="Pnl"/> is what is left after them.</summary>
internal sealed record TradeClosed(
    DateTimeOffset At, Position Position, decimal ExitPrice, decimal Fees, decimal Pnl, string Reason) : BotAction(At);

internal sealed record MarketSeen(
    DateTimeOffset At, decimal? BtcPrice, decimal? BtcChangePercent, decimal? EthPrice, decimal? EthChangePercent) : BotAction(At);

/// <summary><paramref name="Trades"/> are closed ones, of which <paramref name="WinRatePercent"/> won.</summary>
internal sealed record StatusReported(
    DateTimeOffset At, string Status, decimal Balance, int OpenPositions, int Trades, decimal WinRatePercent, decimal TotalPnl,
    bool IsLast) : BotAction(At);
