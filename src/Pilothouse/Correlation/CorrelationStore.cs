using Pilothouse.Storage;

namespace Pilothouse.Correlation;

/// <summary>The table <c>correlation_data</c>.</summary>
internal static class CorrelationStore
{
    public const string Columns = "id, timestamp, asset1, asset2, correlation_value, period_days, strength, samples";

    private const string NewestFirst = "ORDER BY time_key(timestamp) DESC, id DESC LIMIT 1";

    private static readonly Sql Insert = new("""
        INSERT INTO correlation_data(timestamp, asset1, asset2, correlation_value, period_days, strength, samples)
        VALUES (@timestamp, @asset1, @asset2, @correlation_value, @period_days, @strength, @samples)
        RETURNING id
        """);

    private static readonly Sql Latest = new($"SELECT {Columns} FROM correlation_data WHERE period_days = @period_days {NewestFirst}");

    /// <summary>The newest in each order of the two, by look-up, and then the newer of these.</summary>
    private static readonly Sql LatestOfAssets = new($"""
        SELECT * FROM (SELECT {Columns}, time_key(timestamp) AS time FROM correlation_data
          WHERE upper(asset1) = @asset1 AND upper(asset2) = @asset2 AND period_days = @period_days {NewestFirst}) AS given
        UNION ALL
        SELECT * FROM (SELECT {Columns}, time_key(timestamp) AS time FROM correlation_data
          WHERE upper(asset1) = @asset2 AND upper(asset2) = @asset1 AND period_days = @period_days {NewestFirst}) AS swapped
        ORDER BY time DESC, id DESC LIMIT 1
        """);

    /// <summary>Stores a checked correlation.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewCorrelation correlation, DateTimeOffset timestamp) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("asset1", correlation.Asset1!.ToUpperInvariant())
            .Set("asset2", correlation.Asset2!.ToUpperInvariant())
            .Set("correlation_value", correlation.CorrelationValue)
            .Set("period_days", correlation.PeriodDays ?? 7L)
            .Set("strength", NewCorrelation.Strengths.Normal(correlation.Strength) ?? NewCorrelation.StrengthOf(correlation.CorrelationValue!.Value))
            .Set("samples", correlation.Samples)
            .InsertAsync();

    /// <summary>The newest of any assets over that period, or null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestAsync(Session session, int periodDays) =>
        session.Prepare(Latest).Set("period_days", (long)periodDays).FirstAsync(Read);

    /// <summary>The newest of two assets (upper case, in either order) over that period, or null.</summary>
    public static ValueTask<AssetCorrelation?> FindLatestAsync(Session session, string asset1, string asset2, int periodDays) =>
        session.Prepare(LatestOfAssets).Set("asset1", asset1).Set("asset2", asset2).Set("period_days", (long)periodDays).FirstAsync(Read);

    private static AssetCorrelation Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Number(4), row.Whole(5), row.Text(6), row.Whole(7));
}
