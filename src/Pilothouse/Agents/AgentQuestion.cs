using Pilothouse.Contract;

namespace Pilothouse.Agents;

/// <summary>Which decisions are counted, and how they are split. A null selects any.</summary>
/// <param name="Period">daily, weekly or monthly.</param>
/// <param name="From">The earliest, inclusive.</param>
/// <param name="To">The latest, inclusive.</param>
internal sealed record AgentQuestion(
    string Period, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Agent = null, string? Role = null, string? Type = null, string? Bot = null)
{
    public static AgentQuestion Of(QueryValues query) => new(
        query.Text("period") ?? "monthly", query.Time("from_date"), query.Time("to_date"), query.Text("agent_name"), query.Text("agent_role"),
        query.Text("decision_type"), query.Text("bot_name"));
}
