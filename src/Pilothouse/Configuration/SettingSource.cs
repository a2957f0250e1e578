using System.Globalization;
using System.Net;

namespace Pilothouse.Configuration;

/// <summary>Describes one setting for docs/configuration.md, .env.example, and the message that refuses a wrong value.</summary>
/// <param name="Name">The name of the environment variable.</param>
/// <param name="Default">The default as one would write it; empty if there is none.</param>
/// <param name="Allowed">The allowed values, as a phrase.</param>
/// <param name="Secret">Whether the value must never be shown.</param>
internal sealed record SettingFact(string Name, string Default, string Allowed, bool Secret = false);

/// <summary>
/// Reads settings by name, records which ones were read, and collects every wrong value, so that an owner sees all of them at once.
/// </summary>
internal sealed class SettingSource(IReadOnlyDictionary<string, string> values)
{
    private readonly List<SettingFact> facts = [];
    private readonly List<string> problems = [];

    public IReadOnlyList<SettingFact> Facts => facts;

    /// <summary>Throws a <see cref="SettingsException"/> if any value was wrong.</summary>
    public void Verify()
    {
        if (problems.Count > 0)
        {
            throw new SettingsException(problems);
        }
    }

    public void Refuse(string problem) => problems.Add(problem);

    public bool IsSet(string name) => Raw(name) is not null;

    public int Whole(string name, int standard, int least, int most) =>
        Take(new(name, standard.ToString(CultureInfo.InvariantCulture), $"a whole number from {least} to {most}"), standard,
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null);

    public decimal? Money(string name, string allowed) =>
        Take(new(name, "", allowed), default(decimal?),
            static text => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : null);

    public bool Flag(string name, bool standard) =>
        Take(new(name, standard ? "true" : "false", "true or false"), standard, static text => ReadFlag(text));

    /// <summary>The name of a currency or a coin, in capitals.</summary>
    public string Asset(string name, string standard) => TakeText(new(name, standard, "a currency or a coin of 2 to 12 letters and digits, such as USD, EUR or BTC"), standard,
        static text => text.Length is >= 2 and <= 12 && text.All(char.IsAsciiLetterOrDigit) ? text.ToUpperInvariant() : null);

    /// <summary>A flag that may be unset (null).</summary>
    public bool? OptionalFlag(string name) =>
        Take(new(name, "", "true or false"), default(bool?), static text => ReadFlag(text));

    public string OneOf(string name, string standard, params string[] allowed) =>
        TakeText(new(name, standard, string.Join(", ", allowed[..^1]) + " or " + allowed[^1]), standard,
            text => allowed.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)));

    public string Text(string name, string standard, string allowed) => TakeText(new(name, standard, allowed), standard, static text => text);

    /// <summary>
    /// The path of a file. A URI or a special name of the database library (:memory:) is refused, because one part of the server would take
    /// it for a file name and another part would not.
    /// </summary>
    public string FilePath(string name, string standard) => TakeText(new(name, standard, "the path of a file, such as trading_bot.db, and no URI (file:, sqlite:) or :memory:"), standard,
        static text => IsPlainPath(text) ? text : null);

    public string Secret(string name, string allowed, Func<string, bool> good) =>
        TakeText(new(name, "", allowed, Secret: true), "", text => good(text) ? text : null);

    /// <summary>The address of a PostgreSQL database; null where none is set. It may hold a password, so it is never shown.</summary>
    public DatabaseUrl? DatabaseUrl(string name)
    {
        var text = TakeText(new(name, "", "postgres://user:password@host:5432/name, or host=... dbname=... user=...", Secret: true), "", static text => text);
        try
        {
            return text.Length == 0 ? null : Configuration.DatabaseUrl.Parse(text);
        }
        catch (FormatException wrong)
        {
            Refuse($"{name} {wrong.Message}.");
            return null;
        }
    }

    /// <summary>The address of a Redis; null where none is set. It may hold a password, so it is never shown.</summary>
    public RedisUrl? RedisUrl(string name)
    {
        var text = TakeText(new(name, "", "redis://user:password@host:6379/0, or rediss:// for TLS", Secret: true), "", static text => text);
        try
        {
            return text.Length == 0 ? null : Configuration.RedisUrl.Parse(text);
        }
        catch (FormatException wrong)
        {
            Refuse($"{name} {wrong.Message}.");
            return null;
        }
    }

    public string[] Secrets(string name, string allowed, Func<string, bool> good) =>
        TakeText(new(name, "", allowed, Secret: true), "", text => Split(text).All(good) ? text : null) is { Length: > 0 } text ? Split(text) : [];

    public string PathPrefix(string name) =>
        TakeText(new(name, "", "a path such as /pilothouse, of letters, digits and - _ . ~, that begins with none of /api, /health, /metrics, /openapi, /docs and /mcp"), "",
            static text => UrlPrefix.TryRead(text, out var prefix) && !UrlPrefix.IsAmbiguous(prefix) ? prefix : null);

    public static bool IsLongSecret(string text) => System.Text.Encoding.UTF8.GetByteCount(text) >= 32;

    /// <summary>Whether it is a scheme, a host and perhaps a port.</summary>
    public static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text.TrimEnd('/');

    /// <summary>A time zone by its name in the tz database; null where none is set. Only the plain name of a zone is looked for, never a path.</summary>
    public TimeZoneInfo? TimeZone(string name) =>
        TakeText(new(name, "", "a time zone such as Europe/Berlin"), "", static text => TimeZones.Find(text)?.Id) is { Length: > 0 } id ? TimeZones.Find(id) : null;

    public string[] List(string name, string allowed, Func<string, bool> good) =>
        TakeText(new(name, "", allowed), "", text => Split(text).All(good) ? text : null) is { Length: > 0 } text ? Split(text) : [];

    public IPNetwork[] Networks(string name)
    {
        var list = List(name, "addresses or networks such as 10.0.0.0/8, separated by commas, and not a network of all addresses", static text => TryNetwork(text, out _));
        return [.. list.Where(static text => TryNetwork(text, out _)).Select(static text => TryNetwork(text, out var network) ? network : default)];
    }

    /// <summary>
    /// Parses an address or a network. An address is a network of one; an IPv4 address written as IPv6 becomes IPv4, as it is when an
    /// address is looked up.
    /// </summary>
    private static bool TryNetwork(string text, out IPNetwork network)
    {
        network = default;
        if (IPAddress.TryParse(text, out var address))
        {
            // The parser would accept "10.1" as an address, but not the one that its author meant.
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Count(static c => c == '.') != 3)
            {
                return false;
            }
        }
        else if (!IPNetwork.TryParse(text, out network))
        {
            return false;
        }

        if (network.BaseAddress.IsIPv4MappedToIPv6)
        {
            if (network.PrefixLength < 96)
            {
                return false;
            }

            network = new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96);
        }

        return network.PrefixLength > 0;
    }

    /// <summary>
    /// A limit that 0 turns off, and an empty value too: unlike other settings, one that is written without a value does not have its
    /// default.
    /// </summary>
    /// <returns>What <paramref name="parse"/> made of the text; null for off.</returns>
    public T? OrOff<T>(string name, string standard, string allowed, Func<string, T?> parse)
        where T : class
    {
        var fact = new SettingFact(name, standard, allowed);
        facts.Add(fact);
        var text = values.TryGetValue(name, out var sent) ? sent.Trim() : standard;
        return text is "" or "0" ? null : parse(text) ?? Wrong<T?>(fact, text, null);
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool? ReadFlag(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => null,
    };

    private string? Raw(string name) => values.TryGetValue(name, out var text) && text.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    private T Take<T>(SettingFact fact, T standard, Func<string, T?> parse)
        where T : struct
    {
        facts.Add(fact);
        return Raw(fact.Name) is not { } text ? standard : parse(text) ?? Wrong(fact, text, standard);
    }

    private T? Take<T>(SettingFact fact, T? standard, Func<string, T?> parse)
        where T : struct
    {
        facts.Add(fact);
        return Raw(fact.Name) is not { } text ? standard : parse(text) ?? Wrong(fact, text, standard);
    }

    private static bool IsPlainPath(string text) => !text.Any(char.IsControl) && !text.Contains("://", StringComparison.Ordinal)
        && !Array.Exists(["file:", "sqlite:", ":memory:", "|DataDirectory|"], word => text.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    private string TakeText(SettingFact fact, string standard, Func<string, string?> parse)
    {
        facts.Add(fact);
        return Raw(fact.Name) is not { } text ? standard : parse(text) ?? Wrong(fact, text, standard);
    }

    private T Wrong<T>(SettingFact fact, string text, T standard)
    {
        problems.Add($"{fact.Name}{(fact.Secret ? "" : $"={text}")}: allowed is {fact.Allowed}.");
        return standard;
    }
}

/// <summary>One or more settings are wrong. The message names each one, its value (unless it is a secret) and what is allowed.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems));
