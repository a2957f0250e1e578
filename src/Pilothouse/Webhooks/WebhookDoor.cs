using System.Collections.Concurrent;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>
/// Takes the messages of other programs: finds the webhook and compares the secret, checks the address and the limit, has the message
/// carried out, and lists it with what became of it, in the same transaction.
/// </summary>
internal sealed partial class WebhookDoor(
    CallerDatabase database, Database reads, OperationRunner runner, CallLimits limits, WebhookSecrets secrets, IEnumerable<MessageReceiver> receivers,
    TimeProvider clock, ILogger<WebhookDoor> logger)
{
    private static readonly TimeSpan ListedEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, MessageReceiver> byKind = receivers.ToDictionary(static receiver => receiver.Kind);

    /// <summary>When a message that anybody can send in any number was last listed for a webhook, by its code.</summary>
    private readonly ConcurrentDictionary<(long WebhookId, string Code), DateTimeOffset> listed = new();

    /// <summary>Carries out a message.</summary>
    /// <exception cref="Refusal">It is refused. If the webhook exists, the refusal is listed.</exception>
    public async ValueTask<Outcome> ReceiveAsync(string kind, Call call, SentMessage sent)
    {
        var message = MessageText.Of(sent);
        var hook = await reads.ReadAsync(ReadKind.LookUp, session => WebhookStore.FindAsync(session, kind, call.Target ?? ""), call.Cancel);
        var isOwn = secrets.Opens(hook, message.Secret);
        if (hook is null || !isOwn)
        {
            throw await StrangerAsync(call, hook);
        }

        var own = call with { Caller = CallerOf(hook) };
        try
        {
            await DemandWelcomeAsync(own, hook, sent);
            var (taken, id) = await runner.TransactAsync(own, async session =>
            {
                await WebhookSecrets.DemandSameAsync(session, hook);
                var taken = await byKind[kind].TakeAsync(session, own, hook, message);
                return (taken, await DeliveryStore.InsertAsync(session, DeliveryOf(own, hook, message, taken), taken.Identity));
            });
            taken.Then?.Invoke();
            var answer = new MessageTaken(true, taken.Message, taken.Outcome, id, taken.RecordTable, taken.RecordId);
            return new(taken.Outcome == Outcomes.Accepted ? 201 : 200, JsonText.Utf8(answer, WebhookJson.Default.MessageTaken), Replayed: false);
        }
        catch (Refusal refusal) when (refusal.Status < 500 && refusal.Code != ErrorCodes.UnknownWebhook)
        {
            await ListAsync(own, hook, message, refusal);
            throw;
        }
    }

    private static Caller CallerOf(Webhook hook)
    {
        var owner = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"webhook:{hook.Id}");
        return new($"webhook:{hook.Name}", owner, owner, Scopes.Write) { DisplayName = hook.Name, BotName = hook.BotName };
    }

    private async ValueTask DemandWelcomeAsync(Call call, Webhook hook, SentMessage sent)
    {
        var terms = WebhookSecrets.TermsOf(hook);
        if (!AllowedAddresses.Has(terms.Addresses, sent.Address))
        {
            throw new Refusal(403, ErrorCodes.AddressNotAllowed, "Address not allowed",
                "This address is not in the webhook's addresses. Behind a proxy, name the proxy in TRUSTED_PROXIES, so that the real address is seen.");
        }

        var most = (int)(terms.PerMinute ?? WebhookTerms.StandardPerMinute);
        (await limits.TakeAsync(call.Caller.Client, "messages", most))?.Demand(clock.GetUtcNow());
    }

    /// <summary>
    /// Returns the refusal of a message without the secret, which is the same whether the webhook exists or not. It counts in the limits of
    /// its address, as a request with a wrong API key does.
    /// </summary>
    private async ValueTask<Refusal> StrangerAsync(Call call, Webhook? hook)
    {
        var stranger = new Caller("-", "-", call.Address ?? "unknown", Scopes.None);
        (await limits.TakeAsync(stranger, "", null))?.Demand(clock.GetUtcNow());
        if (MayList(hook?.Id ?? 0, ErrorCodes.UnknownWebhook))
        {
            WrongSecret(logger, hook?.Id ?? 0, call.Address, call.RequestId);
            if (hook is not null)
            {
                await InsertAsync(call with { Caller = CallerOf(hook) }, new(0, clock.GetUtcNow(), hook.Id, call.Address, call.RequestId, Outcomes.Refused, ErrorCodes.UnknownWebhook,
                    "The message came without the secret of this webhook, or with another one. Of such messages one a minute is listed.", null, null, null));
            }
        }

        return WebhookSecrets.Unknown();
    }

    private async ValueTask ListAsync(Call call, Webhook hook, MessageText message, Refusal refusal)
    {
        if (refusal.Status != 429 || MayList(hook.Id, refusal.Code))
        {
            await InsertAsync(call, new(0, clock.GetUtcNow(), hook.Id, call.Address, call.RequestId, Outcomes.Refused, refusal.Code, refusal.Message, null, null, message.Shown));
        }
    }

    private Task<long> InsertAsync(Call call, Delivery delivery) =>
        database.WriteAsync(call.Caller, session => DeliveryStore.InsertAsync(session, delivery, null));

    private Delivery DeliveryOf(Call call, Webhook hook, MessageText message, Taken taken) => new(
        0, clock.GetUtcNow(), hook.Id, call.Address, call.RequestId, taken.Outcome, null, taken.Message, taken.RecordTable, taken.RecordId, message.Shown);

    private bool MayList(long webhookId, string code)
    {
        var now = clock.GetUtcNow();
        if (listed.TryGetValue((webhookId, code), out var last) && (now - last).Duration() < ListedEvery)
        {
            return false;
        }

        listed[(webhookId, code)] = now;
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message for webhook {WebhookId} (0 is none that exists) came without its secret from {Client} (request {RequestId})")]
    private static partial void WrongSecret(ILogger logger, long webhookId, string? client, string requestId);
}

/// <summary>The operation that takes the messages of one kind of program.</summary>
internal sealed class Receive(string name, string route, string summary, string kind, Type form, WebhookDoor door) : MessageOperation(name, route, summary)
{
    public override Type Form => form;

    public override IEnumerable<(int Status, Type Type)> Answers => [(200, typeof(MessageTaken)), (201, typeof(MessageTaken))];

    public override ValueTask<Outcome> RunAsync(Call call, SentMessage message) => door.ReceiveAsync(kind, call, message);
}
