using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Webhooks;

/// <summary>Whose messages a webhook takes.</summary>
internal static class WebhookKinds
{
    public const string TradingView = "tradingview";
    public const string Freqtrade = "freqtrade";

    public static readonly Choices All = new(TradingView, Freqtrade);
}

/// <summary>The body that asks for a webhook.</summary>
internal sealed record NewWebhook : WebhookTerms, IInput<NewWebhook>
{
    private const int LongestName = 64;

    /// <summary>Its name in the path.</summary>
    public string? Name { get; set; }

    /// <summary>tradingview or freqtrade.</summary>
    public string? Kind { get; set; }

    /// <summary>The only bot that it records for; its own name if it is left out.</summary>
    public string? BotName { get; set; }

    public static InputRules<NewWebhook> Rules { get; } = new InputRules<NewWebhook>()
        .Text("name", static hook => hook.Name, ProblemOfName, required: true, LongestName)
        .OneOf("kind", static hook => hook.Kind, WebhookKinds.All, required: true)
        .Name("bot_name", static hook => hook.BotName)
        .Also("bot_name", static hook => hook.BotName == "*" ? "must not be *, which stands for all bots in a control" : null)
        .Terms();

    private static string? ProblemOfName(string name) =>
        name.Length is 0 or > LongestName || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            ? $"must be 1 to {LongestName} of A-Z a-z 0-9 . _ - because it stands in an address" : null;
}

/// <summary>The body that changes the terms of a webhook.</summary>
internal sealed record WebhookChange : WebhookTerms, IInput<WebhookChange>
{
    public static InputRules<WebhookChange> Rules { get; } = new InputRules<WebhookChange>()
        .Record("id", "name", "kind", "bot_name", "path", "created_at", "created_by", "revoked_at")
        .Terms()
        .Also("body", static change => change.Fields == TermFields.None ? "must have at least one field to change" : null);
}

/// <summary>A stored webhook.</summary>
/// <param name="SecretHash">The keyed hash of its secret.</param>
/// <param name="Seal">The HMAC over what it allows.</param>
internal sealed record Webhook(
    long Id, string Kind, string Name, string BotName, string Terms, string SecretHash, string Seal, DateTimeOffset? CreatedAt, string CreatedBy, DateTimeOffset? RevokedAt);

/// <summary>A webhook in an answer, without its secret. Terms that were not set have their standard.</summary>
/// <param name="Path">Where its messages go.</param>
internal sealed record WebhookRow(
    long Id, string Name, string Kind, string BotName, string Path, string? Template, Dictionary<string, string?>? Fields, Dictionary<string, string?>? Pairs,
    List<string?>? Addresses, long? MaxAgeSeconds, long PerMinute, long? Strength, string? Strategy, string? Timeframe, string? Mode,
    DateTimeOffset? CreatedAt, string CreatedBy, DateTimeOffset? RevokedAt)
{
    public static WebhookRow Of(Webhook hook)
    {
        var terms = WebhookSecrets.TermsOf(hook);
        var isTradingView = hook.Kind == WebhookKinds.TradingView;
        return new(
            hook.Id, hook.Name, hook.Kind, hook.BotName, $"/api/webhooks/{hook.Kind}/{hook.Name}", terms.Template, terms.FieldNames, terms.Pairs, terms.Addresses,
            isTradingView ? terms.MaxAgeSeconds ?? WebhookTerms.StandardMaxAgeSeconds : null, terms.PerMinute ?? WebhookTerms.StandardPerMinute,
            isTradingView ? terms.Strength ?? WebhookTerms.StandardStrength : null, terms.Strategy, terms.Timeframe, terms.Mode,
            hook.CreatedAt, hook.CreatedBy, hook.RevokedAt);
    }
}

/// <summary>The one answer that shows the secret of a webhook.</summary>
internal sealed record WebhookCreated(bool Success, string Message, long WebhookId, string Path, string Secret) : WriteAnswer;

/// <summary>The answer to a changed webhook.</summary>
internal sealed record WebhookChanged(bool Success, string Message, long WebhookId, WebhookRow Data) : WriteAnswer;

internal sealed record WebhookRevoked(bool Success, string Message, long WebhookId) : WriteAnswer;

/// <summary>The answer to a message.</summary>
/// <param name="Outcome">accepted, repeated or noted.</param>
/// <param name="DeliveryId">Its number in the list of deliveries.</param>
/// <param name="RecordTable">The table of the record that it became or was before; null for none.</param>
/// <param name="RecordId">The id of that record.</param>
internal sealed record MessageTaken(bool Success, string Message, string Outcome, long DeliveryId, string? RecordTable, long? RecordId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewWebhook))]
[JsonSerializable(typeof(WebhookChange))]
[JsonSerializable(typeof(StoredTerms))]
[JsonSerializable(typeof(WebhookRow))]
[JsonSerializable(typeof(Page<WebhookRow>))]
[JsonSerializable(typeof(WebhookCreated))]
[JsonSerializable(typeof(WebhookChanged))]
[JsonSerializable(typeof(WebhookRevoked))]
[JsonSerializable(typeof(MessageTaken))]
[JsonSerializable(typeof(Page<Delivery>))]
[JsonSerializable(typeof(AlertForm))]
[JsonSerializable(typeof(FreqtradeForm))]
[JsonSerializable(typeof(NoInput))]
internal sealed partial class WebhookJson : JsonSerializerContext;
