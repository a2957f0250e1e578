using System.Globalization;
using System.Text;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Consents;

/// <summary>
/// Decides requests for consent. An approved call is carried out with the credential that asked and its rights of now, in the transaction that
/// uses the request up: both happen, once, or neither.
/// </summary>
internal sealed partial class ConsentDecisions(
    Database database, CallerDatabase callers, ConsentDesk desk, OperationRunner runner, OperationList operations, AuditLog audit, TimeProvider clock, ILogger<ConsentDecisions> logger)
{
    /// <summary>Refuses an agent. For <see cref="Operation.AlsoDemands"/>.</summary>
    public static void DemandPerson(Caller caller)
    {
        if (caller.IsAgent)
        {
            throw new Refusal(403, ErrorCodes.ConsentNeeded, "Not allowed", "The API key of an agent cannot decide requests for consent. A person does it, in the dashboard or with another key.");
        }
    }

    /// <summary>Approves a request and carries it out.</summary>
    /// <exception cref="Refusal">It no longer waits, or its work was refused (<c>consent-failed</c>), which ends it.</exception>
    public async ValueTask<ConsentDecided> ApproveAsync(Call call)
    {
        var (kept, asker) = await database.ReadAsync(ReadKind.LookUp, async session =>
        {
            var found = await DemandAsync(session, call);
            return (found, desk.IsGenuine(found) ? await desk.FindAskerAsync(session, found) : null);
        }, call.Cancel);
        try
        {
            if (asker is null || operations.Find(kept.Request.Operation!) is not WriteOperation operation)
            {
                throw new Refusal(409, ErrorCodes.ConsentFailed, "Consent failed", desk.IsGenuine(kept)
                    ? "the credential that asked has ended or was revoked."
                    : "another program has changed it in the database since it was asked.");
            }

            var asked = new Call(asker, kept.Request.Door!, call.RequestId, call.Cancel)
            {
                Address = kept.Address,
                Target = kept.Request.Target,
                Consent = new GivenConsent((session, status, answer) => TakeAsync(session, call, kept, status, answer)),
            };
            await operation.RunAsync(runner, asked, kept.Text is { } text ? Encoding.UTF8.GetBytes(text) : default);
        }
        catch (Refusal refusal) when (refusal is { Status: < 500, Code: not ErrorCodes.ConsentDecided })
        {
            // The credential of the one who approves is valid: what was refused is the work.
            var ended = new ConsentDecision(ConsentStatus.Failed, clock.GetUtcNow(), call.Caller, null, refusal.Status, JsonText.Of(refusal.Body, ContractJson.Default.ErrorBody));
            await callers.WriteAsync(call.Caller, session => EndAsync(session, call, AuditedWork.FailConsent, kept.Request, ended));
            Failed(logger, kept.Request.Id, refusal.Code, call.Caller.Owner, call.RequestId);
            throw new Refusal(409, ErrorCodes.ConsentFailed, "Consent failed", $"The request was approved, but it cannot be carried out: {refusal.Message}") { Details = refusal.Details };
        }

        Approved(logger, kept.Request.Id, call.Caller.Owner, call.RequestId);
        var now = await database.ReadAsync(ReadKind.LookUp, session => ConsentStore.FindAsync(session, kept.Request.Id), call.Cancel);
        return new(true, "Approved and done", kept.Request.Id, now!.Request);
    }

    /// <summary>Denies a request.</summary>
    public async ValueTask<Answer<ConsentDecided>> DenyAsync(Session session, Call call, string? reason)
    {
        var before = (await DemandAsync(session, call)).Request;
        if (!await ConsentStore.DecideAsync(session, before.Id, new(ConsentStatus.Denied, clock.GetUtcNow(), call.Caller, reason)))
        {
            throw Decided(before.Id);
        }

        var after = (await ConsentStore.FindAsync(session, before.Id))!.Request;
        return Answer.Ok(new ConsentDecided(true, "Denied", before.Id, after)) with
        {
            Id = before.Id,
            Changed = ChangeOf(before, after) with { Reason = reason },
            Then = () => Denied(logger, before.Id, call.Caller.Owner, call.RequestId),
        };
    }

    /// <summary>Denies the requests whose time is up.</summary>
    /// <returns>When the next one's is; null if none waits.</returns>
    public async Task<DateTimeOffset?> ExpireAsync(CancellationToken cancel)
    {
        var waiting = await database.ReadAsync(ConsentStore.WaitingAsync, cancel);
        var now = clock.GetUtcNow();
        foreach (var request in waiting.Where(request => !(request.ExpiresAt > now)))
        {
            if (await database.WriteAsync(session => EndAsync(session, Call.OfServer(cancel), AuditedWork.ExpireConsent, request, new(ConsentStatus.Expired, now, Caller.Server)), cancel))
            {
                Expired(logger, request.Id);
            }
        }

        return waiting.Where(request => request.ExpiresAt > now).Min(static request => request.ExpiresAt);
    }

    private async ValueTask TakeAsync(Session session, Call call, KeptConsent kept, int status, string answer)
    {
        // Who approves and the end are looked at in the transaction: a credential that was revoked meanwhile approves nothing, nor does one who is late.
        await CallerDatabase.DemandAsync(session, call.Caller, clock);
        var before = (await DemandAsync(session, call)).Request;
        if (!await EndAsync(session, call, AuditedWork.ApproveConsent, before, new(ConsentStatus.Approved, clock.GetUtcNow(), call.Caller, null, status, answer)))
        {
            throw Decided(kept.Request.Id);
        }
    }

    /// <summary>Stores a decision with its row of the audit log.</summary>
    /// <returns>Whether the request waited until now.</returns>
    private async ValueTask<bool> EndAsync(Session session, Call call, string work, ConsentRequest before, ConsentDecision decision)
    {
        if (!await ConsentStore.DecideAsync(session, before.Id, decision))
        {
            return false;
        }

        await audit.RecordAsync(session, call, work, ChangeOf(before, (await ConsentStore.FindAsync(session, before.Id))!.Request));
        return true;
    }

    /// <summary>Returns the request of the path if it waits and the caller may decide it; else throws a refusal.</summary>
    private async ValueTask<KeptConsent> DemandAsync(Session session, Call call)
    {
        var id = call.Id;
        var kept = await ConsentStore.FindAsync(session, id)
            ?? throw Refusal.NotFound("Request not found", string.Create(CultureInfo.InvariantCulture, $"There is no request {id}; GET /api/consents lists them."));
        if (kept.Request.Status != ConsentStatus.Waiting || !(kept.Request.ExpiresAt > clock.GetUtcNow()))
        {
            throw Decided(id);
        }

        if (ConsentDesk.IsAsker(call.Caller, kept))
        {
            throw new Refusal(403, ErrorCodes.ConsentNeeded, "Not allowed", "This credential has asked for it, and nobody decides their own request. Log in with the PIN, or use another key.");
        }

        if (call.Caller.BotName is not null)
        {
            call.Caller.DemandBot(kept.Request.BotName, unnamed: false);
        }

        return kept;
    }

    private static Changed ChangeOf(ConsentRequest before, ConsentRequest after) =>
        new(ConsentStore.Table, before.Id, () => ConsentDesk.JsonOf(before), _ => new(ConsentDesk.JsonOf(after)));

    private static Refusal Decided(long id) => new(409, ErrorCodes.ConsentDecided, "Already decided",
        string.Create(CultureInfo.InvariantCulture, $"The request {id} no longer waits: it was decided, or its time was up. GET /api/consents/{id} says what became of it."));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {ConsentId} was approved and done, by {Owner} (request {RequestId})")]
    private static partial void Approved(ILogger logger, long consentId, string owner, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {ConsentId} was denied by {Owner} (request {RequestId})")]
    private static partial void Denied(ILogger logger, long consentId, string owner, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {ConsentId} was approved by {Owner}, and its work was refused: {Code} (request {RequestId})")]
    private static partial void Failed(ILogger logger, long consentId, string code, string owner, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {ConsentId} is denied, because nobody answered in time")]
    private static partial void Expired(ILogger logger, long consentId);
}
