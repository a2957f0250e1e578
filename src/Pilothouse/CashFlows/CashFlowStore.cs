using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.CashFlows;

/// <summary>The table <c>cash_flows</c>.</summary>
internal static class CashFlowStore
{
    public static readonly Table<NewCashFlow, CashFlow> Table = new(
        "cash_flows", CashFlowJson.Default.NewCashFlow, CashFlowJson.Default.CashFlow, time: "timestamp",
        Column.Time("timestamp"),
        Column.Bot(),
        Column.OneOf("mode", NewCashFlow.Modes) with { Filter = "Only of the accounts in this mode." },
        Column.Money("amount", required: true),
        Column.Text("asset", longest: 20) with { InCapitals = true, Filter = "Only in this asset, in any case." },
        Column.Text("note", longest: 500),
        Column.Text("external_id", longest: 200) with { Filter = "Only with this external_id; each bot has its own." });

    public static readonly InputRules<NewCashFlow> Rules = Table.Rules
        .Also("amount", static flow => flow.Amount is 0 ? "must not be 0: a deposit is positive, a withdrawal negative" : null)
        .Also("asset", static flow => flow.Asset is { } asset ? TradingPair.Problem(asset) : null)
        .Also("external_id", static flow => flow.ExternalId is { } id && string.IsNullOrWhiteSpace(id) ? "must not be empty" : null);

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["external_id", "bot_name"],
        Groups = ["mode asset", "bot_name mode asset"],
    };

    private static readonly Sql FindExternal = new(
        $"SELECT {Table.Selection} FROM cash_flows WHERE coalesce(bot_name, '') = @bot_name AND external_id = @external_id");

    public static ValueTask<CashFlow?> FindExternalAsync(Session session, string? botName, string externalId) =>
        session.Prepare(FindExternal).Set("bot_name", botName ?? "").Set("external_id", externalId).FirstAsync(Table.Read);
}
