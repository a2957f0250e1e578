using System.Globalization;
using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Contract;

/// <summary>
/// Thrown when a request is not carried out: a status, a stable code, a short error, and a sentence that says what to do. It may be thrown
/// anywhere behind a door; each door writes it in its own form.
/// </summary>
internal sealed class Refusal(int status, string code, string error, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string Error { get; } = error;

    /// <summary>One entry for each wrong field, by its JSON name.</summary>
    public IReadOnlyList<FieldError>? Details { get; init; }

    /// <summary>A further explanation for the log, which the client does not get.</summary>
    public string? LogReason { get; init; }

    /// <summary>After how many seconds the same request may succeed; null if waiting does not help.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>
    /// What is to be stored about the refusal. It is written in a transaction of its own, after that of the refused work has been taken back;
    /// null for nothing.
    /// </summary>
    public Func<Session, ValueTask>? Record { get; init; }

    public ErrorBody Body => new(false, Error, Message, Code) { Details = Details };

    /// <summary>Returns the same refusal with another message and details.</summary>
    public Refusal With(string message, IReadOnlyList<FieldError>? details) =>
        new(Status, Code, Error, message) { Details = details, LogReason = LogReason, RetryAfterSeconds = RetryAfterSeconds, Record = Record };

    public static Refusal Invalid(string field, string message) => Invalid([new(field, message)]);

    public static Refusal Invalid(IReadOnlyList<FieldError> details)
    {
        var missing = details.FirstOrDefault(static detail => detail.Message == InputRules.IsRequired);
        return missing is not null
            ? new Refusal(400, ErrorCodes.MissingField, $"Missing required field: {missing.Field}", $"Send {missing.Field}.") { Details = details }
            : new Refusal(400, ErrorCodes.InvalidInput, "Invalid input", $"{details[0].Field} {details[0].Message}.") { Details = details };
    }

    public static Refusal NotFound(string what, string todo) => new(404, ErrorCodes.NotFound, what, todo);

    /// <param name="seconds">How long until the window of the limit ends.</param>
    /// <param name="otherwise">What the client may do instead of waiting, as the end of a sentence.</param>
    public static Refusal TooMany(int seconds, string otherwise) => new(429, ErrorCodes.RateLimited, "Rate limit exceeded",
        string.Create(CultureInfo.InvariantCulture, $"Wait {seconds} seconds before the next request{otherwise}."))
    { RetryAfterSeconds = seconds };
}

/// <summary>The JSON shape of every error.</summary>
internal sealed record ErrorBody(bool Success, string Error, string Message, string Code)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FieldError>? Details { get; init; }
}

/// <summary>What is wrong with one field, as a phrase that follows its name.</summary>
internal sealed record FieldError(string Field, string Message);

/// <summary>Every error code that an answer may carry. docs/api.md lists them, and they never change.</summary>
internal static class ErrorCodes
{
    public const string AddressNotAllowed = "address-not-allowed";
    public const string AlreadyClosed = "already-closed";
    public const string AuthenticationRequired = "authentication-required";
    public const string BackupDamaged = "backup-damaged";
    public const string BackupFailed = "backup-failed";
    public const string BackupRunning = "backup-running";
    public const string BadRequest = "bad-request";
    public const string BodyRequired = "body-required";
    public const string BodyTooLarge = "body-too-large";
    public const string BreakerStillPastLimit = "breaker-still-past-limit";
    public const string BreakerTriggered = "breaker-triggered";
    public const string ConsentDecided = "consent-decided";
    public const string ConsentFailed = "consent-failed";
    public const string ConsentNeeded = "consent-needed";
    public const string CrossSite = "cross-site-write";
    public const string DatabaseUnavailable = "database-unavailable";
    public const string DiskFull = "disk-full";
    public const string EndpointNotFound = "endpoint-not-found";
    public const string ExternalIdTaken = "external-id-taken";
    public const string HostNotAllowed = "host-not-allowed";
    public const string HttpsRequired = "https-required";
    public const string IdempotencyInProgress = "idempotency-in-progress";
    public const string IdempotencyMismatch = "idempotency-mismatch";
    public const string Internal = "internal-error";
    public const string InvalidCursor = "invalid-cursor";
    public const string InvalidInput = "invalid-input";
    public const string InvalidJson = "invalid-json";
    public const string InvalidPin = "invalid-pin";
    public const string MessageTooOld = "message-too-old";
    public const string MethodNotAllowed = "method-not-allowed";
    public const string MissingField = "missing-field";
    public const string MissingPin = "missing-pin";
    public const string NotFound = "not-found";
    public const string OriginNotAllowed = "origin-not-allowed";
    public const string Overloaded = "overloaded";
    public const string RateLimited = "rate-limited";
    public const string RowKeptAway = "row-kept-away";
    public const string ScopeNeeded = "scope-needed";
    public const string SessionNeeded = "session-needed";
    public const string TooManyFills = "too-many-fills";
    public const string TradeHasFills = "trade-has-fills";
    public const string TradeVoided = "trade-voided";
    public const string UnknownWebhook = "unknown-webhook";
    public const string UnreadableTrade = "unreadable-trade";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string WebhookAltered = "webhook-altered";
    public const string WriteInDoubt = "write-in-doubt";
    public const string WrongBot = "wrong-bot";
    public const string WrongStep = "wrong-step";
}
