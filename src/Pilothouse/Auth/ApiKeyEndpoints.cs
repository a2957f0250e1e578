using System.Globalization;
using System.Text.Json.Serialization;
using Pilothouse.Api;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>The body that asks for an API key.</summary>
internal sealed record NewApiKey : IInput<NewApiKey>
{
    public string? Name { get; init; }

    [JsonConverter(typeof(ScopesJson))]
    public IReadOnlyList<string>? Scopes { get; init; }

    public string? BotName { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

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

internal sealed record ApiKeyRevoked(bool Success, string Message, long KeyId);

/// <summary>One API key as it is listed: everything but the key itself, which nobody can show again.</summary>
internal sealed record ApiKeyRow(long Id, string Name, [property: JsonConverter(typeof(ScopesJson))] IReadOnlyList<string> Scopes, string? BotName,
    DateTimeOffset? CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
{
    public static ApiKeyRow Of(ApiKey key) => new(key.Id, key.Name, ScopesJson.Split(key.Scopes), key.BotName, key.CreatedAt, key.ExpiresAt, key.RevokedAt);
}

internal sealed record ApiKeyList(bool Success, int Count, IReadOnlyList<ApiKeyRow> Data, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? NextCursor);

/// <summary>API keys over HTTP; every call needs the scope <c>control</c>.</summary>
internal static class ApiKeyEndpoints
{
    private static readonly QueryShape ListQuery = new(QueryParameter.MostOf("keys"));

    public static void Map(IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/keys").WithTags("API keys").WithMetadata(new HoldsSecret());
        keys.MapMethods("", Http.Read, ListAsync).Named("listApiKeys", "Every API key, without the keys themselves").Takes(ListQuery).Answers<ApiKeyList>().Refuses(400, 401, 403, 429).AsksForItsScope();
        keys.MapPost("", CreateAsync).Named("createApiKey", "Make an API key; it is shown once").Takes<NewApiKey>().Answers<ApiKeyCreated>(201).Refuses(400, 401, 403, 409, 413, 415, 429, 503, 507);
        keys.MapDelete("/{id}", RevokeAsync).Named("revokeApiKey", "Revoke an API key at once").TakesId().Answers<ApiKeyRevoked>().Refuses(400, 401, 403, 404, 409, 429, 503, 507);
    }

    private static async Task ListAsync(HttpContext http, Database database)
    {
        Caller.Of(http).Require(Auth.Scopes.Control);
        var limit = (int?)ListQuery.Read(http.Request).Number("limit");
        var keys = await database.ReadAsync(ReadKind.Known, CredentialStore.ListKeysAsync, http.RequestAborted);
        ApiKeyRow[] rows = [.. keys.Take(limit ?? keys.Count).Select(ApiKeyRow.Of)];
        await JsonAnswer.WriteAsync(http, new ApiKeyList(true, rows.Length, rows, null), AuthJson.Default.ApiKeyList);
    }

    private static async Task CreateAsync(HttpContext http, CallerDatabase database, ApiKeys keys, TimeProvider clock, ILogger<NewApiKey> logger)
    {
        var caller = Steering(http);
        var input = InputReader.Parse((await InputReader.ReadBodyAsync(http)).Span, AuthJson.Default.NewApiKey, clock.GetUtcNow(), out var ignored);
        IgnoredNames.Note(http, ignored);
        if (input.ExpiresAt <= clock.GetUtcNow())
        {
            throw Refusal.Invalid("expires_at", "must be in the future");
        }

        var given = ApiKeys.ScopesOf(input.Scopes!);
        CheckIsWithin(caller, given, input.ExpiresAt);
        var (id, key) = await database.WriteAsync(caller, session => keys.CreateAsync(session, input.Name!, input.Scopes!, input.BotName, input.ExpiresAt));
        ApiKeyLog.Made(logger, id, ApiKeys.NamesOf(given), input.ExpiresAt is { } ends ? Timestamps.ToStored(ends) : "revoked", caller.Owner, Caller.AddressOf(http.Connection.RemoteIpAddress), http.TraceIdentifier);
        http.Response.StatusCode = 201;
        await JsonAnswer.WriteAsync(http, new ApiKeyCreated(true, "API key created successfully; it is not shown again", id, key) { Ignored = IgnoredNames.Of(http) }, AuthJson.Default.ApiKeyCreated);
    }

    private static async Task RevokeAsync(HttpContext http, CallerDatabase database, TimeProvider clock, ILogger<NewApiKey> logger)
    {
        var caller = Steering(http);
        var id = Http.IdOf(http);
        if (!await database.WriteAsync(caller, session => CredentialStore.RevokeKeyAsync(session, id, clock.GetUtcNow())))
        {
            throw Refusal.NotFound("API key not found", string.Create(CultureInfo.InvariantCulture, $"There is no API key {id}; GET /api/keys lists them."));
        }

        ApiKeyLog.Revoked(logger, id, caller.Owner, Caller.AddressOf(http.Connection.RemoteIpAddress), http.TraceIdentifier);
        await JsonAnswer.WriteAsync(http, new ApiKeyRevoked(true, "API key revoked", id), AuthJson.Default.ApiKeyRevoked);
    }

    /// <summary>The caller, who may make and revoke keys: a key for one bot may not, as keys are everybody's.</summary>
    private static Caller Steering(HttpContext http)
    {
        var caller = Caller.Of(http);
        caller.Require(Auth.Scopes.Control);
        return caller.BotName is null ? caller : throw new Refusal(403, ErrorCodes.WrongBot, "Not allowed",
            $"This API key is for the bot {caller.BotName} and cannot make or revoke keys. Log in with the PIN, or use a key without bot_name.");
    }

    /// <summary>Refuses a key that would allow more, or for longer, than the key that asks for it. The PIN gives everything.</summary>
    private static void CheckIsWithin(Caller caller, Scopes given, DateTimeOffset? ends)
    {
        if (caller.TokenId is not null)
        {
            return;
        }

        if ((given & ~caller.Scopes) is var more and not Auth.Scopes.None)
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                $"This API key lacks the scope {ApiKeys.NamesOf(more)} and cannot give it. Log in with the PIN, or use `pilothouse key create`.");
        }

        if (caller.ExpiresAt is { } own && (ends is null || ends > own))
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                string.Create(CultureInfo.InvariantCulture, $"This API key ends on {own:yyyy-MM-dd'T'HH:mm:ss'Z'} and cannot make one that ends later. Send an expires_at up to then, or log in with the PIN."));
        }
    }
}

/// <summary>What the log says of API keys: by number, as a name is a client's text.</summary>
internal static partial class ApiKeyLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "API key {KeyId} was made with {Scopes}, until {Ends}, by {Owner} from {Client} (request {RequestId})")]
    public static partial void Made(ILogger logger, long keyId, string scopes, string ends, string owner, string client, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "API key {KeyId} was revoked by {Owner} from {Client} (request {RequestId})")]
    public static partial void Revoked(ILogger logger, long keyId, string owner, string client, string requestId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Login))]
[JsonSerializable(typeof(LoggedIn))]
[JsonSerializable(typeof(LoggedOut))]
[JsonSerializable(typeof(AuthState))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(ApiKeyCreated))]
[JsonSerializable(typeof(ApiKeyRevoked))]
[JsonSerializable(typeof(ApiKeyList))]
internal sealed partial class AuthJson : JsonSerializerContext;
