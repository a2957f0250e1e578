using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Costs over HTTP.</summary>
internal static class CostEndpoints
{
    private static readonly QueryShape TotalsQuery = new(QueryParameter.Text("api_name", "Only this API, in any case."), QueryParameter.Hours);

    public static void AddCosts(this IServiceCollection services) => services.AddSingleton<CostService>();

    public static void MapCosts(this IEndpointRouteBuilder routes)
    {
        var costs = routes.MapGroup("/api/cost-analytics").WithTags("Costs");
        costs.MapMethods("", Http.Read, TotalsAsync).Named("apiCosts", "What outside APIs cost, by API and purpose").Takes(TotalsQuery).Answers<ApiCostTotals>().Refuses(400, 403, 429).PerMinute(100);
        costs.MapPost("", CreateAsync).Named("createApiCost", "Store one use of an outside API").Takes<NewApiCost>().Answers<ApiCostStored>(201).RefusesAsWrite().PerMinute(100);
    }

    /// <summary>Never from the cache: the window moves with the clock.</summary>
    private static async Task TotalsAsync(HttpContext http, Database database, TimeProvider clock)
    {
        var query = TotalsQuery.Read(http.Request);
        var hours = query.Whole("hours");
        var totals = await database.ReadAsync(
            session => CostStore.TotalsAsync(session, clock.GetUtcNow().AddHours(-hours), query.Text("api_name")), http.RequestAborted);
        await JsonAnswer.WriteAsync(http, new ApiCostTotals(true, hours, totals), CostJson.Default.ApiCostTotals);
    }

    private static Task CreateAsync(HttpContext http, WriteDoor door, CostService costs) =>
        door.RunAsync(http, CostJson.Default.NewApiCost, CostJson.Default.ApiCostStored, async (session, caller, cost) =>
            Answer.Created(new ApiCostStored(true, "Cost stored successfully", await costs.RecordAsync(session, caller, cost))));
}
