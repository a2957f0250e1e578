using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Costs over HTTP.</summary>
internal static class CostEndpoints
{
    private static readonly QueryShape TotalsQuery = new(
        QueryParameter.Text("api_name", "Only this API, in any case."),
        QueryParameter.Text("operation_type", "Only this purpose, in any case."),
        QueryParameter.BotName,
        QueryParameter.Text("model", "Only this model."),
        QueryParameter.Hours with { Default = null, Description = "How far back, in hours; 24 where neither from_date nor to_date is sent." },
        QueryParameter.From, QueryParameter.To,
        QueryParameter.MostOf("totals"));

    public static void AddCosts(this IServiceCollection services)
    {
        services.AddSingleton<CostService>();
        services.AddSingleton<SharedReads<CostQuestion, (List<ApiCostTotal> Totals, int? Hours)>>();
    }

    public static void MapCosts(this IEndpointRouteBuilder routes)
    {
        var costs = routes.MapGroup("/api/cost-analytics").WithTags("Costs");
        costs.MapMethods("", Http.Read, TotalsAsync).Named("apiCosts", "What outside APIs cost, by API and purpose").Takes(TotalsQuery).Answers<ApiCostTotals>().Refuses(400, 403, 429, 503).PerMinute(100);
        costs.MapPost("", CreateAsync).Named("createApiCost", "Store one use of an outside API").Takes<NewApiCost>().Answers<ApiCostStored>(201).RefusesAsWrite().PerMinute(100);
    }

    /// <summary>Never from the cache: the window moves with the clock.</summary>
    private static async Task TotalsAsync(
        HttpContext http, Database database, SharedReads<CostQuestion, (List<ApiCostTotal> Totals, int? Hours)> shared, TimeProvider clock)
    {
        var query = TotalsQuery.Read(http.Request);
        var question = new CostQuestion(Caller.Of(http).LongReads, query.Number("hours"), new ApiCostFilter(
            query.Time("from_date"), query.Time("to_date"), query.Text("api_name"), query.Text("operation_type"), query.Text("bot_name"), query.Text("model")));
        var (totals, hours) = await shared.RunAsync(question,
            (begun, cancel) => database.ReadAsync(question.Reads, async session =>
            {
                begun();
                var (filter, length) = question.WindowAt(clock.GetUtcNow());
                return (await CostStore.TotalsAsync(session, filter), length);
            }, cancel),
            http.RequestAborted);
        var shown = query.Number("limit") is { } limit ? totals.GetRange(0, (int)Math.Min(limit, totals.Count)) : totals;
        await JsonAnswer.WriteAsync(http, new ApiCostTotals(true, hours, shown), CostJson.Default.ApiCostTotals);
    }

    private static Task CreateAsync(HttpContext http, WriteDoor door, CostService costs) =>
        door.RunAsync(http, CostJson.Default.NewApiCost, CostJson.Default.ApiCostStored, async (session, caller, cost) =>
            Answer.Created(new ApiCostStored(true, "Cost stored successfully", await costs.RecordAsync(session, caller, cost))));
}

/// <summary>What is asked, and in which queue; equal ones have one answer.</summary>
internal sealed record CostQuestion(ReadKind Reads, long? Hours, ApiCostFilter Filter)
{
    /// <summary>The window as it is now, and its length in begun hours, which is null where it has no start.</summary>
    public (ApiCostFilter Filter, int? Hours) WindowAt(DateTimeOffset now)
    {
        var hours = Hours ?? (Filter.From is null && Filter.To is null ? 24 : null);
        var from = hours is { } back && !(Filter.From > now.AddHours(-back)) ? now.AddHours(-back) : Filter.From;
        var length = hours ?? (from is { } start ? Math.Max(0, (long)Math.Ceiling(((Filter.To ?? now) - start).TotalHours)) : null);
        return (Filter with { From = from }, (int?)length);
    }
}
