using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>The operations on webhooks, and those that take their messages.</summary>
internal sealed class WebhookFeature : Feature
{
    /// <summary>How many messages an address may send in a minute, whatever their webhook.</summary>
    private const int MostPerAddress = 300;

    private static readonly QueryShape ListQuery = new(QueryParameter.MostOf("webhooks"));

    private static readonly QueryShape DeliveryQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor,
        new QueryParameter("webhook_id", QueryKind.Whole, "Only what came to the webhook of this id.") { Least = 1 },
        QueryParameter.OneOf("outcome", "Only what had this outcome.", Outcomes.All),
        QueryParameter.From, QueryParameter.To);

    public override string Tag => "Webhooks";

    public override string About => "Messages of programs that cannot send a credential in a header: alerts of TradingView, messages of freqtrade.";

    public override IJsonTypeInfoResolver Json => WebhookJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<WebhookBook>();
        services.AddSingleton<MessageReceiver, TradingViewReceiver>();
        services.AddSingleton<MessageReceiver, FreqtradeReceiver>();
        services.AddSingleton<IPurge, DeliveryPurge>();
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts) => [.. OnWebhooks(parts), .. OnMessages(parts)];

    private static IEnumerable<Operation> OnWebhooks(IServiceProvider parts)
    {
        var (book, database) = (parts.GetRequiredService<WebhookBook>(), parts.GetRequiredService<Database>());
        yield return new FreshRead<Page<WebhookRow>>("listWebhooks", "GET /api/webhooks", "Every webhook, without the secrets", WebhookJson.Default.PageWebhookRow, async (call, query) =>
        {
            var all = await database.ReadAsync(ReadKind.Known, WebhookStore.ListAsync, call.Cancel);
            WebhookRow[] rows = [.. all.Take((int?)query.Number("limit") ?? all.Count).Select(WebhookRow.Of)];
            return new(true, rows.Length, rows, null);
        })
        { Query = ListQuery, Scope = Scopes.Control };

        yield return new Write<NewWebhook, WebhookCreated>(AuditedWork.CreateWebhook, "POST /api/webhooks", "Make a webhook; its secret is shown once",
            WebhookJson.Default.NewWebhook, WebhookJson.Default.WebhookCreated, async (session, call, input) =>
            {
                var (hook, secret) = await book.CreateAsync(session, call.Caller, input);
                return new Answer<WebhookCreated>(201, new(true, "Webhook created successfully; its secret is not shown again", hook.Id, WebhookRow.Of(hook).Path, secret))
                { Id = hook.Id, Changed = WebhookBook.ChangeOf(null, hook) };
            })
        { Scope = Scopes.Control, HoldsSecret = true };

        yield return new Write<WebhookChange, WebhookChanged>(AuditedWork.ChangeWebhook, "PATCH /api/webhooks/{id}", "Change what a webhook takes",
            WebhookJson.Default.WebhookChange, WebhookJson.Default.WebhookChanged, async (session, call, change) =>
            {
                var (before, after) = await book.ChangeAsync(session, call.Caller, call.Id, change);
                return Answer.Ok(new WebhookChanged(true, "Webhook updated successfully", after.Id, WebhookRow.Of(after))) with
                { Id = after.Id, Changed = before == after ? null : WebhookBook.ChangeOf(before, after) };
            })
        { Statuses = [200], Scope = Scopes.Control };

        yield return new Write<NoInput, WebhookRevoked>(AuditedWork.RevokeWebhook, "DELETE /api/webhooks/{id}", "Revoke a webhook at once",
            WebhookJson.Default.NoInput, WebhookJson.Default.WebhookRevoked, async (session, call, _) =>
            {
                var (before, after) = await book.RevokeAsync(session, call.Caller, call.Id);
                return Answer.Ok(new WebhookRevoked(true, "Webhook revoked", after.Id)) with { Id = after.Id, Changed = WebhookBook.ChangeOf(before, after) };
            })
        { Statuses = [200], Scope = Scopes.Control };

        yield return new Read<Page<Delivery>>("listWebhookDeliveries", "GET /api/webhooks/deliveries", "What came to webhooks and what became of it, newest first",
            WebhookJson.Default.PageDelivery, static (session, _, query) => DeliveryStore.List.PageAsync(session, query, query.Whole("limit"), DeliveryStore.Read))
        { Query = DeliveryQuery, Scope = Scopes.Control };
    }

    private static IEnumerable<Operation> OnMessages(IServiceProvider parts)
    {
        var door = ActivatorUtilities.CreateInstance<WebhookDoor>(parts);
        (string Kind, string Name, string What, Type Form)[] kinds =
        [
            (WebhookKinds.TradingView, "receiveTradingView", "Take an alert of TradingView, which becomes a signal", typeof(AlertForm)),
            (WebhookKinds.Freqtrade, "receiveFreqtrade", "Take a message of freqtrade, which becomes a trade, a fill or a report", typeof(FreqtradeForm)),
        ];
        foreach (var (kind, name, what, form) in kinds)
        {
            yield return new Receive(name, $"POST /api/webhooks/{kind}/{{name}}", what, kind, form, door) { PerMinute = MostPerAddress };
            yield return new Receive($"{name}BySecret", $"POST /api/webhooks/{kind}/{{name}}/{{secret}}", $"{what}; the secret is in the path", kind, form, door)
            { PerMinute = MostPerAddress };
        }
    }
}

/// <summary>Makes, changes and revokes webhooks.</summary>
internal sealed class WebhookBook(WebhookSecrets secrets, TimeProvider clock)
{
    /// <summary>Makes a webhook and its secret.</summary>
    /// <exception cref="Refusal">Its terms do not fit its kind, its name is taken, or the caller may not make it.</exception>
    public async ValueTask<(Webhook Hook, string Secret)> CreateAsync(Session session, Caller caller, NewWebhook input)
    {
        DemandMayMake(caller);
        var kind = WebhookKinds.All.Find(input.Kind!)!;
        var terms = new StoredTerms().With(input);
        TermRules.DemandFitting(kind, input, terms);
        var bot = caller.BotFor(input.BotName ?? caller.BotName ?? input.Name)!;
        if (await WebhookStore.FindAsync(session, kind, input.Name!) is { } known)
        {
            throw Refusal.Invalid("name", string.Create(CultureInfo.InvariantCulture, $"is that of webhook {known.Id}: revoke that one first, or take another name"));
        }

        var secret = WebhookSecrets.Make();
        var hook = secrets.Sealed(new(
            0, kind, input.Name!, bot, JsonText.OfRecord(terms, WebhookJson.Default.StoredTerms), secrets.Hash(secret), "", Timestamps.Cut(clock.GetUtcNow()), caller.Owner, null));
        return (hook with { Id = await WebhookStore.InsertAsync(session, hook) }, secret);
    }

    /// <returns>The webhook before and after the change.</returns>
    public async ValueTask<(Webhook Before, Webhook After)> ChangeAsync(Session session, Caller caller, long id, WebhookChange change)
    {
        DemandMayMake(caller);
        var before = await FindOwnAsync(session, caller, id);
        if (before.RevokedAt is not null)
        {
            throw Refusal.Invalid("id", "is that of a revoked webhook, which does not change: make a new one");
        }

        if (!secrets.IsGenuine(before))
        {
            // A new seal would make good what another program has written.
            throw new Refusal(409, ErrorCodes.WebhookAltered, "Webhook was changed in the database",
                "Another program has changed what this webhook allows, so it takes no message. Revoke it, find out which program did it, and make a new webhook.");
        }

        var terms = WebhookSecrets.TermsOf(before).With(change);
        TermRules.DemandFitting(before.Kind, change, terms);
        var after = secrets.Sealed(before with { Terms = JsonText.OfRecord(terms, WebhookJson.Default.StoredTerms) });
        if (after != before)
        {
            await WebhookStore.ChangeAsync(session, after);
        }

        return (before, after);
    }

    /// <returns>The webhook before and after it was revoked.</returns>
    public async ValueTask<(Webhook Before, Webhook After)> RevokeAsync(Session session, Caller caller, long id)
    {
        var before = await FindOwnAsync(session, caller, id);
        await WebhookStore.RevokeAsync(session, id, clock.GetUtcNow());
        return (before, (await WebhookStore.FindAsync(session, id))!);
    }

    /// <summary>A webhook that was made or changed, for the audit log.</summary>
    public static Changed ChangeOf(Webhook? before, Webhook after) =>
        new(WebhookStore.Table, after.Id, before is null ? null : () => JsonOf(before), _ => new(JsonOf(after)));

    private static string JsonOf(Webhook hook) => JsonText.OfRecord(WebhookRow.Of(hook), WebhookJson.Default.WebhookRow);

    private static async ValueTask<Webhook> FindOwnAsync(Session session, Caller caller, long id)
    {
        var hook = await WebhookStore.FindAsync(session, id)
            ?? throw Refusal.NotFound("Webhook not found", string.Create(CultureInfo.InvariantCulture, $"There is no webhook {id}; GET /api/webhooks lists them."));
        caller.BotFor(hook.BotName);
        return hook;
    }

    /// <summary>A webhook records for ever until it is revoked: an API key makes or changes one only if it may record itself, and has no end.</summary>
    private static void DemandMayMake(Caller caller)
    {
        if (caller.IsAgent)
        {
            throw new Refusal(403, ErrorCodes.ConsentNeeded, "Not allowed", "The API key of an agent makes and changes no webhook, because a webhook stores trades without the consent of a person.");
        }

        if (caller.TokenId is null && (!caller.Scopes.HasFlag(Scopes.Write) || caller.ExpiresAt is not null))
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                "A webhook stores records and has no end, so an API key makes or changes one only if it has the scope write and no expires_at. Log in with the PIN, or use such a key.");
        }
    }
}
