using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Decides whether a new position may be opened or an open one enlarged.</summary>
internal interface ITradeGate
{
    /// <summary>Throws a refusal unless the bot may open or enlarge a position now. It runs inside the transaction of the write.</summary>
    ValueTask DemandAsync(Session session, string? botName, string? mode);
}
