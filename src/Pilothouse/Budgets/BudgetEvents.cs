using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Budgets;

/// <summary>The event <c>budget.reached</c>. Its bot is * for the budget of all bots.</summary>
internal sealed class BudgetEvents() : EventSource(BudgetStore.Marks, ("reached", "budget.reached"))
{
    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var rows = new List<EventRow>();
        foreach (var id in ids)
        {
            if (await BudgetStore.FindMarkAsync(session, id) is { } mark)
            {
                rows.Add(new(id, JsonText.Utf8(mark, BudgetJson.Default.BudgetMark), BotName: mark.BotName));
            }
        }

        return rows;
    }
}
