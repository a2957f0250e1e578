namespace Pilothouse.Events;

/// <summary>One event, written once for all listeners.</summary>
/// <param name="Sequence">Its position in the log of changes.</param>
/// <param name="Name">Its name, such as <c>signal.recorded</c>.</param>
/// <param name="TradingPair">The pair that its record names; null if it names none or is gone.</param>
/// <param name="BotName">The bot that its record names; null if it names none or is gone.</param>
/// <param name="IsGone">Whether the record is gone, so that nobody can tell its pair and bot.</param>
/// <param name="Frame">The event in the form of the stream.</param>
internal sealed record LiveEvent(long Sequence, string Name, string? TradingPair, string? BotName, bool IsGone, byte[] Frame);

/// <summary>A part of the log of changes as events.</summary>
/// <param name="Position">The position of the newest change that was read.</param>
/// <param name="Events">The events, in order. Changes that no event tells of are left out.</param>
/// <param name="IsFull">Whether there may be more changes.</param>
internal sealed record EventPage(long Position, List<LiveEvent> Events, bool IsFull);
