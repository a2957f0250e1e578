using Pilothouse.Configuration;

namespace Pilothouse.Trades;

/// <summary>
/// Which amounts may be added as they are (docs/metrics.md, "Which money"), by the settings REPORTING_CURRENCY and STABLECOINS_AT_PAR.
/// </summary>
/// <param name="Reporting">The currency of the sum of amounts in several, and of trades that name no asset; in capitals.</param>
/// <param name="AtPar">Whether dollar-like assets count one to one.</param>
internal sealed record MoneyUnits(string Reporting, bool AtPar)
{
    public static readonly MoneyUnits Usual = new(SettleAsset.Reporting, true);

    /// <summary>Returns those that the settings ask for.</summary>
    public static MoneyUnits Of(Settings settings) => new(settings.ReportingCurrency, settings.StablecoinsAtPar);

    /// <summary>The assets whose prices are prices in the reporting currency.</summary>
    public IReadOnlyCollection<string> Quotes => SameAs(Reporting);

    /// <summary>Returns the asset of an amount; an empty one is the reporting currency.</summary>
    public string Of(string? asset) => string.IsNullOrEmpty(asset) ? Reporting : asset;

    /// <summary>Returns the unit in which amounts of this asset may be added.</summary>
    public string UnitOf(string? asset) =>
        !AtPar || !SettleAsset.IsDollar(Of(asset)) ? Of(asset) : SettleAsset.IsDollar(Reporting) ? Reporting : SettleAsset.Reporting;

    /// <summary>Whether amounts of this asset count in the reporting currency as they are.</summary>
    public bool IsReporting(string? asset) => UnitOf(asset) == UnitOf(Reporting);

    /// <summary>Returns the assets that count as much as this one, itself among them.</summary>
    public IReadOnlyCollection<string> SameAs(string asset) => AtPar && SettleAsset.IsDollar(asset) ? SettleAsset.AllDollars : [asset];
}
