using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Consents;

/// <summary>
/// Keeps calls of agents that wait for a person. An agent is who calls through the Model Context Protocol, or with an API key that is marked as
/// an agent's. A request is sealed: a program that writes to the database cannot change what a person approves, or who asked for it.
/// </summary>
internal sealed partial class ConsentDesk(Settings settings, ApiKeys keys, TimeProvider clock, ILogger<ConsentDesk> logger) : IConsentDesk
{
    /// <summary>How many requests of one caller may wait at a time, so that none hides among many.</summary>
    private const int MostWaiting = 20;

    private const string OfKey = "key";
    private const string OfSession = "session";

    private readonly KeyedHash hmac = new(settings.JwtSecret, "pilothouse consents");

    public bool Watches(Call call) => settings.Consent.For.Length > 0 && (call.Door == Door.Mcp || call.Caller.IsAgent);

    public string? NeededFor(IEnumerable<string> consents) => consents.FirstOrDefault(settings.Consent.For.Contains);

    public async ValueTask<Answer<ConsentAsked>> AskAsync(Session session, Call call, WriteOperation operation, string consent, string? botName, ReadOnlyMemory<byte> body)
    {
        var now = clock.GetUtcNow();
        var own = (await ConsentStore.WaitingAsync(session)).FindAll(request => request.AskedBy == call.Caller.Owner && request.ExpiresAt > now);
        if (own.Count >= MostWaiting)
        {
            throw Refusal.TooMany((int)Math.Ceiling((own[0].ExpiresAt!.Value - now).TotalSeconds), ": so many of your requests wait for consent already");
        }

        var text = body.IsEmpty ? null : Encoding.UTF8.GetString(body.Span);
        var request = new ConsentRequest
        {
            AskedAt = Timestamps.Cut(now),
            ExpiresAt = Timestamps.Cut(now + settings.Consent.Timeout),
            Status = ConsentStatus.Waiting,
            Consent = consent,
            Operation = operation.Name,
            Target = call.Target,
            BotName = botName ?? call.Caller.BotName,
            Door = call.Door,
            AskedBy = call.Caller.Owner,
            AskedByName = call.Caller.DisplayName,
        };
        var credential = CredentialOf(call.Caller);
        var id = await ConsentStore.InsertAsync(session, new KeptConsent(request, credential, Seal(request, credential, text), text, call.Address));
        var answer = new ConsentAsked(true, "This waits for the consent of a person; nothing has been done yet", id, consent, ConsentStatus.Waiting, request.ExpiresAt!.Value);
        return new Answer<ConsentAsked>(202, answer)
        {
            Id = id,
            Changed = new(ConsentStore.Table, id, null, async reading => JsonOf((await ConsentStore.FindAsync(reading, id))!.Request)) { Operation = AuditedWork.AskConsent },
            Then = () => Asked(logger, id, consent, operation.Name, call.Caller.Owner, call.Door, call.RequestId),
        };
    }

    /// <summary>Whether a request is stored as it was asked.</summary>
    public bool IsGenuine(KeptConsent kept) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(kept.Seal), Encoding.UTF8.GetBytes(Seal(kept.Request, kept.Credential, kept.Text)));

    /// <summary>Returns who asked, as they may call now; null if the credential has ended.</summary>
    public async ValueTask<Caller?> FindAskerAsync(Session session, KeptConsent kept)
    {
        var parts = kept.Credential.Split(' ');
        if (parts is [OfKey, var id, var hash])
        {
            return await keys.FindAsync(session, Number(id), hash) is { } key ? Caller.OfKey(key) : null;
        }

        if (parts is not [OfSession, var token, var first, var login, var ends])
        {
            return null;
        }

        var found = new SessionToken(token, first, DateTimeOffset.FromUnixTimeSeconds(Number(login)), DateTimeOffset.FromUnixTimeSeconds(Number(ends)));
        return found.ExpiresAt > clock.GetUtcNow() && !await CredentialStore.IsRevokedAsync(session, token) ? Caller.OfSession(found) : null;
    }

    /// <summary>Whether the caller is the one who asked: nobody answers their own request.</summary>
    public static bool IsAsker(Caller caller, KeptConsent kept) => caller.Session is { } session
        ? kept.Credential.Split(' ') is [OfSession, _, var first, ..] && first == session.Session
        : kept.Request.AskedBy == caller.Owner;

    public static string JsonOf(ConsentRequest request) => JsonText.OfRecord(request, ConsentJson.Default.ConsentRequest);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string CredentialOf(Caller caller) => caller switch
    {
        { Key: { } key } => string.Create(CultureInfo.InvariantCulture, $"{OfKey} {key.Key.Id} {key.Hash}"),
        { Session: { } token } => string.Create(CultureInfo.InvariantCulture, $"{OfSession} {token.Id} {token.Session} {token.LoginAt.ToUnixTimeSeconds()} {token.ExpiresAt.ToUnixTimeSeconds()}"),
        _ => throw new InvalidOperationException($"{caller.Name} cannot ask for consent."),
    };

    /// <summary>Returns the HMAC over everything that a decision depends on. The body stands last, because only it may hold line breaks.</summary>
    private string Seal(ConsentRequest request, string credential, string? body) => hmac.Hex(Encoding.UTF8.GetBytes(string.Join('\n',
        Stored(request.AskedAt), Stored(request.ExpiresAt), request.Consent, request.Operation, request.Door, request.AskedBy, credential, Uri.EscapeDataString(request.Target ?? ""),
        request.Target is null ? "-" : "+", Uri.EscapeDataString(request.BotName ?? ""), request.BotName is null ? "-" : "+", body is null ? "-" : "+", body)));

    private static string Stored(DateTimeOffset? time) => time is { } value ? Timestamps.ToStored(value) : "";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {ConsentId} waits for consent to {Consent} ({Operation}), asked by {Owner} through {Door} (request {RequestId})")]
    private static partial void Asked(ILogger logger, long consentId, string consent, string operation, string owner, string door, string requestId);
}
