using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Bots;

/// <summary>The operations on the status of bots.</summary>
internal sealed class BotFeature : Feature
{
    /// <summary>The bot that is meant by clients that name none.</summary>
    public const string UsualBot = "rl_trading_bot";

    private static readonly QueryShape HistoryQuery = new([
        QueryParameter.Limit(50), QueryParameter.Cursor, QueryParameter.From, QueryParameter.To,
        .. BotStore.Table.Filters.Select(static filter => filter.Name == "bot_name" ? QueryParameter.BotName : filter)]);

    public override string Tag => "Bots";

    public override string About => "What bots report of themselves, and what is asked of them.";

    public override IJsonTypeInfoResolver Json => BotJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<BotService>();
        services.AddSingleton<ControlService>();
        services.AddHostedService<BotMetrics>();
        services.AddHostedService<SilenceWatch>();
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new EventSource<BotStatus>(BotStore.Table, BotJson.Default.BotStatus, BotStore.Table.Read,
            ("recorded", "bot.reported"), ("changed", "bot.report_changed"), ("removed", "bot.report_removed")),
        new FoundEvents<BotPresence>("bot_presence", BotJson.Default.BotPresence, PresenceStore.FindAsync, static row => row.BotName,
            ("silent", "bot.silent"), ("back", "bot.back")),
        new FoundEvents<BotControlRow>("bot_controls", BotJson.Default.BotControlRow, ControlStore.FindAsync, static row => row.BotName, ("asked", "control.asked")),
        new FoundEvents<BotControlRow>("bot_control_acks", BotJson.Default.BotControlRow, ControlStore.FindAckAsync, static row => row.BotName,
            ("heard", "control.heard"), ("done", "control.done")),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts) =>
        [.. Reports(parts.GetRequiredService<BotService>()), .. ControlOperations.All(parts.GetRequiredService<ControlService>(), parts.GetRequiredService<ILogger<ControlService>>())];

    private static IEnumerable<Operation> Reports(BotService bots)
    {
        yield return new Read<One<BotStatus>>("botStatus", "GET /api/bot-status", "The newest report of a bot", BotJson.Default.OneBotStatus, static async (session, _, query) =>
        {
            var (named, status, mode) = (query.Text("bot_name"), query.Text("status"), query.Text("mode"));
            var report = await BotStore.FindLatestAsync(session, named ?? UsualBot, status, mode)
                ?? (named is null ? await BotStore.FindLatestAsync(session, null, status, mode) : null);
            return report is not null
                ? new One<BotStatus>(true, report)
                : throw Refusal.NotFound("Bot status not found", query.Named() is { } filters
                    ? $"No report has this {filters}; without them the newest report of any bot is answered."
                    : "No bot has reported yet; POST /api/bot-status stores a report.");
        })
        { Query = new([.. BotStore.Table.Filters]), MayFindNothing = true, PerMinute = 100 };

        yield return new Read<Page<BotStatus>>("botStatusHistory", "GET /api/bot-status/history", "Reports of bots, newest first", BotJson.Default.PageBotStatus,
            static (session, _, query) => BotStore.List.PageAsync(session, query, query.Whole("limit"), BotStore.Table.Read))
        { Query = HistoryQuery, PerMinute = 100 };

        var create = new Write<NewBotStatus, BotStatusStored>("createBotStatus", "POST /api/bot-status", "Report how a bot is doing",
            BotJson.Default.NewBotStatus, BotJson.Default.BotStatusStored, async (session, call, status) =>
            {
                var (id, orders) = await bots.RecordAsync(session, call.Caller, status);
                return Answer.Created(new BotStatusStored(true, "Bot status stored successfully", id, orders), BotStore.Table, id, status);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return new BotReportBatch(create, "createBotStatuses", "Store up to 5,000 reports of bots, all or none")
        { Audited = create.Audited, PerMinute = create.PerMinute };
    }
}
