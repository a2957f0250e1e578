namespace Pilothouse.Trades;

/// <summary>Which trades are read in addition to the selected ones, because they changed the same equity.</summary>
internal enum TradesBeside
{
    /// <summary>No others.</summary>
    None,

    /// <summary>Those of the same bot and mode, whatever their pair, side and strategy.</summary>
    OfBotAndMode,

    /// <summary>Those of the same bot in every mode, because the bot's reports may name another mode than its trades.</summary>
    OfBot,

    /// <summary>Those of all bots.</summary>
    OfAll,
}

/// <summary>Selects closed trades. A null selects any.</summary>
/// <param name="From">The earliest close, inclusive.</param>
/// <param name="To">The latest close, inclusive.</param>
/// <param name="Strategy">The strategy of the trade, else that of its signal.</param>
/// <param name="Currency">The settle asset, in upper case. It is compared after a row was read, not in SQL.</param>
internal sealed record ClosedTradeFilter(
    DateTimeOffset? From = null, string? TradingPair = null, string? Side = null, string? BotName = null, string? Mode = null, DateTimeOffset? To = null,
    string? Strategy = null, string? Currency = null)
{
    public bool Takes(DateTimeOffset closedAt) => !(closedAt < From) && !(closedAt > To);
}
