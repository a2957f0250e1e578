using System.Text.Json.Serialization.Metadata;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Signals;

/// <summary>The operations on signals.</summary>
internal sealed class SignalFeature : Feature
{
    private static readonly QueryParameter[] Filters = [.. SignalStore.Table.Filters, QueryParameter.From, QueryParameter.To];

    public override string Tag => "Signals";

    public override string About => "When to buy or sell.";

    public override IJsonTypeInfoResolver Json => SignalJson.Default;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<SignalService>();

    public override IEnumerable<EventSource> Events(IServiceProvider parts) => [EventSource.Of(SignalStore.Table, SignalJson.Default.Signal, "signal")];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var signals = parts.GetRequiredService<SignalService>();
        var settings = parts.GetRequiredService<Settings>();
        yield return new Read<Page<Signal>>("listSignals", "GET /api/signals", "Signals, newest first", SignalJson.Default.PageSignal,
            static (session, _, query) => SignalStore.List.PageAsync(session, query, query.Whole("limit"), SignalStore.Table.Read))
        { Query = new([QueryParameter.Limit(50), QueryParameter.Cursor, .. Filters]), PerMinute = 200 };

        yield return new Read<One<Signal>>("latestSignal", "GET /api/signals/latest", "The newest signal", SignalJson.Default.OneSignal,
            static (session, _, query) => SignalStore.List.NewestAsync(session, query, SignalStore.Table.Read, "No signals found", static filters => filters is null
                ? "Nothing was stored yet; POST /api/signals stores a signal."
                : $"No signal has this {filters}; GET /api/signals lists what there is."))
        { Query = new(Filters), MayFindNothing = true, PerMinute = 300 };

        yield return new Read<One<Signal>>("getSignal", "GET /api/signals/{id}", "One signal", SignalJson.Default.OneSignal,
            static async (session, call, _) => new(true, await SignalService.FindAsync(session, call.Id)))
        { MayFindNothing = true, PerMinute = 300 };

        var create = new Write<NewSignal, SignalStored>("createSignal", "POST /api/signals", "Store a signal", SignalJson.Default.NewSignal, SignalJson.Default.SignalStored,
            async (session, call, signal) =>
            {
                var id = await signals.RecordAsync(session, call.Caller, signal);
                return Answer.Created(new SignalStored(true, "Signal created successfully", id), SignalStore.Table, id, signal);
            })
        { Audited = Audited.AsRecord, PerMinute = 100 };
        yield return create;
        yield return create.Batch("createSignals", "Store up to 5,000 signals, all or none");

        yield return new Write<SignalChange, SignalChanged>("changeSignal", "PATCH /api/signals/{id}", "Say what became of a signal", SignalJson.Default.SignalChange,
            SignalJson.Default.SignalChanged, async (session, call, change) =>
            {
                var (before, after) = await SignalService.ChangeAsync(session, call.Caller, call.Id, change, settings);
                return Answer.Ok(new SignalChanged(true, "Signal updated successfully", after.Id, after)) with
                {
                    Id = after.Id,
                    Changed = before == after ? null : new(SignalStore.Table.Name, after.Id, () => JsonOf(before), _ => new(JsonOf(after))),
                };
            })
        { Statuses = [200], Audited = Audited.AsRecord, PerMinute = 100 };
    }

    private static string JsonOf(Signal signal) => JsonText.OfRecord(signal, SignalJson.Default.Signal);
}
