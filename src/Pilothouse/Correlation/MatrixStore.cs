using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Correlation;

/// <summary>The table <c>correlation_matrices</c>: the newest matrix for each period.</summary>
internal static class MatrixStore
{
    public const string Table = "correlation_matrices";

    private static readonly Sql Find = new($"SELECT period_days, computed_at, window_end, assets, correlations, samples FROM {Table} WHERE name = @name");

    private static readonly Sql Store = new($"""
        INSERT INTO {Table}(name, period_days, computed_at, window_end, assets, correlations, samples)
        VALUES (@name, @period_days, @computed_at, @window_end, @assets, @correlations, @samples)
        ON CONFLICT (name) DO UPDATE SET computed_at = excluded.computed_at, window_end = excluded.window_end, assets = excluded.assets,
          correlations = excluded.correlations, samples = excluded.samples
        """);

    private static readonly Sql FindEnd = new($"SELECT window_end FROM {Table} WHERE name = @name");

    /// <summary>Returns the newest matrix over that period, or null.</summary>
    public static ValueTask<CorrelationMatrix?> FindAsync(Session session, long periodDays) =>
        session.Prepare(Find).Set("name", NameOf(periodDays)).FirstAsync(static row => row.Time(2) is { } end && row.Time(1) is { } at
            ? CorrelationMatrix.Of(row.Id(0), at, end.AddDays(-row.Id(0)), end, Parse(row.Text(3), CorrelationJson.Default.StringArray),
                Parse(row.Text(4), CorrelationJson.Default.NullableDoubleArrayArray), Parse(row.Text(5), CorrelationJson.Default.Int32ArrayArray))
            : null);

    /// <summary>Returns up to when the newest matrix over that period goes, or null.</summary>
    public static ValueTask<DateTimeOffset?> FindEndAsync(Session session, long periodDays) =>
        session.Prepare(FindEnd).Set("name", NameOf(periodDays)).FirstAsync(static row => row.Time(0));

    /// <summary>Stores a matrix in the place of the one of its period.</summary>
    public static ValueTask<int> StoreAsync(Session session, CorrelationMatrix matrix) =>
        session.Prepare(Store).Set("name", NameOf(matrix.PeriodDays)).Set("period_days", (long?)matrix.PeriodDays).Set("computed_at", (DateTimeOffset?)matrix.ComputedAt)
            .Set("window_end", (DateTimeOffset?)matrix.To).Set("assets", JsonText.Of([.. matrix.Assets], CorrelationJson.Default.StringArray))
            .Set("correlations", JsonText.Of(matrix.Matrix, CorrelationJson.Default.NullableDoubleArrayArray))
            .Set("samples", JsonText.Of(matrix.Samples, CorrelationJson.Default.Int32ArrayArray)).ExecuteAsync();

    private static string NameOf(long periodDays) => periodDays.ToString(CultureInfo.InvariantCulture);

    private static T Parse<T>(string? json, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(json!, type)!;
}
