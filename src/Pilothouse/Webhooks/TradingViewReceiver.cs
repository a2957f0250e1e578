using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Signals;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>Makes signals of the alerts of TradingView.</summary>
internal sealed class TradingViewReceiver(OperationRunner runner, IServiceProvider parts, TimeProvider clock) : MessageReceiver
{
    /// <summary>The fields of a signal, and the placeholders that they come from.</summary>
    private static readonly Dictionary<string, string> Places = new()
    {
        ["trading_pair"] = AlertPlaces.Pair,
        ["signal_type"] = AlertPlaces.Action,
        ["signal_strength"] = AlertPlaces.Strength,
        ["timestamp"] = AlertPlaces.Time,
    };

    private Write<NewSignal, SignalStored>? create;

    public override string Kind => WebhookKinds.TradingView;

    /// <summary>It is asked for at the first message: the list of operations is made with the operation that takes messages.</summary>
    private Write<NewSignal, SignalStored> Create =>
        create ??= (Write<NewSignal, SignalStored>)parts.GetRequiredService<OperationList>().Named("createSignal");

    public override async ValueTask<Taken> TakeAsync(Session session, Call call, Webhook hook, MessageText message)
    {
        var terms = WebhookSecrets.TermsOf(hook);
        var alert = TradingViewAlert.Of(PlacesOf(message, terms), terms);
        var now = clock.GetUtcNow();
        var (identity, since) = alert.Identity(now);
        if (await DeliveryStore.FindEarlierAsync(session, hook.Id, identity.Key!, since) is { } earlier)
        {
            return Repeated(earlier, identity, alert);
        }

        DemandYoung(alert, terms, now);
        try
        {
            var answer = await runner.WithinAsync(session, Create, call, alert.ToSignal(now));
            return new(Outcomes.Accepted, string.Create(CultureInfo.InvariantCulture, $"The alert became signal {answer.Id}."), SignalStore.Table.Name, answer.Id, identity)
            { Then = answer.Then };
        }
        catch (Refusal refusal) when (refusal.Details is { } details)
        {
            throw Refusal.Invalid([.. details.Select(static detail => detail with { Field = Places.GetValueOrDefault(detail.Field, detail.Field) })]);
        }
    }

    private static Dictionary<string, string> PlacesOf(MessageText message, StoredTerms terms) =>
        message.IsJson ? AlertPlaces.Of(message.JsonFields(), terms.FieldNames)
        : terms.Template is { } template ? MessageTemplate.Of(template).Read(message.Text)
        : message.IsForm ? AlertPlaces.Of(message.FormFields(), terms.FieldNames)
        : throw Refusal.Invalid("template", "is needed: the message is no JSON, and the webhook does not say how its text is written");

    private static Taken Repeated(EarlierMessage earlier, MessageIdentity identity, TradingViewAlert alert)
    {
        if (alert.Id is not null && earlier.ContentHash != identity.ContentHash)
        {
            throw new Refusal(409, ErrorCodes.ExternalIdTaken, "External id taken", string.Create(CultureInfo.InvariantCulture,
                $"An alert with this id became signal {earlier.RecordId}, and said something else. ")
                + "Each alert needs an id of its own: add {{timenow}} to it, or leave it out.")
            { Details = [new(AlertPlaces.Id, "is that of another alert")] };
        }

        return new(Outcomes.Repeated, string.Create(CultureInfo.InvariantCulture, $"The same alert became signal {earlier.RecordId} before."), earlier.RecordTable, earlier.RecordId);
    }

    private static void DemandYoung(TradingViewAlert alert, StoredTerms terms, DateTimeOffset now)
    {
        var most = terms.MaxAgeSeconds ?? WebhookTerms.StandardMaxAgeSeconds;
        if (alert.AgeAt(now)?.TotalSeconds is { } age && age > most)
        {
            throw new Refusal(409, ErrorCodes.MessageTooOld, "Message too old", string.Create(CultureInfo.InvariantCulture,
                $"The alert is {age:0} seconds old, and this webhook takes alerts of at most {most} seconds (max_age_seconds). ")
                + "If its time is {{time}}, which is when the bar began, send {{timenow}} as time and {{time}} as bar.");
        }
    }
}
