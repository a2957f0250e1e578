using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Decides whether a new position may be opened or an open one enlarged.</summary>
internal interface ITradeGate
{
    /// <summary>Throws a refusal unless the bot may open or enlarge the position now. It runs inside the transaction of the write.</summary>
    ValueTask DemandAsync(Session session, WantedPosition wanted);
}

/// <summary>What a bot wants to open, or to add to an open trade.</summary>
/// <param name="BotName">The bot; null where nobody named one.</param>
/// <param name="TradingPair">As it was sent.</param>
/// <param name="Side">BUY or SELL; as it is stored where another program stored another word.</param>
/// <param name="Mode">auto, manual or paper; null where nobody named one.</param>
/// <param name="TradeId">The trade that is to be enlarged; null for a new one.</param>
/// <param name="Price">The price of the entry.</param>
/// <param name="Quantity">How much is to be added.</param>
internal sealed record WantedPosition(string? BotName, string TradingPair, string Side, string? Mode, long? TradeId, decimal? Price, decimal? Quantity);
