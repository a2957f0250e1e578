namespace Pilothouse.Performance;

/// <summary>
/// What the figures need of a closed trade. A trade stored without a closing time closes at its timestamp (so it was held for
/// 0 seconds), and a missing pnl or fee is 0; <paramref name="Pnl"/> is already after <paramref name="Fees"/>. Both are in
/// <paramref name="Asset"/>, or in the reporting currency where nobody knows it.
/// </summary>
internal readonly record struct ClosedTrade(long Id, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, decimal Pnl, decimal Fees, string? Asset = null);
