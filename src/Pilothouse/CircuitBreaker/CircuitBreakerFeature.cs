using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>The operations on the circuit breaker, which stops trading when the market or an account falls too far.</summary>
internal sealed class CircuitBreakerFeature : Feature
{
    private static readonly QueryShape StateQuery = new(
        QueryParameter.Text("bot_name", "Whether this bot may trade; without it, what concerns all bots. An API key of one bot asks for its own."),
        QueryParameter.OneOf("mode", "Whether the bot may trade in this mode; without it, in each.", NewBreakerTrigger.Modes));

    private static readonly QueryShape EventsQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor,
        QueryParameter.OneOf("trigger_type", "Only of this rule.", TriggerTypes.All),
        QueryParameter.OneOf("status", "Only in this status.", BreakerStatus.All),
        QueryParameter.Text("bot_name", "Only what stopped this bot alone."), QueryParameter.From, QueryParameter.To);

    private static readonly QueryShape RefusalsQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor,
        new QueryParameter("event_id", QueryKind.Whole, "Only what this event refused.") { Least = 1 },
        QueryParameter.Text("bot_name", "Only what this bot wanted."), QueryParameter.From, QueryParameter.To);

    public override string Tag => "Circuit breaker";

    public override string About => "Stops trading when the market or an account falls too far.";

    public override IJsonTypeInfoResolver Json => BreakerJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<BreakerRecorder>();
        AddFollower<MarketFollower>(services);
        AddFollower<MoneyFollower>(services);
        services.AddSingleton<BreakerBoard>();
        services.AddSingleton<BreakerControl>();
        services.AddSingleton<ITradeGate, BreakerGate>();
        services.AddSingleton<BreakerWatch>();
        services.AddSingleton<IWatched>(static provider => provider.GetRequiredService<BreakerWatch>());
        services.AddHostedService(static provider => provider.GetRequiredService<BreakerWatch>());
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        // A plain change of an event's row, such as a note, is no event of the stream.
        new FoundEvents<BreakerEvent>(
            BreakerEvents.Table, BreakerJson.Default.BreakerEvent, BreakerEvents.FindAsync, static row => row.BotName,
            (BreakerStatus.Triggered, "breaker.triggered"), (BreakerStatus.Recovering, "breaker.recovering"), (BreakerStatus.Cleared, "breaker.cleared"),
            (BreakerEvents.Bypassed, "breaker.bypassed")),
        new FoundEvents<BreakerRefusal>(
            BreakerRefusals.Table, BreakerJson.Default.BreakerRefusal, BreakerRefusals.FindAsync, static refused => refused.BotName, ("refused", "breaker.refused")),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (board, control) = (parts.GetRequiredService<BreakerBoard>(), parts.GetRequiredService<BreakerControl>());
        var logger = parts.GetRequiredService<ILogger<BreakerControl>>();
        yield return new FreshRead<One<BreakerView>>("circuitBreaker", "GET /api/circuit-breaker", "May I trade? The state of the circuit breaker, its reasons and its measures",
            (call, query) => board.AnswerAsync(query.Text("bot_name") ?? call.Caller.BotName, query.Text("mode"), call.Cancel))
        { Query = StateQuery, PerMinute = 300, IsPolled = true };

        yield return new Read<Page<BreakerEvent>>("listCircuitBreakerEvents", "GET /api/circuit-breaker/events", "What the circuit breaker did, newest first",
            BreakerJson.Default.PageBreakerEvent, static (session, _, query) => BreakerEvents.List.PageAsync(session, query, query.Whole("limit"), BreakerEvents.Columns.Read))
        { Query = EventsQuery, PerMinute = 100 };

        yield return new Read<Page<BreakerRefusal>>("listCircuitBreakerRefusals", "GET /api/circuit-breaker/refusals", "What the circuit breaker refused to open or enlarge, newest first",
            BreakerJson.Default.PageBreakerRefusal, static (session, _, query) => BreakerRefusals.List.PageAsync(session, query, query.Whole("limit"), BreakerRefusals.Columns.Read))
        { Query = RefusalsQuery, PerMinute = 100 };

        yield return new Write<NewBreakerTrigger, BreakerTriggered>(BreakerWork.Trigger, "POST /api/circuit-breaker/trigger", "Stop trading by hand",
            BreakerJson.Default.NewBreakerTrigger, BreakerJson.Default.BreakerTriggered, async (session, call, input) =>
            {
                var (id, isNew) = await control.TriggerAsync(session, call.Caller, input);
                return isNew
                    ? new Answer<BreakerTriggered>(201, new(true, "Circuit breaker triggered", id))
                    {
                        Id = id,
                        Changed = BreakerRecorder.ChangeOf(id, null, input.Reason),
                        Then = () => BreakerLog.Triggered(logger, id, call.Caller.Owner, call.RequestId),
                    }
                    : Answer.Ok(new BreakerTriggered(true, "Circuit breaker was triggered by hand before", id)) with { Id = id };
            })
        { Statuses = [201, 200], Scope = Scopes.Control, PerMinute = 100 };

        yield return new Write<NewBreakerClearing, BreakerCleared>(BreakerWork.Clear, "POST /api/circuit-breaker/clear", "Let trading go on",
            BreakerJson.Default.NewBreakerClearing, BreakerJson.Default.BreakerCleared, async (session, call, input) =>
            {
                var cleared = await control.ClearAsync(session, call.Caller, input);
                long[] ids = [.. cleared.Select(static one => one.Id)];
                var message = ids.Length == 0 ? "Nothing stopped trading" : "Circuit breaker cleared";
                return Answer.Ok(new BreakerCleared(true, message, ids)) with
                {
                    Id = ids.Length > 0 ? ids[^1] : null,
                    Changed = ids.Length > 0 ? BreakerRecorder.ChangeOf(ids[^1], cleared[^1], input.Reason) : HoldsOf(input),
                    Then = () => BreakerLog.Cleared(logger, string.Join(", ", ids.Select(static id => id.ToString(CultureInfo.InvariantCulture))), call.Caller.Owner, call.RequestId),
                };
            })
        { Statuses = [200], Scope = Scopes.Control, PerMinute = 100, Consents = new(static _ => [ConsentSettings.ClearBreaker], static (_, _, input) => new(input.BotName)) };
    }

    /// <summary>What the audit log keeps of a clearing that only says what holds from now.</summary>
    private static Changed HoldsOf(NewBreakerClearing input) =>
        new(BreakerEvents.Table, null, null, _ => new(JsonText.OfRecord(input, BreakerJson.Default.NewBreakerClearing))) { Reason = input.Reason };

    private static void AddFollower<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(IServiceCollection services)
        where T : BreakerFollower
    {
        services.AddSingleton<T>();
        services.AddSingleton<IChangeFollower>(static provider => provider.GetRequiredService<T>());
        services.AddHostedService(static provider => provider.GetRequiredService<T>());
    }
}

/// <summary>The log messages about what is done by hand. They name no reason, because that is text that a client chose.</summary>
internal static partial class BreakerLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker was triggered by hand (event {EventId}) by {Owner} (request {RequestId})")]
    public static partial void Triggered(ILogger logger, long eventId, string owner, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The circuit breaker was cleared by hand (events {EventIds}) by {Owner} (request {RequestId})")]
    public static partial void Cleared(ILogger logger, string eventIds, string owner, string requestId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(One<BreakerView>))]
[JsonSerializable(typeof(Page<BreakerEvent>))]
[JsonSerializable(typeof(BreakerEvent))]
[JsonSerializable(typeof(Page<BreakerRefusal>))]
[JsonSerializable(typeof(BreakerRefusal))]
[JsonSerializable(typeof(NewBreakerTrigger))]
[JsonSerializable(typeof(NewBreakerClearing))]
[JsonSerializable(typeof(BreakerTriggered))]
[JsonSerializable(typeof(BreakerCleared))]
[JsonSerializable(typeof(Recovery))]
[JsonSerializable(typeof(TriggerDetails))]
[JsonSerializable(typeof(string))]
internal sealed partial class BreakerJson : JsonSerializerContext;
