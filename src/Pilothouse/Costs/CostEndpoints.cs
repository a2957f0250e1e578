using Pilothouse.Api;
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
        var (now, hours, from, to) = (clock.GetUtcNow(), query.Number("hours"), query.Time("from_date"), query.Time("to_date"));
        hours ??= from is null && to is null ? 24 : null;
        from = hours is { } back && !(from > now.AddHours(-back)) ? now.AddHours(-back) : from;
        var filter = new ApiCostFilter(
            from, to, query.Text("api_name"), query.Text("operation_type"), query.Text("bot_name"), query.Text("model"));
        var totals = await database.ReadAsync(session => CostStore.TotalsAsync(session, filter), http.RequestAborted);
        var shown = query.Number("limit") is { } limit ? totals.GetRange(0, (int)Math.Min(limit, totals.Count)) : totals;
        await JsonAnswer.WriteAsync(http, new ApiCostTotals(true, HoursOf(hours, from, to ?? now), shown), CostJson.Default.ApiCostTotals);
    }

    /// <summary>The length of the window in begun hours; null where it has no start.</summary>
    private static int? HoursOf(long? hours, DateTimeOffset? from, DateTimeOffset to) =>
        hours is { } sent ? (int)sent : from is { } start ? (int)Math.Max(0, Math.Ceiling((to - start).TotalHours)) : null;

    private static Task CreateAsync(HttpContext http, WriteDoor door, CostService costs) =>
        door.RunAsync(http, CostJson.Default.NewApiCost, CostJson.Default.ApiCostStored, async (session, caller, cost) =>
            Answer.Created(new ApiCostStored(true, "Cost stored successfully", await costs.RecordAsync(session, caller, cost))));
}
