namespace Pilothouse.Performance;

/// <summary>
/// What the figures need of a closed trade. A trade without a closing time closed at its timestamp (it was held for 0 seconds), and a
/// missing pnl or fee is 0. <paramref name="Fees"/> are already subtracted from <paramref name="Pnl"/>. Both are in
/// <paramref name="Asset"/>, or in the reporting currency if the asset is unknown.
/// </summary>
internal readonly record struct ClosedTrade(long Id, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, decimal Pnl, decimal Fees, string? Asset = null);
