using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Why;

/// <summary>The operation that tells why a trade was made.</summary>
internal sealed class WhyFeature : Feature
{
    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format,
        QueryParameter.OneOf("status", "Only these; closed, if it is left out.", NewTrade.ListedStatuses, "closed"),
        .. TradeStore.Table.Filters, QueryParameter.From, QueryParameter.To,
        new QueryParameter("closed_from", QueryKind.Time, "Only trades closed from this time on, inclusive."),
        new QueryParameter("closed_to", QueryKind.TimeTo, "Only trades closed up to this time, inclusive.")]);

    public override string Tag => "Why";

    public override string About => "Why a trade was made, and what came of it.";

    public override IJsonTypeInfoResolver Json => WhyJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<WhyReader>();

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (reader, database) = (parts.GetRequiredService<WhyReader>(), parts.GetRequiredService<Database>());

        yield return new Read<Page<TradeAiCost>>("listTradeCosts", "GET /api/why/trades", "Trades, newest first, with what their decisions, signals and analyses cost",
            WhyJson.Default.PageTradeAiCost, (session, _, query) => ListAsync(reader, session, query))
        {
            Query = ListQuery,
            PerMinute = 100,
            Csv = new CsvExport<TradeAiCost>("trade-costs.csv", database, WhyJson.Default.TradeAiCost,
                (session, _, query) => ListAsync(reader, session, query)),
        };

        // A fresh read, because its many statements are to see one state.
        yield return new FreshRead<One<WhyTrade>>("whyTrade", "GET /api/why/trades/{id}", "Why a trade was made, in the order of time, with what is missing named",
            WhyJson.Default.OneWhyTrade, async (call, _) =>
            {
                var id = call.Id;
                return new One<WhyTrade>(true, await database.SnapshotAsync(call.Caller.Reads, session => reader.ReadAsync(session, id), call.Cancel));
            })
        { MayFindNothing = true, PerMinute = 100 };
    }

    private static async ValueTask<Page<TradeAiCost>> ListAsync(WhyReader reader, Session session, QueryValues query)
    {
        var list = query.Text("status") switch { "open" => TradeStore.Open, "voided" => TradeStore.Voided, _ => TradeStore.List };
        var page = await list.PageAsync(session, query, query.Whole("limit"), TradeStore.Read);
        var costs = new List<TradeAiCost>(page.Data.Count);
        foreach (var trade in page.Data)
        {
            costs.Add(await reader.CostAsync(session, trade));
        }

        return new(true, costs.Count, costs, page.NextCursor);
    }
}
