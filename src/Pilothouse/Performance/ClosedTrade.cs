using Pilothouse.Prices;

namespace Pilothouse.Performance;

/// <summary>
/// What the figures need of a closed trade. A trade without a closing time closed at its timestamp (it was held for 0 seconds), and a
/// missing pnl or fee is 0. <paramref name="Fees"/> are already subtracted from <paramref name="Pnl"/>. Both are in
/// <paramref name="Asset"/>, or in the reporting currency if the asset is unknown.
/// </summary>
/// <param name="Rate">The price of the asset in the reporting currency at the close; null if there is none, or if none is needed.</param>
internal readonly record struct ClosedTrade(
    long Id, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, decimal Pnl, decimal Fees, string? Asset = null, decimal? Rate = null)
{
    /// <summary>Whether its amounts can be stated in the reporting currency.</summary>
    public bool IsPriced => AssetPrices.Times(Pnl, Rate) is not null && AssetPrices.Times(Fees, Rate) is not null;

    /// <summary>Returns it in the reporting currency; as it is if it has no price, for what does not depend on the amount.</summary>
    public ClosedTrade InReporting() =>
        AssetPrices.Times(Pnl, Rate) is { } pnl && AssetPrices.Times(Fees, Rate) is { } fees ? this with { Pnl = pnl, Fees = fees } : this;
}
