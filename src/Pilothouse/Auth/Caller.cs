using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Auth;

/// <summary>What a credential allows.</summary>
[Flags]
internal enum Scopes
{
    None = 0,

    /// <summary>May read, if reads need a credential (REQUIRE_AUTH_FOR_READS).</summary>
    Read = 1,

    /// <summary>May store records.</summary>
    Write = 2,

    /// <summary>May control API keys, bots, the circuit breaker and backups.</summary>
    Control = 4,

    All = Read | Write | Control,
}

/// <summary>Who calls, as found by <see cref="Credentials"/>. It is kept with the request.</summary>
/// <param name="Name">The name in the log: "pin", "key:NAME", or "-".</param>
/// <param name="Owner">The owner of the Idempotency-Keys: the API key's id, or "pin".</param>
/// <param name="Client">What the rate limits count by: the key, the session, or the address.</param>
internal sealed record Caller(string Name, string Owner, string Client, Scopes Scopes) : IRecordOwner
{
    private const int MostRemembered = 10_000;

    /// <summary>The texts of addresses that were seen lately, because every request needs its address as text twice.</summary>
    private static readonly ConcurrentDictionary<IPAddress, string> Addresses = new();

    /// <summary>The caller of a login whose PIN was right.</summary>
    public static Caller WithPin { get; } = new("pin", "pin", "pin", Scopes.All);

    /// <summary>The caller of a command on the command line.</summary>
    public static Caller AtCommandLine => new("command", "command", "command", Scopes.All) { DisplayName = Environment.UserName };

    /// <summary>The server itself, when it works on a schedule.</summary>
    public static Caller Server { get; } = new("server", "server", "server", Scopes.All);

    /// <summary>The name of the API key, or of the user on the command line; null for all others.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The one bot that the API key belongs to; null if it is not limited to a bot.</summary>
    public string? BotName { get; init; }

    /// <summary>When the credential ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The API key as it was when the request began, null for a session.</summary>
    public SealedKey? Key { get; init; }

    /// <summary>Whether its API key is marked as that of an AI agent.</summary>
    public bool IsAgent => Key?.Key.IsAgent == true;

    /// <summary>The session's token, null for an API key.</summary>
    public SessionToken? Session { get; init; }

    /// <summary>Id of the session's token, null for an API key.</summary>
    public string? TokenId => Session?.Id;

    /// <summary>Whether the credential came as a cookie, which a browser sends by itself.</summary>
    public bool ByCookie { get; init; }

    /// <summary>What is wrong with the credential that was sent, as a sentence; null if none was sent or it is valid.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether there is a valid credential.</summary>
    public bool IsKnown => Scopes != Scopes.None;

    /// <summary>The queue in which this caller's reads wait; see <see cref="ReadKind"/>.</summary>
    public ReadKind Reads => IsKnown ? ReadKind.Known : ReadKind.Anonymous;

    /// <summary>The queue in which this caller's reads of an unlimited number of rows wait.</summary>
    public ReadKind LongReads => IsKnown ? ReadKind.LongKnown : ReadKind.LongAnonymous;

    public static Caller Anonymous(HttpContext http) => new("-", "-", AddressOf(http.Connection.RemoteIpAddress), Scopes.None);

    /// <summary>The caller with an API key that was found valid.</summary>
    public static Caller OfKey(SealedKey found)
    {
        var key = found.Key;
        return new Caller($"key:{PrintableText.Name(key.Name)}", $"key:{key.Id}", $"key:{key.Id}", ApiKeys.ScopesOf(key))
        {
            Key = found,
            DisplayName = PrintableText.Name(key.Name),
            BotName = key.BotName,
            ExpiresAt = key.ExpiresAt,
        };
    }

    /// <summary>The caller with a session's token.</summary>
    public static Caller OfSession(SessionToken token) => new("pin", "pin", token.Session, Scopes.All) { Session = token, ExpiresAt = token.ExpiresAt };

    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? Anonymous(http);

    /// <summary>
    /// Returns the address as the limits count it: an IPv4 address as it is, an IPv6 address as its /64 network, which is what one customer
    /// gets.
    /// </summary>
    public static string AddressOf(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (Addresses.TryGetValue(address, out var known))
        {
            return known;
        }

        if (Addresses.Count >= MostRemembered)
        {
            Addresses.Clear();
        }

        return Addresses[address] = Format(address);
    }

    private static string Format(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes) + "/64";
    }

    /// <summary>Throws a refusal (401 or 403) unless the caller has the scope.</summary>
    public void Require(Scopes scope)
    {
        if (!IsKnown)
        {
            throw new Refusal(401, ErrorCodes.AuthenticationRequired, "Authentication required",
                Problem ?? "Send an API key (Authorization: Bearer ph_...), or log in with POST /api/auth/login and send its token.")
            { LogReason = Problem };
        }

        if ((Scopes & scope) != scope)
        {
            throw new Refusal(403, ErrorCodes.ScopeNeeded, "Not allowed",
                $"This API key lacks the scope {scope.ToString().ToLowerInvariant()}. Make one that has it with `pilothouse key create`.");
        }
    }

    /// <summary>
    /// Throws a refusal if the API key belongs to a bot and the stored record to another one, or to none and <paramref name="unnamed"/> is
    /// false.
    /// </summary>
    public void DemandBot(string? stored, bool unnamed)
    {
        if (BotName is null || stored == BotName || (unnamed && string.IsNullOrWhiteSpace(stored)))
        {
            return;
        }

        throw new Refusal(403, ErrorCodes.WrongBot, "Not allowed", string.IsNullOrWhiteSpace(stored)
            ? $"This API key is for the bot {BotName}, and the record names no bot. Use a key without bot_name; or, if this bot may change such records, set BOT_KEYS_MAY_CHANGE_UNNAMED=true on the server."
            : $"This API key is for the bot {BotName} and cannot change what belongs to {stored}.");
    }

    /// <summary>Returns the bot that a new record belongs to: the one it names, or the API key's own bot if it names none.</summary>
    public string? BotFor(string? named)
    {
        if (BotName is null || named is null || named == BotName)
        {
            return named ?? BotName;
        }

        throw new Refusal(403, ErrorCodes.WrongBot, "Not allowed", $"This API key is for the bot {BotName} and cannot write for {named}.");
    }
}
