using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Events;

/// <summary>The data of the event <c>reset</c>.</summary>
/// <param name="Position">The position from which the stream goes on.</param>
/// <param name="Message">Why, and what to do.</param>
internal sealed record StreamReset(long Position, string Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StreamReset))]
[JsonSerializable(typeof(Page<RecentEvent>))]
internal sealed partial class EventJson : JsonSerializerContext;

/// <summary>The live stream of everything that is stored.</summary>
internal sealed class EventFeature : Feature
{
    public override string Tag => "Events";

    public override string About => "Everything that happens, as it happens.";

    public override IJsonTypeInfoResolver Json => EventJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton(static parts => new EventReader(parts.GetServices<Feature>().SelectMany(feature => feature.Events(parts))));
        services.AddSingleton<EventHub>();
        services.AddSingleton<IChangeFollower>(static parts => parts.GetRequiredService<EventHub>());
        services.AddHostedService(static parts => parts.GetRequiredService<EventHub>());
        services.AddSingleton(static parts => new Notices(
            parts.GetRequiredService<Database>(), TimeSpan.FromDays(parts.GetRequiredService<Settings>().Retention.ChangesDays), parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IPurge>(static parts => parts.GetRequiredService<Notices>());
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [parts.GetRequiredService<Notices>()];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        yield return RecentEventList.Operation(parts.GetRequiredService<EventReader>());
        yield return new EventStream(parts) { Query = EventStream.Parameters, PerMinute = 100 };
    }
}

/// <summary>The operation behind <c>GET /api/events</c>.</summary>
internal sealed class EventStream(IServiceProvider parts)
    : StreamOperation("streamEvents", "GET /api/events", "Everything that happens, as server-sent events", "text/event-stream; charset=utf-8")
{
    public const string OfPair = "Only events of this pair, in any case.";
    public const string OfBot = "Only events of this bot.";

    public static readonly QueryParameter Types =
        QueryParameter.Text("types", "Only these events: names separated by commas, such as trade.opened,bot.*") with { Longest = 2000 };

    public static readonly QueryShape Parameters = new(
        Types, QueryParameter.Pair with { Description = OfPair }, QueryParameter.BotName with { Description = OfBot },
        new("after", QueryKind.Whole, "The id of the last event that you have; a Last-Event-ID header wins over it.") { Least = 0 });

    private readonly EventHub hub = parts.GetRequiredService<EventHub>();
    private readonly EventReader reader = parts.GetRequiredService<EventReader>();
    private readonly Database database = parts.GetRequiredService<Database>();
    private readonly CallerDatabase callers = parts.GetRequiredService<CallerDatabase>();
    private readonly Settings settings = parts.GetRequiredService<Settings>();

    public override async ValueTask<Func<StreamTarget, Task>> BeginAsync(Call call)
    {
        var query = call.Query.Read(Query);
        var filter = new EventFilter(EventFilter.ReadNames(query.Text("types"), reader.Names), query.Text("trading_pair"), query.Text("bot_name"));
        var (position, reset) = await database.SnapshotAsync(call.Caller.Reads, session => BeginningAsync(session, call, query), call.Cancel);
        return target =>
        {
            hub.Join();
            Func<ValueTask>? stillAllowed = settings.RequireAuthForReads == true ? () => callers.DemandAsync(call.Caller, call.Cancel) : null;
            return new EventListener(hub, reader, database, call, filter, stillAllowed).RunAsync(target, position, reset);
        };
    }

    /// <summary>Returns the position from which the stream begins, and the event that tells of missing changes, if there are any.</summary>
    private static async ValueTask<(long Position, byte[]? Reset)> BeginningAsync(Session session, Call call, QueryValues query)
    {
        var newest = await ChangeLog.NewestAsync(session);
        if (string.IsNullOrEmpty(call.LastEventId) && query.Number("after") is null)
        {
            return (newest, null);
        }

        long? known = string.IsNullOrEmpty(call.LastEventId) ? query.Number("after")
            : long.TryParse(call.LastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var sent) ? sent
            : null;
        return known is { } position && await ChangeLog.ReachesAsync(session, position)
            ? (position, null)
            : (newest, EventListener.ResetFrame(newest, EventListener.NoLongerKept));
    }
}
