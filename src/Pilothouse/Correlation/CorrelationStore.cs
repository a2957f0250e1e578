using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Correlation;

/// <summary>The table <c>correlation_data</c>.</summary>
internal static class CorrelationStore
{
    public const int LongestAsset = 20;

    public static readonly Table<NewCorrelation, AssetCorrelation> Table = new(
        "correlation_data", CorrelationJson.Default.NewCorrelation, CorrelationJson.Default.AssetCorrelation, time: "timestamp",
        Column.Time("timestamp"),
        Column.Text("asset1", LongestAsset, required: true) with { InCapitals = true },
        Column.Text("asset2", LongestAsset, required: true) with { InCapitals = true },
        Column.Number("correlation_value", least: -1, most: 1, required: true),
        Column.Whole("period_days", 1, 87_600) with { Standard = 7L },
        Column.OneOf("strength", NewCorrelation.Strengths),
        Column.Whole("samples", least: 0));

    public static readonly InputRules<NewCorrelation> Rules = Table.Rules.Also("asset2", static correlation =>
        correlation.Asset1 is { } asset && asset.Equals(correlation.Asset2, StringComparison.OrdinalIgnoreCase) ? "must not be the same as asset1" : null);

    private const string NewestFirst = "ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1";

    private static readonly Sql Latest = new($"SELECT {Table.Selection} FROM correlation_data WHERE period_days = @period_days {NewestFirst}");

    /// <summary>The newest row for each order of the two assets, found by an index, and then the newer of these.</summary>
    private static readonly Sql LatestOfAssets = new($"""
        SELECT * FROM (SELECT {Table.Selection}, time_key(timestamp) AS time FROM correlation_data
          WHERE upper(asset1) = @asset1 AND upper(asset2) = @asset2 AND period_days = @period_days {NewestFirst}) AS given
        UNION ALL
        SELECT * FROM (SELECT {Table.Selection}, time_key(timestamp) AS time FROM correlation_data
          WHERE upper(asset1) = @asset2 AND upper(asset2) = @asset1 AND period_days = @period_days {NewestFirst}) AS swapped
        ORDER BY time DESC, id DESC LIMIT 1
        """);

    private static readonly Sql LatestOfAsset1 = LatestOfOne("asset1", "asset2");

    private static readonly Sql LatestOfAsset2 = LatestOfOne("asset2", "asset1");

    /// <summary>Returns the newest correlation of any assets over that period, or null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestAsync(Session session, int periodDays) =>
        session.Prepare(Latest).Set("period_days", (long)periodDays).FirstAsync(Table.Read);

    /// <summary>Returns the newest correlation of two assets (upper case, in either order) over that period, or null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestAsync(Session session, string asset1, string asset2, int periodDays) =>
        session.Prepare(LatestOfAssets).Set("asset1", asset1).Set("asset2", asset2).Set("period_days", (long)periodDays).FirstAsync(Table.Read);

    /// <summary>Returns the newest correlation with this asset1 over that period, else the newest with it as asset2, else null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestOfAsset1Async(Session session, string asset, int periodDays) =>
        session.Prepare(LatestOfAsset1).Set("asset", asset).Set("period_days", (long)periodDays).FirstAsync(Table.Read);

    /// <summary>Returns the newest correlation with this asset2 over that period, else the newest with it as asset1, else null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestOfAsset2Async(Session session, string asset, int periodDays) =>
        session.Prepare(LatestOfAsset2).Set("asset", asset).Set("period_days", (long)periodDays).FirstAsync(Table.Read);

    private static Sql LatestOfOne(string column, string other) => new($"""
        SELECT * FROM (SELECT {Table.Selection}, 0 AS place FROM correlation_data
          WHERE upper({column}) = @asset AND period_days = @period_days {NewestFirst}) AS named
        UNION ALL
        SELECT * FROM (SELECT {Table.Selection}, 1 AS place FROM correlation_data
          WHERE upper({other}) = @asset AND period_days = @period_days {NewestFirst}) AS swapped
        ORDER BY place LIMIT 1
        """);
}
