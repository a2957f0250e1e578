using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Keys;

/// <summary>The operations on API keys. Each needs the scope <c>control</c>.</summary>
internal sealed class KeyFeature : Feature
{
    private static readonly QueryShape ListQuery = new(QueryParameter.MostOf("keys"));

    public override string Tag => "API keys";

    public override string About => "Keys for bots and agents.";

    public override IJsonTypeInfoResolver Json => KeyJson.Default;

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (database, clock) = (parts.GetRequiredService<Database>(), parts.GetRequiredService<TimeProvider>());
        var (keys, recent) = (parts.GetRequiredService<ApiKeys>(), parts.GetRequiredService<RecentCallers>());
        var logger = parts.GetRequiredService<ILogger<NewApiKey>>();
        yield return new FreshRead<ApiKeyList>("listApiKeys", "GET /api/keys", "Every API key, without the keys themselves", KeyJson.Default.ApiKeyList, async (call, query) =>
        {
            var all = await database.ReadAsync(ReadKind.Known, CredentialStore.ListKeysAsync, call.Cancel);
            ApiKeyRow[] rows = [.. all.Take((int?)query.Number("limit") ?? all.Count).Select(ApiKeyRow.Of)];
            return new ApiKeyList(true, rows.Length, rows, null);
        })
        { Query = ListQuery, Scope = Scopes.Control, HoldsSecret = true };

        yield return new Write<NewApiKey, ApiKeyCreated>(AuditedWork.CreateApiKey, "POST /api/keys", "Make an API key; it is shown once", KeyJson.Default.NewApiKey, KeyJson.Default.ApiKeyCreated,
            async (session, call, input) =>
            {
                if (input.ExpiresAt <= clock.GetUtcNow())
                {
                    throw Refusal.Invalid("expires_at", "must be in the future");
                }

                var given = ApiKeys.ScopesOf(input.Scopes!);
                CheckIsWithin(call.Caller, given, input);
                var (id, key) = await keys.CreateAsync(session, input.Name!, input.Scopes!, input.BotName, input.ExpiresAt, input.Agent == true);
                var ends = input.ExpiresAt is { } time ? Timestamps.ToStored(time) : "revoked";
                return new Answer<ApiKeyCreated>(201, new(true, "API key created successfully; it is not shown again", id, key))
                {
                    Id = id,
                    Changed = ChangeOf(id, null),
                    Then = () => ApiKeyLog.Made(logger, id, ApiKeys.NamesOf(given), ends, call.Caller.Owner, call.Address, call.RequestId),
                };
            })
        { Scope = Scopes.Control, AlsoDemands = DemandKeyForAll, HoldsSecret = true };

        yield return new Write<NoInput, ApiKeyRevoked>(AuditedWork.RevokeApiKey, "DELETE /api/keys/{id}", "Revoke an API key at once", KeyJson.Default.NoInput, KeyJson.Default.ApiKeyRevoked,
            async (session, call, _) =>
            {
                var id = call.Id;
                var before = await CredentialStore.FindKeyAsync(session, id);
                if (!await CredentialStore.RevokeKeyAsync(session, id, clock.GetUtcNow()))
                {
                    throw Refusal.NotFound("API key not found", string.Create(CultureInfo.InvariantCulture, $"There is no API key {id}; GET /api/keys lists them."));
                }

                return Answer.Ok(new ApiKeyRevoked(true, "API key revoked", id)) with
                {
                    Id = id,
                    Changed = ChangeOf(id, before),
                    Then = () =>
                    {
                        recent.Forget();
                        ApiKeyLog.Revoked(logger, id, call.Caller.Owner, call.Address, call.RequestId);
                    },
                };
            })
        { Statuses = [200], Scope = Scopes.Control, AlsoDemands = DemandKeyForAll, HoldsSecret = true };
    }

    /// <summary>A key that was made, or changed, for the audit log.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="before">The key before the change; null for a new one.</param>
    public static Changed ChangeOf(long id, ApiKey? before) => new(
        "api_keys", id, before is null ? null : () => JsonOf(before), async session => JsonOf((await CredentialStore.FindKeyAsync(session, id))!));

    private static string JsonOf(ApiKey key) => JsonText.OfRecord(ApiKeyRow.Of(key), KeyJson.Default.ApiKeyRow);

    /// <summary>Refuses an API key that belongs to one bot: it may not make or revoke keys, because keys concern all bots.</summary>
    private static void DemandKeyForAll(Caller caller)
    {
        if (caller.BotName is not null)
        {
            throw new Refusal(403, ErrorCodes.WrongBot, "Not allowed",
                $"This API key is for the bot {caller.BotName} and cannot make or revoke keys. Log in with the PIN, or use a key without bot_name.");
        }
    }

    /// <summary>
    /// Refuses to make a key that allows more, or ends later, than the key that asks for it, or one by which an agent would evade CONSENT_FOR. A
    /// session (PIN) may make any key.
    /// </summary>
    private static void CheckIsWithin(Caller caller, Scopes given, NewApiKey input)
    {
        if (caller.TokenId is not null)
        {
            return;
        }

        if ((given & ~caller.Scopes) is var more and not Scopes.None)
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                $"This API key lacks the scope {ApiKeys.NamesOf(more)} and cannot give it. Log in with the PIN, or use `pilothouse key create`.");
        }

        if (caller.IsAgent && input.Agent != true)
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed", "The API key of an agent can only make keys of agents: send agent as true, or log in with the PIN.");
        }

        if (caller.ExpiresAt is { } own && (input.ExpiresAt is null || input.ExpiresAt > own))
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                string.Create(CultureInfo.InvariantCulture, $"This API key ends on {own:yyyy-MM-dd'T'HH:mm:ss'Z'} and cannot make one that ends later. Send an expires_at up to then, or log in with the PIN."));
        }
    }
}

/// <summary>The log messages about API keys. They name a key by its id, because its name is text that a client chose.</summary>
internal static partial class ApiKeyLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "API key {KeyId} was made with {Scopes}, until {Ends}, by {Owner} from {Client} (request {RequestId})")]
    public static partial void Made(ILogger logger, long keyId, string scopes, string ends, string owner, string? client, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "API key {KeyId} was revoked by {Owner} from {Client} (request {RequestId})")]
    public static partial void Revoked(ILogger logger, long keyId, string owner, string? client, string requestId);
}
