using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Knows the stored prices of pairs.</summary>
internal interface ITradePrices
{
    /// <summary>Fills in the price, its age and the unrealized pnl of open trades, and mfe and mae of closed ones.</summary>
    ValueTask ShowAsync(Session session, IReadOnlyList<Trade> trades);
}
