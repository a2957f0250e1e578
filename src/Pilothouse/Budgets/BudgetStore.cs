using Pilothouse.Storage;

namespace Pilothouse.Budgets;

/// <summary>The tables <c>cost_budgets</c> and <c>cost_budget_marks</c>, which only the server writes.</summary>
internal static class BudgetStore
{
    public const string Budgets = "cost_budgets";
    public const string Marks = "cost_budget_marks";

    private const string MarkColumns = "id, month, bot_name, percent, monthly_budget, spent, reached_at, paused_by";

    private static readonly Sql List = new("SELECT id, bot_name, monthly_budget, set_at, set_by FROM cost_budgets ORDER BY bot_name");

    private static readonly Sql Set = new("""
        INSERT INTO cost_budgets(bot_name, monthly_budget, set_at, set_by) VALUES (@bot_name, @monthly_budget, @set_at, @set_by)
        ON CONFLICT (bot_name) DO UPDATE SET monthly_budget = excluded.monthly_budget, set_at = excluded.set_at, set_by = excluded.set_by RETURNING id
        """);

    private static readonly Sql Remove = new("DELETE FROM cost_budgets WHERE id = @id");

    private static readonly Sql MarksOfMonth = new($"SELECT {MarkColumns} FROM cost_budget_marks WHERE month = @month ORDER BY id");

    private static readonly Sql FindMark = new($"SELECT {MarkColumns} FROM cost_budget_marks WHERE id = @id");

    private static readonly Sql InsertMark = new("""
        INSERT INTO cost_budget_marks(month, bot_name, percent, monthly_budget, spent, reached_at)
        VALUES (@month, @bot_name, @percent, @monthly_budget, @spent, @reached_at)
        ON CONFLICT (month, bot_name, percent, monthly_budget) DO NOTHING
        """);

    /// <summary>0 stands for a control that is being asked for.</summary>
    private static readonly Sql Claim = new("UPDATE cost_budget_marks SET paused_by = 0 WHERE id = @id AND paused_by IS NULL");

    private static readonly Sql NotePause = new("UPDATE cost_budget_marks SET paused_by = @control_seq WHERE id = @id");

    public static ValueTask<List<StoredBudget>> ListAsync(Session session) => session.Prepare(List).ListAsync(static row =>
        new StoredBudget(row.Id(0), row.Text(1) ?? "", row.Money(2), row.Time(3), row.Text(4)));

    /// <summary>Stores a budget, in the place of the one of the same bot.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> SetAsync(Session session, StoredBudget budget) => session.Prepare(Set)
        .Set("bot_name", budget.BotName).Set("monthly_budget", budget.MonthlyBudget).Set("set_at", budget.SetAt).Set("set_by", budget.SetBy).InsertAsync();

    public static ValueTask<int> RemoveAsync(Session session, long id) => session.Prepare(Remove).Set("id", (long?)id).ExecuteAsync();

    /// <summary>Returns what a month, such as 2026-03, has reached.</summary>
    public static ValueTask<List<BudgetMark>> MarksAsync(Session session, string month) => session.Prepare(MarksOfMonth).Set("month", month).ListAsync(ReadMark);

    public static ValueTask<BudgetMark?> FindMarkAsync(Session session, long id) => session.Prepare(FindMark).Set("id", (long?)id).FirstAsync(ReadMark);

    /// <summary>Notes that a budget is reached.</summary>
    /// <returns>1 if that is new; 0 if it was noted before, by whichever server.</returns>
    public static ValueTask<int> NoteAsync(Session session, BudgetMark mark) => session.Prepare(InsertMark)
        .Set("month", mark.Month).Set("bot_name", mark.BotName).Set("percent", (long?)mark.Percent).Set("monthly_budget", mark.MonthlyBudget)
        .Set("spent", mark.Spent).Set("reached_at", mark.ReachedAt).ExecuteAsync();

    /// <summary>Takes the pause of a mark upon itself.</summary>
    /// <returns>Whether nobody had done it before.</returns>
    public static async ValueTask<bool> ClaimPauseAsync(Session session, long id) => await session.Prepare(Claim).Set("id", (long?)id).ExecuteAsync() > 0;

    /// <summary>Notes the control by which the bot was asked to pause.</summary>
    public static ValueTask<int> NotePauseAsync(Session session, long id, long controlSeq) =>
        session.Prepare(NotePause).Set("id", (long?)id).Set("control_seq", (long?)controlSeq).ChangeAsync();

    private static BudgetMark ReadMark(Row row) => new(
        row.Id(0), row.Text(1) ?? "", row.Text(2) ?? "", row.Whole(3) ?? 0, row.Money(4), row.Money(5), row.Time(6), row.Whole(7));
}
