using System.Text.Json.Serialization.Metadata;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Fleet;

/// <summary>The operations on all bots together: their reports, trades, costs and controls at one glance.</summary>
internal sealed class FleetFeature : Feature
{
    public override string Tag => "Fleet";

    public override string About => "Every bot at one glance.";

    public override IJsonTypeInfoResolver Json => FleetJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<FleetReader>();

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var fleet = parts.GetRequiredService<FleetReader>();

        // Fresh reads, because ages depend on the clock.
        yield return new FreshRead<Page<BotOverview>>("listBots", "GET /api/bots", "Every bot that has reported, the one that reported last first", FleetJson.Default.PageBotOverview,
            async (call, query) =>
            {
                var all = await fleet.ReadAsync(null, call.Cancel);
                BotOverview[] shown = [.. all.Take((int?)query.Number("limit") ?? all.Count)];
                return new(true, shown.Length, shown, null);
            })
        { Query = new(QueryParameter.MostOf("bots")), PerMinute = 100 };

        yield return new FreshRead<One<BotOverview>>("getBot", "GET /api/bots/{name}", "One bot that has reported", FleetJson.Default.OneBotOverview,
            async (call, _) => await fleet.ReadAsync(call.Target, call.Cancel) is [var bot]
                ? new One<BotOverview>(true, bot)
                : throw Refusal.NotFound("Bot not found", "No bot of this name has reported; GET /api/bots lists those that have."))
        { MayFindNothing = true, PerMinute = 100 };
    }
}
