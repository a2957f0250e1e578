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

    /// <summary>To read, where reads need a credential.</summary>
    Read = 1,

    /// <summary>To store records.</summary>
    Write = 2,

    /// <summary>To steer: API keys, bots, the circuit breaker, backups.</summary>
    Control = 4,

    All = Read | Write | Control,
}

/// <summary>Who calls, as found by <see cref="Credentials"/>; kept with the request.</summary>
/// <param name="Name">For the log: "pin", "key:NAME", or "-".</param>
/// <param name="Owner">Whose Idempotency-Keys these are: the API key's id, or "pin".</param>
/// <param name="Client">Whom the limits count: the key, the session, or the address.</param>
internal sealed record Caller(string Name, string Owner, string Client, Scopes Scopes) : IRecordOwner
{
    private const int MostRemembered = 10_000;

    /// <summary>The text of addresses seen lately: every request needs it twice.</summary>
    private static readonly ConcurrentDictionary<IPAddress, string> Addresses = new();

    /// <summary>Who has just shown the PIN.</summary>
    public static Caller WithPin { get; } = new("pin", "pin", "pin", Scopes.All);

    /// <summary>Who works at the command line.</summary>
    public static Caller AtCommandLine => new("command", "command", "command", Scopes.All) { DisplayName = Environment.UserName };

    /// <summary>The server itself, by the clock.</summary>
    public static Caller Server { get; } = new("server", "server", "server", Scopes.All);

    /// <summary>The key's name, or the user's at the command line; null where there is none.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The one bot that the key is made for, or null.</summary>
    public string? BotName { get; init; }

    /// <summary>When the credential ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The API key as it was when the request began, null for a session.</summary>
    public SealedKey? Key { get; init; }

    /// <summary>The session's token, null for an API key.</summary>
    public SessionToken? Session { get; init; }

    /// <summary>Id of the session's token, null for an API key.</summary>
    public string? TokenId => Session?.Id;

    /// <summary>The credential came as a cookie, which a browser sends by itself.</summary>
    public bool ByCookie { get; init; }

    /// <summary>What is wrong with the credential that was sent, as a sentence; null where none was, or it is good.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether there is a valid credential.</summary>
    public bool IsKnown => Scopes != Scopes.None;

    /// <summary>The queue in which this caller's reads wait; see <see cref="ReadKind"/>.</summary>
    public ReadKind Reads => IsKnown ? ReadKind.Known : ReadKind.Anonymous;

    /// <summary>The queue for reads of as many rows as there are.</summary>
    public ReadKind LongReads => IsKnown ? ReadKind.LongKnown : ReadKind.LongAnonymous;

    public static Caller Anonymous(HttpContext http) => new("-", "-", AddressOf(http.Connection.RemoteIpAddress), Scopes.None);

    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? Anonymous(http);

    /// <summary>The address as limits count it: IPv4 in its own form, IPv6 by its /64, which is what one customer gets.</summary>
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

    /// <summary>Throws a refusal unless the caller has the right.</summary>
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

    /// <summary>Refuses a change of a stored record of another bot; of one that names no bot too, unless <paramref name="unnamed"/> allows it.</summary>
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

    /// <summary>The bot that a new record belongs to: the key's own where the record names none.</summary>
    public string? BotFor(string? named)
    {
        if (BotName is null || named is null || named == BotName)
        {
            return named ?? BotName;
        }

        throw new Refusal(403, ErrorCodes.WrongBot, "Not allowed", $"This API key is for the bot {BotName} and cannot write for {named}.");
    }
}
