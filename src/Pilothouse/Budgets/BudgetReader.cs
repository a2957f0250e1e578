using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Costs;
using Pilothouse.Storage;

namespace Pilothouse.Budgets;

/// <summary>Puts together how far the current month (UTC) has used each budget.</summary>
internal sealed class BudgetReader(Database database, CostLedger ledger, Settings settings, TimeProvider clock)
{
    /// <summary>Returns the budget of all first, then those of the bots by name.</summary>
    public async ValueTask<List<CostBudget>> ReadAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var month = now.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        var (stored, marks) = await database.SnapshotAsync(
            ReadKind.Own, async session => (await BudgetStore.ListAsync(session), await BudgetStore.MarksAsync(session, month)), cancel);
        var budgets = stored.FindAll(static budget => budget.MonthlyBudget > 0);
        if (settings.CostBudgetMonthly is { } ofAll)
        {
            budgets.Insert(0, new(0, CostBudget.All, ofAll, null, null));
        }

        return budgets.Count == 0 ? [] : await ledger.ReadAsync(cube =>
        {
            var day = DateOnly.FromDateTime(now.UtcDateTime);
            var bots = cube.OfMonthByBot(day.AddDays(1 - day.Day));
            var all = new CostSums();
            foreach (var sums in bots.Values)
            {
                all.Add(sums);
            }

            return budgets.ConvertAll(budget => UseOf(budget, budget.BotName == CostBudget.All ? all : bots.GetValueOrDefault(budget.BotName) ?? new CostSums(), month, marks, now));
        }, cancel);
    }

    private static CostBudget UseOf(StoredBudget budget, CostSums sums, string month, List<BudgetMark> marks, DateTimeOffset now)
    {
        var (amount, spent) = (budget.MonthlyBudget!.Value, sums.Cost.Value);
        var reached = marks.Where(mark => mark.BotName == budget.BotName && mark.MonthlyBudget == amount).Select(static mark => mark.Percent);
        return new(
            budget.Id == 0 ? null : budget.Id, budget.BotName, amount, budget.SetAt, budget.SetBy, month, spent,
            spent is { } paid ? Math.Round((double)(paid / amount) * 100, 6) : null, MonthProjection.Of(spent, now), sums.UnpricedUses, [.. reached.Order()]);
    }
}
