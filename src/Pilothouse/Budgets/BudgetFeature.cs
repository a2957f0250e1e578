using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Budgets;

/// <summary>The operations on budgets for outside APIs.</summary>
internal sealed class BudgetFeature : Feature
{
    public override string Tag => "Budgets";

    public override string About => "What bots may spend on outside APIs in a month.";

    public override IJsonTypeInfoResolver Json => BudgetJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<BudgetReader>();
        services.AddSingleton<BudgetWatch>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<BudgetWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<BudgetWatch>());
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
        [new FoundEvents<BudgetMark>(BudgetStore.Marks, BudgetJson.Default.BudgetMark, BudgetStore.FindMarkAsync, static mark => mark.BotName, ("reached", "budget.reached"))];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (reader, clock) = (parts.GetRequiredService<BudgetReader>(), parts.GetRequiredService<TimeProvider>());

        // A fresh read, because the month and its projection move with the clock.
        yield return new FreshRead<Page<CostBudget>>("listCostBudgets", "GET /api/cost-budgets", "The budgets for outside APIs, and how far the month has used them",
            BudgetJson.Default.PageCostBudget, async (call, query) =>
            {
                var all = await reader.ReadAsync(call.Cancel);
                CostBudget[] shown = [.. all.Take((int?)query.Number("limit") ?? all.Count)];
                return new(true, shown.Length, shown, null);
            })
        { Query = new(QueryParameter.MostOf("budgets")), PerMinute = 100 };

        yield return new Write<NewCostBudget, CostBudgetSet>("setCostBudget", "POST /api/cost-budgets", "Set what a bot may spend in a month, in the place of its budget before",
            BudgetJson.Default.NewCostBudget, BudgetJson.Default.CostBudgetSet, async (session, call, input) =>
            {
                var budget = new StoredBudget(0, call.Caller.BotFor(input.BotName)!, input.MonthlyBudget, clock.GetUtcNow(), call.Caller.Owner);
                var before = (await BudgetStore.ListAsync(session)).Find(known => known.BotName == budget.BotName);
                var id = await BudgetStore.SetAsync(session, budget);
                var answer = new CostBudgetSet(true, before is null ? "Budget set" : "Budget changed", id, before?.MonthlyBudget);
                return new Answer<CostBudgetSet>(before is null ? 201 : 200, answer) { Id = id, Changed = ChangeOf(id, before, budget with { Id = id }) };
            })
        { Statuses = [201, 200], Scope = Scopes.Control, PerMinute = 100 };

        yield return new Write<NoInput, CostBudgetRemoved>("removeCostBudget", "DELETE /api/cost-budgets/{id}", "Let a bot spend without a budget of its own",
            BudgetJson.Default.NoInput, BudgetJson.Default.CostBudgetRemoved, async (session, call, _) =>
            {
                var id = call.Id;
                var before = (await BudgetStore.ListAsync(session)).Find(known => known.Id == id)
                    ?? throw Refusal.NotFound("Budget not found", string.Create(CultureInfo.InvariantCulture, $"There is no budget {id}; GET /api/cost-budgets lists them."));
                call.Caller.BotFor(before.BotName);
                await BudgetStore.RemoveAsync(session, id);
                return Answer.Ok(new CostBudgetRemoved(true, "Budget removed", id)) with { Id = id, Changed = ChangeOf(id, before, null) };
            })
        { Statuses = [200], Scope = Scopes.Control, PerMinute = 100 };
    }

    private static Changed ChangeOf(long id, StoredBudget? before, StoredBudget? after) => new(
        BudgetStore.Budgets, id, before is null ? null : () => JsonOf(before), after is null ? null : _ => new(JsonOf(after)));

    private static string JsonOf(StoredBudget budget) => JsonText.OfRecord(budget, BudgetJson.Default.StoredBudget);
}
