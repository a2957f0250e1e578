using Pilothouse.Contract;


namespace Pilothouse.Analysis;

/// <summary>The table <c>chart_analyses</c>.</summary>
internal static class AnalysisStore
{
    private const int LongestText = 20_000;

    public static readonly Table<NewChartAnalysis, ChartAnalysis> Table = new(
        "chart_analyses", AnalysisJson.Default.NewChartAnalysis, AnalysisJson.Default.ChartAnalysis, time: "timestamp",
        Column.Time("timestamp"),
        Column.Pair(),
        Column.Text("timeframe", longest: 20, required: true) with { Filter = "Only of this timeframe." },
        Column.OneOf("recommendation", NewChartAnalysis.Recommendations, required: true) with { Filter = "Only with this recommendation." },
        Column.OneOf("confidence", NewChartAnalysis.Confidences),
        Column.Text("key_observations", LongestText),
        Column.Text("risk_factors", LongestText),
        Column.Text("ai_analysis", longest: 100_000),
        Column.Text("support_levels", LongestText),
        Column.Text("resistance_levels", LongestText),
        Column.Text("chart_image_path", LongestText),
        Column.Bot(),
        Column.Text("model", longest: 100) with { Filter = "Only by this model." },
        Column.Reference("signal_id", "signals", "signal") with { Filter = "Only with the signal of this id." });

    /// <summary>The name mode is ignored and not taken for a misspelled model, because bots send it with other records.</summary>
    public static readonly InputRules<NewChartAnalysis> Rules = Table.Rules.Record("mode");

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["signal_id", "trading_pair", "bot_name", "model"],
        Groups = ["recommendation timeframe model", "bot_name trading_pair timeframe recommendation model"],
    };
}
