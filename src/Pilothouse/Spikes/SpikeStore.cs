using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Spikes;

/// <summary>The table <c>spike_events</c>.</summary>
internal static class SpikeStore
{
    public static readonly Table<NewSpike, Spike> Table = new(
        "spike_events", SpikeJson.Default.NewSpike, SpikeJson.Default.Spike, time: "timestamp",
        Column.Time("timestamp"),
        Column.Pair(),
        Column.Text("spike_type", longest: 100, required: true) with { Filter = "Only of this type." },
        Column.OneOf("direction", NewSpike.Directions, required: true) with { Filter = "Only pumps, or only dumps." },
        Column.Number("magnitude_percent", required: true),
        Column.Whole("timeframe_minutes", least: 1, required: true),
        Column.Number("volume_multiplier", least: 0),
        Column.Money("price_from", above: 0, required: true),
        Column.Money("price_to", above: 0, required: true),
        Column.Number("confidence_score", least: 0, most: 1),
        Column.Whole("detection_latency_ms", least: 0),
        Column.Text("agent_detected_by", longest: 100) with { Filter = "Only of this detector." },
        Column.OneOf("status", SpikeFlow.Statuses, standard: SpikeFlow.Detected) with { Filter = "Only in this status." },
        Column.Text("skip_reason", SpikeFlow.LongestReason),
        Column.Json("context_analysis"),
        Column.Json("risk_assessment"),
        Column.Reference("trade_id", "trades", "trade") with { Filter = "Only with the trade of this id." },
        Column.Computed("outcome", ColumnKind.Text),
        Column.Computed("pnl", ColumnKind.Money),
        Column.Bot());

    public static readonly InputRules<NewSpike> Rules = Table.Rules
        .Also("skip_reason", static spike => ProblemOf(spike, "skip_reason"))
        .Also("trade_id", static spike => ProblemOf(spike, "trade_id"));

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["trade_id", "agent_detected_by", "trading_pair", "bot_name"],
        Groups = ["status direction spike_type", "bot_name trading_pair agent_detected_by status direction spike_type"],
    };

    private static readonly Sql Find = new($"SELECT {Table.Selection} FROM spike_events WHERE id = @id");

    private static readonly Sql FindTexts = new("SELECT context_analysis, risk_assessment FROM spike_events WHERE id = @id");

    private static readonly Sql Update = new("""
        UPDATE spike_events SET status = @status, skip_reason = @skip_reason, trade_id = @trade_id, context_analysis = @context_analysis,
          risk_assessment = @risk_assessment WHERE id = @id
        """);

    /// <summary>Returns a spike with the outcome and the pnl that are stored in its row; null if there is none.</summary>
    public static ValueTask<Spike?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(Table.Read);

    /// <summary>Stores what may change of a spike. A text that was not sent stays as it is stored, also where it is no JSON.</summary>
    public static async ValueTask UpdateAsync(Session session, Spike spike, SpikeChange change)
    {
        var (context, risk) = await session.Prepare(FindTexts).Set("id", (long?)spike.Id).FirstAsync(static row => (row.Text(0), row.Text(1)));
        await session.Prepare(Update).Set("status", spike.Status).Set("skip_reason", spike.SkipReason).Set("trade_id", spike.TradeId)
            .Set("context_analysis", change.Has(SpikeFields.ContextAnalysis) ? TextOf(spike.ContextAnalysis) : context)
            .Set("risk_assessment", change.Has(SpikeFields.RiskAssessment) ? TextOf(spike.RiskAssessment) : risk)
            .Set("id", (long?)spike.Id).ChangeAsync();
    }

    private static string? TextOf(System.Text.Json.JsonElement? json) => json is { } value ? JsonText.Of(value, ContractJson.Default.JsonElement) : null;

    private static string? ProblemOf(NewSpike spike, string field) =>
        SpikeFlow.ProblemOf(SpikeFlow.Statuses.Normal(spike.Status) ?? SpikeFlow.Detected, spike.SkipReason, spike.TradeId) is { } found && found.Field == field
            ? found.Problem : null;
}
