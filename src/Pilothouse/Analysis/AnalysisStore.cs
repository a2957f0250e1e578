using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Analysis;

/// <summary>The table <c>chart_analyses</c>.</summary>
internal static class AnalysisStore
{
    public const string Columns = """
        id, timestamp, trading_pair, timeframe, recommendation, confidence, key_observations, risk_factors, ai_analysis, support_levels,
        resistance_levels, chart_image_path, bot_name, model, signal_id
        """;

    private static readonly Sql Insert = new("""
        INSERT INTO chart_analyses(timestamp, trading_pair, timeframe, recommendation, confidence, key_observations, risk_factors, ai_analysis,
          support_levels, resistance_levels, chart_image_path, bot_name, model, signal_id)
        VALUES (@timestamp, @trading_pair, @timeframe, @recommendation, @confidence, @key_observations, @risk_factors, @ai_analysis,
          @support_levels, @resistance_levels, @chart_image_path, @bot_name, @model, @signal_id)
        RETURNING id
        """);

    /// <summary>Filters: signal_id, trading_pair (upper case), bot_name, model, timeframe, recommendation.</summary>
    public static readonly ListSql List = new("chart_analyses", Columns,
        ("signal_id", "signal_id = @signal_id"),
        ("trading_pair", "upper(trading_pair) = @trading_pair"),
        ("bot_name", "bot_name = @bot_name"),
        ("model", "model = @model"),
        ("timeframe", "timeframe = @timeframe"),
        ("recommendation", "upper(recommendation) = @recommendation"));

    /// <summary>Stores a checked analysis.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, NewChartAnalysis analysis, DateTimeOffset timestamp, string? botName) =>
        session.Prepare(Insert)
            .Set("timestamp", (DateTimeOffset?)timestamp)
            .Set("trading_pair", analysis.TradingPair!.ToUpperInvariant())
            .Set("timeframe", analysis.Timeframe)
            .Set("recommendation", NewChartAnalysis.Recommendations.Normal(analysis.Recommendation))
            .Set("confidence", NewChartAnalysis.Confidences.Normal(analysis.Confidence))
            .Set("key_observations", analysis.KeyObservations)
            .Set("risk_factors", analysis.RiskFactors)
            .Set("ai_analysis", analysis.AiAnalysis)
            .Set("support_levels", analysis.SupportLevels)
            .Set("resistance_levels", analysis.ResistanceLevels)
            .Set("chart_image_path", analysis.ChartImagePath)
            .Set("bot_name", botName)
            .Set("model", analysis.Model)
            .Set("signal_id", analysis.SignalId)
            .InsertAsync();

    public static ChartAnalysis Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.Text(9),
        row.Text(10), row.Text(11), row.Text(12), row.Text(13), row.Whole(14));
}
