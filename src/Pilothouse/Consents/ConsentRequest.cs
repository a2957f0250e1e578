using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Consents;

/// <summary>The words of <c>status</c>.</summary>
internal static class ConsentStatus
{
    public const string Waiting = "waiting";

    /// <summary>A person agreed, and the work was done in the same moment.</summary>
    public const string Approved = "approved";

    public const string Denied = "denied";

    /// <summary>Nobody answered in time, which counts as denied.</summary>
    public const string Expired = "expired";

    /// <summary>A person agreed, but the work was refused.</summary>
    public const string Failed = "failed";

    public static readonly Choices All = new(Waiting, Approved, Denied, Expired, Failed);
}

/// <summary>A call of an agent that waits for a person, or waited for one.</summary>
internal sealed record ConsentRequest
{
    public long Id { get; set; }

    public DateTimeOffset? AskedAt { get; set; }

    /// <summary>When it is denied if nobody has answered.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    public string? Status { get; set; }

    /// <summary>What the consent is for: a word of CONSENT_FOR.</summary>
    public string? Consent { get; set; }

    /// <summary>The name of the operation.</summary>
    public string? Operation { get; set; }

    /// <summary>The id or the name in the path of the operation; null if it has none.</summary>
    public string? Target { get; set; }

    /// <summary>The body that was sent.</summary>
    public JsonElement? Body { get; set; }

    /// <summary>The bot that it is about, or null.</summary>
    public string? BotName { get; set; }

    /// <summary>The door through which it came.</summary>
    public string? Door { get; set; }

    /// <summary>Who asked: <c>pin</c>, or <c>key:</c> and the id of the key.</summary>
    public string? AskedBy { get; set; }

    public string? AskedByName { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>Who decided; <c>server</c> where the time was up.</summary>
    public string? DecidedBy { get; set; }

    public string? DecidedByName { get; set; }

    public string? Reason { get; set; }

    /// <summary>The HTTP status of the work: that of its success, or that of its refusal.</summary>
    public long? ResultStatus { get; set; }

    /// <summary>The answer of the work, or its refusal.</summary>
    public JsonElement? Result { get; set; }
}

/// <summary>A request, and what proves who asked for it.</summary>
/// <param name="Credential">The credential that asked, as <see cref="ConsentDesk"/> writes it.</param>
/// <param name="Text">The body as it was sent; null for none.</param>
/// <param name="Address">The address of the client that asked, for the audit log.</param>
internal sealed record KeptConsent(ConsentRequest Request, string Credential, string Seal, string? Text, string? Address);

/// <summary>The body that denies a request.</summary>
internal sealed record ConsentDenial : IInput<ConsentDenial>
{
    /// <summary>Why; the agent reads it.</summary>
    public string? Reason { get; init; }

    public static InputRules<ConsentDenial> Rules { get; } = new InputRules<ConsentDenial>().Text("reason", static denial => denial.Reason, longest: 500);
}

/// <summary>The answer to a request that was decided.</summary>
internal sealed record ConsentDecided(bool Success, string Message, long ConsentId, ConsentRequest Data) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(ConsentDenial))]
[JsonSerializable(typeof(ConsentDecided))]
[JsonSerializable(typeof(ConsentRequest))]
[JsonSerializable(typeof(One<ConsentRequest>))]
[JsonSerializable(typeof(Page<ConsentRequest>))]
internal sealed partial class ConsentJson : JsonSerializerContext;
