using Pilothouse.Api;

namespace Pilothouse.Bots;

/// <summary>The state of bots over HTTP.</summary>
internal static class BotEndpoints
{
    /// <summary>The bot that the seed's clients mean when they name none.</summary>
    public const string UsualBot = "rl_trading_bot";

    private static readonly QueryShape StatusQuery = new([.. BotStore.Table.Filters]);

    public static void AddBots(this IServiceCollection services)
    {
        services.AddSingleton<BotService>();
        services.AddHostedService<BotMetrics>();
    }

    public static void MapBots(this IEndpointRouteBuilder routes)
    {
        var status = routes.MapGroup("/api/bot-status").WithTags("Bots");
        status.MapMethods("", Http.Read, StatusAsync).Named("botStatus", "The newest report of a bot").Takes(StatusQuery).Answers<One<BotStatus>>().Refuses(400, 403, 404, 429, 503).PerMinute(100);
        status.MapPost("", CreateAsync).Named("createBotStatus", "Report how a bot is doing").Takes<NewBotStatus>().Answers<BotStatusStored>(201).RefusesAsWrite().PerMinute(100);
    }

    private static Task StatusAsync(HttpContext http, AnswerCache cache) => cache.AnswerAsync(http, BotJson.Default.OneBotStatus, async session =>
    {
        var query = StatusQuery.Read(http.Request);
        var (named, status, mode) = (query.Text("bot_name"), query.Text("status"), query.Text("mode"));
        var report = await BotStore.FindLatestAsync(session, named ?? UsualBot, status, mode)
            ?? (named is null ? await BotStore.FindLatestAsync(session, null, status, mode) : null);
        return report is not null
            ? new One<BotStatus>(true, report)
            : throw Refusal.NotFound("Bot status not found", query.Named() is { } filters
                ? $"No report has this {filters}; without them the newest report of any bot is answered."
                : "No bot has reported yet; POST /api/bot-status stores a report.");
    });

    private static Task CreateAsync(HttpContext http, WriteDoor door, BotService bots) =>
        door.RunAsync(http, BotJson.Default.NewBotStatus, BotJson.Default.BotStatusStored, async (session, caller, status) =>
            Answer.Created(new BotStatusStored(true, "Bot status stored successfully", await bots.RecordAsync(session, caller, status))));
}
