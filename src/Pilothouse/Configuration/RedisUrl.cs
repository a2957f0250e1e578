using System.Globalization;
using System.Net;

namespace Pilothouse.Configuration;

/// <summary>
/// The value of REDIS_URL: <c>redis://user:password@host:port/database</c>, or <c>rediss://</c> for TLS. User, password, port and database
/// may be left out. The password is never part of a text that is shown.
/// </summary>
internal sealed record RedisUrl(string Host, int Port, int Database, string? User, string? Password, bool HasTls)
{
    private const int UsualPort = 6379;

    /// <summary>Redis has 16 databases unless its own settings say otherwise. It refuses a number that it does not have.</summary>
    private const int LargestDatabase = 9_999;

    /// <summary>Reads the text.</summary>
    /// <exception cref="FormatException">It is not such an address. The message says why, and quotes nothing of the text.</exception>
    public static RedisUrl Parse(string text)
    {
        var hasTls = text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);
        if (!hasTls && !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase))
        {
            throw new FormatException("must begin with redis:// or, for TLS, with rediss://");
        }

        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        if (rest.AsSpan().ContainsAny('?', '#') || rest.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new FormatException("takes no ?, # or blank; in a password they are written as %3F, %23 and %20");
        }

        // A password may hold an @ or a slash as it is: the host begins behind the last @.
        var at = rest.LastIndexOf('@');
        var (place, database) = Cut(rest[(at + 1)..], '/');
        var (user, password) = at < 0 ? ("", "") : Cut(rest[..at], ':');
        var (host, port) = HostOf(place);
        if (user.Length > 0 && password.Length == 0)
        {
            throw new FormatException("names a user without a password; a password alone is written as redis://:password@host");
        }

        return new(host, port, DatabaseOf(database), Decoded(user), Decoded(password), hasTls);
    }

    /// <summary>The address for people, without user and password.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(HasTls ? "rediss" : "redis")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/{Database}");

    private static (string Host, int Port) HostOf(string place)
    {
        // An IPv6 address stands in brackets, because it has colons of its own.
        var end = place.StartsWith('[') ? place.IndexOf(']') + 1 : place.LastIndexOf(':') is var colon and >= 0 ? colon : place.Length;
        var (host, after) = (place[..end], place[end..]);
        var isHost = host.StartsWith('[')
            ? IPAddress.TryParse(host, out _)
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
        if (!isHost)
        {
            throw new FormatException("must name the host of a Redis, such as redis://user:password@host:6379/0");
        }

        return (host.Trim('[', ']'), after.Length == 0 ? UsualPort : PortOf(after));
    }

    private static int PortOf(string text) =>
        text[0] == ':' && ushort.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw new FormatException("has a port that is not a number from 1 to 65535");

    private static int DatabaseOf(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= LargestDatabase ? number
        : throw new FormatException($"has a database that is not a number from 0 to {LargestDatabase}");

    private static string? Decoded(string text) => text.Length == 0 ? null : Uri.UnescapeDataString(text);

    private static (string Before, string After) Cut(string text, char at) =>
        text.IndexOf(at) is var found and >= 0 ? (text[..found], text[(found + 1)..]) : (text, "");
}
