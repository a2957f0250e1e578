using System.Text.Json.Serialization;
using Pilothouse.Storage;

namespace Pilothouse.Operations;

/// <summary>The answer to a call that waits for a person's consent: nothing has been done yet.</summary>
/// <param name="ConsentId">The id of the request.</param>
/// <param name="Consent">What the consent is for: a word of CONSENT_FOR.</param>
/// <param name="Status">waiting.</param>
/// <param name="ExpiresAt">When it is denied if nobody has answered.</param>
internal sealed record ConsentAsked(bool Success, string Message, long ConsentId, string Consent, string Status, DateTimeOffset ExpiresAt) : WriteAnswer;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(Contract.TextJson), typeof(Contract.TimeJson)])]
[JsonSerializable(typeof(ConsentAsked))]
internal sealed partial class ConsentAskedJson : JsonSerializerContext;

/// <summary>Decides which calls wait for a person's consent, and keeps them.</summary>
internal interface IConsentDesk
{
    /// <summary>Whether consent may be needed for calls of this caller through this door: agents' calls only.</summary>
    bool Watches(Call call);

    /// <summary>Returns the first of these words that is in CONSENT_FOR; null if the call needs no consent.</summary>
    string? NeededFor(IEnumerable<string> consents);

    /// <summary>Stores the call as a request that waits, in the transaction of <paramref name="session"/>.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="call">The call.</param>
    /// <param name="operation">What is called.</param>
    /// <param name="consent">What the consent is for.</param>
    /// <param name="botName">The bot that it is about; null if it is about none or about all.</param>
    /// <param name="body">The body.</param>
    ValueTask<Answer<ConsentAsked>> AskAsync(Session session, Call call, WriteOperation operation, string consent, string? botName, ReadOnlyMemory<byte> body);
}

/// <summary>What consent a write may need.</summary>
/// <param name="Words">Returns what consent an input may need, as words of CONSENT_FOR (<see cref="Configuration.ConsentSettings"/>).</param>
/// <param name="BotOfAsync">
/// Returns the bot that the call is about, which says who may answer for it: from what is stored or what the work uses, never from what it ignores.
/// Null if the call is about no bot, or about all.
/// </param>
internal sealed record ConsentRule<TInput>(Func<TInput, IEnumerable<string>> Words, Func<Session, Call, TInput, ValueTask<string?>> BotOfAsync);

/// <summary>The consent with which a call is carried out that had to wait for it.</summary>
/// <param name="TakeAsync">
/// Runs in the transaction of the work, after it, with the status and the JSON of the answer: it uses the request up, or throws a refusal that
/// rolls everything back.
/// </param>
internal sealed record GivenConsent(Func<Session, int, string, ValueTask> TakeAsync);
