using System.Text.Json.Serialization;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Keys;

/// <summary>The body that asks for an API key.</summary>
internal sealed record NewApiKey : IInput<NewApiKey>
{
    public string? Name { get; init; }

    [JsonConverter(typeof(ScopesJson))]
    public IReadOnlyList<string>? Scopes { get; init; }

    public string? BotName { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether an AI agent holds it: CONSENT_FOR then applies to its calls over HTTP too. MCP is always an agent's door.</summary>
    public bool? Agent { get; init; }

    public static InputRules<NewApiKey> Rules { get; } = new InputRules<NewApiKey>()
        .Name("name", static key => key.Name, required: true)
        .Name("bot_name", static key => key.BotName)
        .Also("scopes", static key => key.Scopes switch
        {
            null => InputRules.IsRequired,
            { Count: 0 } => "must name at least one scope",
            var scopes when scopes.Any(static scope => scope is null || ApiKeys.ScopeNames.Find(scope) is null) => $"must hold only {ApiKeys.ScopeNames}",
            _ => null,
        }, required: true);
}

/// <summary>The one answer that shows a key.</summary>
internal sealed record ApiKeyCreated(bool Success, string Message, long KeyId, string Key) : WriteAnswer;

internal sealed record ApiKeyRevoked(bool Success, string Message, long KeyId) : WriteAnswer;

/// <summary>One API key in a list, without the key itself, which is not stored and cannot be shown again.</summary>
internal sealed record ApiKeyRow(long Id, string Name, [property: JsonConverter(typeof(ScopesJson))] IReadOnlyList<string> Scopes, string? BotName,
    DateTimeOffset? CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, bool Agent)
{
    public static ApiKeyRow Of(ApiKey key) => new(key.Id, key.Name, ScopesJson.Split(key.Scopes), key.BotName, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.IsAgent);
}

internal sealed record ApiKeyList(bool Success, int Count, IReadOnlyList<ApiKeyRow> Data, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? NextCursor);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(ApiKeyCreated))]
[JsonSerializable(typeof(ApiKeyRevoked))]
[JsonSerializable(typeof(ApiKeyList))]
[JsonSerializable(typeof(ApiKeyRow))]
[JsonSerializable(typeof(NoInput))]
internal sealed partial class KeyJson : JsonSerializerContext;
