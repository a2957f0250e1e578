using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Budgets;

/// <summary>What a bot may spend on outside APIs in a calendar month (UTC), as an owner sets it.</summary>
internal sealed record NewCostBudget : IInput<NewCostBudget>
{
    public string? BotName { get; init; }

    /// <summary>In dollars.</summary>
    public decimal? MonthlyBudget { get; init; }

    public static InputRules<NewCostBudget> Rules { get; } = new InputRules<NewCostBudget>()
        .Name("bot_name", static budget => budget.BotName, required: true)
        .Money("monthly_budget", static budget => budget.MonthlyBudget, required: true, above: 0, most: 1_000_000_000m)
        .Also("bot_name", static budget => budget.BotName == CostBudget.All ? "must be the name of a bot; COST_BUDGET_MONTHLY is the budget of all" : null);
}

/// <summary>A stored budget of a bot.</summary>
internal sealed record StoredBudget(long Id, string BotName, decimal? MonthlyBudget, DateTimeOffset? SetAt, string? SetBy);

/// <summary>A budget, and how far the current month (UTC) has used it.</summary>
/// <param name="Id">Null for the budget of all, which is a setting.</param>
/// <param name="BotName">The bot; * for all together.</param>
/// <param name="Spent">The known costs of the month.</param>
/// <param name="UsedPercent">Spent in percent of the budget.</param>
/// <param name="Projection">What the month comes to if it goes on like this; null before its third day.</param>
/// <param name="UnpricedUses">Uses of the month whose cost is not known; they are not in spent.</param>
/// <param name="Reached">What of this budget the month has reached: 80 and 100.</param>
internal sealed record CostBudget(
    long? Id, string BotName, decimal MonthlyBudget, DateTimeOffset? SetAt, string? SetBy, string Month, decimal? Spent, double? UsedPercent,
    decimal? Projection, long UnpricedUses, IReadOnlyList<long> Reached)
{
    /// <summary>The name that stands for all bots together, and for the uses that name none.</summary>
    public const string All = "*";
}

/// <summary>A budget that a month has reached.</summary>
/// <param name="Percent">80 or 100.</param>
/// <param name="PausedBy">The control by which the bot was asked to pause; null if it was not.</param>
internal sealed record BudgetMark(
    long Id, string Month, string BotName, long Percent, decimal? MonthlyBudget, decimal? Spent, DateTimeOffset? ReachedAt, long? PausedBy);

/// <summary>The answer to a budget that was set.</summary>
/// <param name="Before">The budget that it takes the place of.</param>
internal sealed record CostBudgetSet(
    bool Success, string Message, long BudgetId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? Before = null) : WriteAnswer;

/// <summary>The answer to a budget that was removed.</summary>
internal sealed record CostBudgetRemoved(bool Success, string Message, long BudgetId) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewCostBudget))]
[JsonSerializable(typeof(NoInput))]
[JsonSerializable(typeof(StoredBudget))]
[JsonSerializable(typeof(Page<CostBudget>))]
[JsonSerializable(typeof(CostBudgetSet))]
[JsonSerializable(typeof(CostBudgetRemoved))]
[JsonSerializable(typeof(BudgetMark))]
internal sealed partial class BudgetJson : JsonSerializerContext;
