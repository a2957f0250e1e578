using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Costs;

/// <summary>The operation that sums up what outside APIs cost.</summary>
internal static class SummaryOperation
{
    private static readonly QueryShape Query = new(
        new("from_date", QueryKind.Time, "The first day (UTC), such as 2026-03-01; the first of the current month, if it is left out."),
        new("to_date", QueryKind.TimeTo, "The last day (UTC), inclusive; today, if it is left out."),
        QueryParameter.Text("api_name", "Only this API, in any case.") with { Lower = true },
        QueryParameter.Text("operation_type", "Only this purpose, in any case.") with { Lower = true },
        QueryParameter.Text("model", "Only this model, in any case.") with { Lower = true },
        QueryParameter.BotName,
        QueryParameter.Text("agent", "Only the decisions of this agent."),
        QueryParameter.OneOf("by", "The only split that is wanted; all, if it is left out.", CostSummaryQuestion.Splits),
        QueryParameter.Limit(500) with { Description = "How many parts of each split at most: the latest days, the dearest of the others." });

    public static Operation Of(CostLedger ledger, TimeProvider clock) =>

        // A fresh read, because the month and its projection move with the clock.
        new FreshRead<One<CostSummary>>("costSummary", "GET /api/cost-analytics/summary", "What outside APIs cost by day, API, purpose, model, bot and agent, and what the month comes to",
            CostSummaryJson.Default.OneCostSummary, async (call, query) =>
            {
                var now = clock.GetUtcNow();
                var question = QuestionOf(query, DateOnly.FromDateTime(now.UtcDateTime));
                return new One<CostSummary>(true, await ledger.ReadAsync(cube => new CostSummaryMaker(question, now).Make(cube), call.Cancel));
            })
        { Query = Query, PerMinute = 100 };

    private static CostSummaryQuestion QuestionOf(QueryValues query, DateOnly today)
    {
        var (from, to) = (query.Time("from_date"), query.Time("to_date"));
        if (from is { } start && start.UtcDateTime.TimeOfDay != TimeSpan.Zero)
        {
            throw Refusal.Invalid("from_date", "must be a date such as 2026-03-01: the sums are those of whole days (UTC)");
        }

        if (to is { } end && end.UtcDateTime.TimeOfDay.Ticks < TimeSpan.TicksPerDay - 10)
        {
            throw Refusal.Invalid("to_date", "must be a date such as 2026-03-31: the sums are those of whole days (UTC)");
        }

        var last = to is { } until ? DateOnly.FromDateTime(until.UtcDateTime) : today;
        var first = from is { } since ? DateOnly.FromDateTime(since.UtcDateTime) : new DateOnly(last.Year, last.Month, 1);
        return new(
            first, last, query.Text("api_name"), query.Text("operation_type"), query.Text("model"), query.Text("bot_name"), query.Text("agent"), query.Text("by"),
            query.Whole("limit"));
    }
}
