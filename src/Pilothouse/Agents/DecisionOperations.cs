using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Agents;

/// <summary>The operations on decisions.</summary>
internal static class DecisionOperations
{
    public static IEnumerable<Operation> All(DecisionService decisions, Database database)
    {
        yield return new Read<Page<Decision>>("listDecisions", "GET /api/agents/decisions", "Decisions, newest first", DecisionJson.Default.PageDecision, PageAsync)
        {
            Query = new([QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, .. DecisionStore.Table.Filters, QueryParameter.From, QueryParameter.To]),
            PerMinute = 200,
            Csv = new CsvExport<Decision>("decisions.csv", database, DecisionJson.Default.Decision, PageAsync),
        };

        yield return new Read<One<Decision>>("getDecision", "GET /api/agents/decisions/{id}", "One decision", DecisionJson.Default.OneDecision,
            static async (session, call, _) => new One<Decision>(true, await DecisionService.FindAsync(session, call.Id)))
        { MayFindNothing = true, PerMinute = 300 };

        var create = new Write<NewDecision, DecisionStored>("createDecision", "POST /api/agents/decisions", "Store a decision",
            DecisionJson.Default.NewDecision, DecisionJson.Default.DecisionStored, async (session, call, decision) =>
            {
                var id = await decisions.RecordAsync(session, call.Caller, decision);
                return Answer.Created(new DecisionStored(true, "Decision stored successfully", id), DecisionStore.Table, id, decision);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createDecisions", "Store up to 5,000 decisions, all or none");

        yield return new Write<DecisionLinks, DecisionChanged>("linkDecision", "PATCH /api/agents/decisions/{id}", "Set what a decision led to or was about; it is never rewritten",
            DecisionJson.Default.DecisionLinks, DecisionJson.Default.DecisionChanged, async (session, call, links) =>
            {
                var (before, after) = await decisions.LinkAsync(session, call.Caller, call.Id, links);
                return Answer.Ok(new DecisionChanged(true, "Decision updated successfully", after.Id, after)) with
                {
                    Id = after.Id,
                    Changed = new(DecisionStore.Table.Name, after.Id, () => JsonOf(before), _ => new(JsonOf(after))),
                };
            })
        { Statuses = [200], Audited = Audited.AsRecord, PerMinute = 100 };

        static ValueTask<Page<Decision>> PageAsync(Session session, Call call, QueryValues query) =>
            DecisionStore.List.PageAsync(session, query, query.Whole("limit"), DecisionStore.Table.Read);

        static string JsonOf(Decision decision) => JsonText.OfRecord(decision, DecisionJson.Default.Decision);
    }
}
