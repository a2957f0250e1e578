using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>The operations on the prices of models.</summary>
internal static class PriceOperations
{
    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, .. ModelPriceStore.Table.Filters, QueryParameter.From, QueryParameter.To]);

    public static IEnumerable<Operation> All(ModelPriceService prices, Database database)
    {
        yield return new Read<Page<ModelPrice>>("listModelPrices", "GET /api/model-prices", "What the tokens of models cost, the newest price first",
            CostJson.Default.PageModelPrice, ListAsync)
        {
            Query = ListQuery,
            PerMinute = 100,
            Csv = new CsvExport<ModelPrice>("model-prices.csv", database, CostJson.Default.ModelPrice, ListAsync),
        };

        var create = new Write<NewModelPrice, ModelPriceStored>("createModelPrice", "POST /api/model-prices",
            "Store what the tokens of a model cost from a time on, or correct the price from that time", CostJson.Default.NewModelPrice, CostJson.Default.ModelPriceStored,
            async (session, call, price) =>
            {
                var (stored, before) = await prices.RecordAsync(session, call.Caller, price);
                var changed = new Changed(ModelPriceStore.Table.Name, stored.Id, before is null ? null : () => JsonOf(before), _ => new(JsonOf(stored)));
                return before is null
                    ? new Answer<ModelPriceStored>(201, new(true, "Model price stored successfully", stored.Id, null)) { Id = stored.Id, Changed = changed }
                    : Answer.Ok(new ModelPriceStored(true, "Model price corrected", stored.Id, before)) with { Id = stored.Id, Changed = changed };
            })
        { Statuses = [201, 200], PerMinute = 100 };
        yield return create;
        yield return create.Batch("createModelPrices", "Store up to 5,000 prices of models, all or none");
    }

    private static ValueTask<Page<ModelPrice>> ListAsync(Session session, Call call, QueryValues query) =>
        ModelPriceStore.List.PageAsync(session, query, query.Whole("limit"), ModelPriceStore.Table.Read);

    private static string JsonOf(ModelPrice price) => JsonText.OfRecord(price, CostJson.Default.ModelPrice);
}
