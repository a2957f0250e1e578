using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Consents;

/// <summary>The operations on calls of agents that wait for a person.</summary>
internal sealed class ConsentFeature : Feature
{
    private static readonly QueryShape ListQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor, QueryParameter.OneOf("status", "Only in this status.", ConsentStatus.All),
        QueryParameter.BotName, QueryParameter.From, QueryParameter.To);

    public override string Tag => "Consents";

    public override string About => "What AI agents ask a person for before it is done.";

    public override IJsonTypeInfoResolver Json => ConsentJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<ConsentDesk>();
        services.AddSingleton<IConsentDesk>(static parts => parts.GetRequiredService<ConsentDesk>());
        services.AddSingleton<ConsentDecisions>();
        services.AddHostedService<ConsentWatch>();
    }

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new FoundEvents<ConsentRequest>(
            ConsentStore.Table, ConsentJson.Default.ConsentRequest, static async (session, id) => (await ConsentStore.FindAsync(session, id))?.Request, static request => request.BotName,
            ("asked", "consent.asked"), (ConsentStatus.Approved, "consent.approved"), (ConsentStatus.Denied, "consent.denied"),
            (ConsentStatus.Expired, "consent.expired"), (ConsentStatus.Failed, "consent.failed")),
    ];

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        // The runner carries out what is approved, and knows all operations: both are asked for when they are needed.
        ConsentDecisions Decisions() => parts.GetRequiredService<ConsentDecisions>();

        yield return new Read<Page<ConsentRequest>>("listConsents", "GET /api/consents", "What waits for a person, and what became of it, newest first", ConsentJson.Default.PageConsentRequest,
            static (session, _, query) => ConsentStore.List.PageAsync(session, query, query.Whole("limit"), ConsentStore.Columns.Read))
        { Query = ListQuery, PerMinute = 300 };

        yield return new Read<One<ConsentRequest>>("findConsent", "GET /api/consents/{id}", "One request, with its result", ConsentJson.Default.OneConsentRequest,
            static async (session, call, _) => new One<ConsentRequest>(true, (await ConsentStore.FindAsync(session, call.Id))?.Request
                ?? throw Refusal.NotFound("Request not found", string.Create(CultureInfo.InvariantCulture, $"There is no request {call.Id}; GET /api/consents lists them."))))
        { MayFindNothing = true, PerMinute = 300 };

        yield return new Act<ConsentDecided>(AuditedWork.ApproveConsent, "POST /api/consents/{id}/approve", "Agree: the call is carried out now", 200, ConsentJson.Default.ConsentDecided,
            call => Decisions().ApproveAsync(call))
        { Scope = Scopes.Control, AlsoDemands = ConsentDecisions.DemandPerson, PerMinute = 100 };

        yield return new Write<ConsentDenial, ConsentDecided>("denyConsent", "POST /api/consents/{id}/deny", "Refuse: the call is not carried out", ConsentJson.Default.ConsentDenial, ConsentJson.Default.ConsentDecided,
            (session, call, denial) => Decisions().DenyAsync(session, call, denial.Reason))
        { Statuses = [200], Scope = Scopes.Control, AlsoDemands = ConsentDecisions.DemandPerson, PerMinute = 100 };
    }
}
