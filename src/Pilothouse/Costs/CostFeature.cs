using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>The operations on the costs of external APIs.</summary>
internal sealed class CostFeature : Feature
{
    private static readonly QueryShape TotalsQuery = new(
        QueryParameter.Text("api_name", "Only this API, in any case."),
        QueryParameter.Text("operation_type", "Only this purpose, in any case."),
        QueryParameter.BotName,
        QueryParameter.Text("model", "Only this model, in any case."),
        QueryParameter.Hours with { Default = null, Description = "How far back, in hours; 24 where neither from_date nor to_date is sent." },
        QueryParameter.From, QueryParameter.To,
        QueryParameter.MostOf("totals"));

    private static readonly QueryShape ListQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, CsvExport.Format, .. CostStore.Table.Filters, QueryParameter.From, QueryParameter.To]);

    public override string Tag => "Costs";

    public override string About => "What outside APIs cost, and the prices of models.";

    public override IJsonTypeInfoResolver Json => JsonTypeInfoResolver.Combine(CostJson.Default, CostSummaryJson.Default);

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<CostService>();
        services.AddSingleton<ModelPriceService>();
        services.AddSingleton<CostLedger>();
        services.AddSingleton<IKeptFigures>(static provider => provider.GetRequiredService<CostLedger>());
        services.AddHostedService<CostPricer>();
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        EventSource.Of(CostStore.Records, CostJson.Default.ApiCost, "cost"),
        EventSource.Of(ModelPriceStore.Table, CostJson.Default.ModelPrice, "model_price"),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var costs = parts.GetRequiredService<CostService>();
        var (database, clock) = (parts.GetRequiredService<Database>(), parts.GetRequiredService<TimeProvider>());
        var shared = new SharedReads<CostQuestion, (List<ApiCostTotal> Totals, UnpricedUses? Unpriced, int? Hours)>();

        // A fresh read, because the window moves with the clock.
        yield return new FreshRead<ApiCostTotals>("apiCosts", "GET /api/cost-analytics", "What outside APIs cost, by API and purpose", CostJson.Default.ApiCostTotals,
            async (call, query) =>
            {
                var question = new CostQuestion(call.Caller.LongReads, query.Number("hours"), new ApiCostFilter(
                    query.Time("from_date"), query.Time("to_date"), query.Text("api_name"), query.Text("operation_type"), query.Text("bot_name"), query.Text("model")));
                var (totals, unpriced, hours) = await shared.RunAsync(question,
                    (begun, cancel) => database.SnapshotAsync(question.Reads, async session =>
                    {
                        begun();
                        var (filter, length) = question.WindowAt(clock.GetUtcNow());
                        return (await CostStore.TotalsAsync(session, filter), await CostStore.UnpricedAsync(session, filter), length);
                    }, cancel),
                    call.Cancel);
                var shown = query.Number("limit") is { } limit ? totals.GetRange(0, (int)Math.Min(limit, totals.Count)) : totals;
                return new ApiCostTotals(true, hours, shown, unpriced);
            })
        { Query = TotalsQuery, PerMinute = 100 };

        yield return new Read<Page<ApiCost>>("listApiCosts", "GET /api/cost-analytics/records", "Single uses of outside APIs, newest first", CostJson.Default.PageApiCost, ListAsync)
        {
            Query = ListQuery,
            PerMinute = 100,
            Csv = new CsvExport<ApiCost>("costs.csv", database, CostJson.Default.ApiCost, ListAsync),
        };

        var create = new Write<NewApiCost, ApiCostStored>("createApiCost", "POST /api/cost-analytics", "Store one use of an outside API",
            CostJson.Default.NewApiCost, CostJson.Default.ApiCostStored, async (session, call, cost) =>
            {
                var (id, amount, source) = await costs.RecordAsync(session, call.Caller, cost);
                var isOurs = source is CostSource.Priced or CostSource.Unpriced;
                return Answer.Created(
                    new ApiCostStored(true, "Cost stored successfully", id, isOurs ? amount : null, isOurs ? source : null), CostStore.Table, id, cost);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createApiCosts", "Store up to 5,000 uses of outside APIs, all or none");

        yield return SummaryOperation.Of(parts.GetRequiredService<CostLedger>(), clock);
        foreach (var operation in PriceOperations.All(parts.GetRequiredService<ModelPriceService>(), database))
        {
            yield return operation;
        }
    }

    private static ValueTask<Page<ApiCost>> ListAsync(Session session, Call call, QueryValues query) =>
        CostStore.List.PageAsync(session, query, query.Whole("limit"), CostStore.Records.Read);
}

/// <summary>The parameters of a request, and the queue of its read. Equal questions share one answer.</summary>
internal sealed record CostQuestion(ReadKind Reads, long? Hours, ApiCostFilter Filter)
{
    /// <summary>Returns the window at this time, and its length in hours, rounded up; null if the window has no start.</summary>
    public (ApiCostFilter Filter, int? Hours) WindowAt(DateTimeOffset now)
    {
        var hours = Hours ?? (Filter.From is null && Filter.To is null ? 24 : null);
        var from = hours is { } back && !(Filter.From > now.AddHours(-back)) ? now.AddHours(-back) : Filter.From;
        var length = hours ?? (from is { } start ? Math.Max(0, (long)Math.Ceiling(((Filter.To ?? now) - start).TotalHours)) : null);
        return (Filter with { From = from }, (int?)length);
    }
}
