using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.CashFlows;

/// <summary>The operations on deposits and withdrawals.</summary>
internal sealed class CashFlowFeature : Feature
{
    public override string Tag => "Cash flows";

    public override string About => "Deposits into the accounts of the bots, and withdrawals from them.";

    public override IJsonTypeInfoResolver Json => CashFlowJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<CashFlowService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(CashFlowStore.Table, CashFlowJson.Default.CashFlow, "cash_flow")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var flows = parts.GetRequiredService<CashFlowService>();
        yield return new Read<Page<CashFlow>>("listCashFlows", "GET /api/cash-flows", "Deposits and withdrawals, newest first", CashFlowJson.Default.PageCashFlow,
            static (session, _, query) => CashFlowStore.List.PageAsync(session, query, query.Whole("limit"), CashFlowStore.Table.Read))
        { Query = new([QueryParameter.Limit(50), QueryParameter.Cursor, .. CashFlowStore.Table.Filters, QueryParameter.From, QueryParameter.To]), PerMinute = 100 };

        var create = new Write<NewCashFlow, CashFlowStored>("createCashFlow", "POST /api/cash-flows", "Store a deposit or a withdrawal",
            CashFlowJson.Default.NewCashFlow, CashFlowJson.Default.CashFlowStored, async (session, call, flow) =>
            {
                var (stored, isNew) = await flows.RecordAsync(session, call.Caller, flow);
                return isNew
                    ? Answer.Created(new CashFlowStored(true, "Cash flow stored successfully", stored.Id), CashFlowStore.Table, stored.Id, flow) with
                    { Changed = new(CashFlowStore.Table.Name, stored.Id, null, _ => new(JsonText.OfRecord(stored, CashFlowJson.Default.CashFlow))) }
                    : Answer.Ok(new CashFlowStored(true, "Cash flow was stored before", stored.Id)) with { Id = stored.Id };
            })
        { Statuses = [201, 200], PerMinute = 100 };
        yield return create;
        yield return create.Batch("createCashFlows", "Store up to 5,000 deposits and withdrawals, all or none");
    }
}
