using System.Text;

namespace Pilothouse.Configuration;

/// <summary>
/// The value of DATABASE_URL: a URL (<c>postgres://user:password@host:port/name?sslmode=require</c>, several hosts with a comma between) or
/// libpq's form (<c>host=... dbname=... user=...</c>). The password may be in PGPASSFILE instead. It is never part of a text that is shown.
/// </summary>
/// <param name="Values">The keywords of libpq that it names, and their values.</param>
internal sealed record DatabaseUrl(IReadOnlyDictionary<string, string> Values)
{
    /// <summary>The one keyword that is ours and not libpq's: how a pooler such as PgBouncer between us and PostgreSQL lends its connections.</summary>
    private const string PoolerKeyword = "pooler";

    /// <summary>What may be named, and the values of those that have only a few.</summary>
    private static readonly Dictionary<string, string[]> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = [],
        ["port"] = [],
        ["dbname"] = [],
        ["user"] = [],
        ["password"] = [],
        ["passfile"] = [],
        ["application_name"] = [],
        ["options"] = [],
        ["connect_timeout"] = [],
        ["sslrootcert"] = [],
        ["sslcert"] = [],
        ["sslkey"] = [],
        ["sslpassword"] = [],
        ["sslmode"] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        ["channel_binding"] = ["disable", "prefer", "require"],
        [PoolerKeyword] = ["none", "session", "transaction"],
    };

    private static readonly string[] Needed = ["host", "dbname", "user"];

    private static readonly string[] Numbers = ["port", "connect_timeout"];

    /// <summary>Reads the text.</summary>
    /// <exception cref="FormatException">It is not such an address. The message says why, without the password.</exception>
    public static DatabaseUrl Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in IsUrl(text) ? OfUrl(text) : OfKeywords(text))
        {
            values[name] = Known.TryGetValue(name, out var allowed)
                ? allowed.Length == 0 || allowed.Contains(value) ? value : throw new FormatException($"has a {name} that is not one of {string.Join(", ", allowed)}")
                : throw new FormatException($"does not take {name}; it takes {string.Join(", ", Known.Keys)}");
        }

        if (Needed.Any(name => values.GetValueOrDefault(name) is not { Length: > 0 }))
        {
            throw new FormatException("must name a host, a user and a database, such as postgres://user:password@host:5432/name");
        }

        foreach (var number in Numbers)
        {
            if (values.TryGetValue(number, out var digits) && !(ushort.TryParse(digits, System.Globalization.CultureInfo.InvariantCulture, out var parsed) && parsed > 0))
            {
                throw new FormatException($"has a {number} that is not a number from 1 to 65535");
            }
        }

        return new(values);
    }

    public string Host => Values["host"];

    /// <summary>How a pooler in between lends its connections: none (there is none), session or transaction.</summary>
    public string Pooler => Values.GetValueOrDefault(PoolerKeyword, "none");

    /// <summary>Returns the address of another database on the same server.</summary>
    public DatabaseUrl WithDatabase(string name) => new(new Dictionary<string, string>(Values, StringComparer.OrdinalIgnoreCase) { ["dbname"] = name });

    /// <summary>Returns the address with one host only.</summary>
    public DatabaseUrl WithHost(string host, int port) => new(new Dictionary<string, string>(Values, StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = host,
        ["port"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture),
    });

    /// <summary>The address for people, without the password.</summary>
    public override string ToString() => $"postgres://{Values["user"]}@{Host}{(Values.TryGetValue("port", out var port) ? $":{port}" : "")}/{Values["dbname"]}";

    private static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal);

    private static IEnumerable<(string Name, string Value)> OfUrl(string text)
    {
        // Uri knows one host only, so the hosts are cut out first.
        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var (before, query) = Cut(rest, '?');
        var (authority, name) = Cut(before, '/');
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(authority[..at], ':');
            yield return ("user", Uri.UnescapeDataString(user));
            if (password.Length > 0)
            {
                yield return ("password", Uri.UnescapeDataString(password));
            }
        }

        yield return ("host", authority[(at + 1)..]);
        yield return ("dbname", Uri.UnescapeDataString(name));
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = Cut(pair, '=');
            yield return (key, Uri.UnescapeDataString(value));
        }
    }

    /// <summary>Reads <c>name=value</c> with blanks between; a value may be in single quotes, with a backslash before a quote in it.</summary>
    private static IEnumerable<(string Name, string Value)> OfKeywords(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                throw new FormatException("must be a URL such as postgres://user:password@host:5432/name, or keywords such as host=... dbname=... user=...");
            }

            var name = text[at..equals].Trim();
            (var value, at) = ReadValue(text, equals + 1);
            yield return (name, value);
        }
    }

    private static (string Value, int Next) ReadValue(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        var isQuoted = at < text.Length && text[at] == '\'';
        at += isQuoted ? 1 : 0;
        var value = new StringBuilder();
        for (; at < text.Length && (isQuoted ? text[at] != '\'' : !char.IsWhiteSpace(text[at])); at++)
        {
            at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
            value.Append(text[at]);
        }

        if (isQuoted && at >= text.Length)
        {
            throw new FormatException("has a quote that does not end");
        }

        return (value.ToString(), at + (isQuoted ? 1 : 0));
    }

    private static (string Before, string After) Cut(string text, char at) =>
        text.IndexOf(at) is var found and >= 0 ? (text[..found], text[(found + 1)..]) : (text, "");
}
