using System.Globalization;
using System.Net;
using Pilothouse.Configuration;

namespace Pilothouse.Checklist;

/// <summary>Checks who can reach the server, under which name, by which protocol, and how often.</summary>
internal static class DoorChecks
{
    public static IEnumerable<Finding> Look(Settings settings) =>
        [Https(settings), Address(settings), Hosts(settings), Allowlist(settings), Proxies(settings), Cors(settings), Limits(settings)];

    private static Finding Https(Settings settings)
    {
        if (settings.ForceHttps)
        {
            return Finding.Green("https", settings.HasTls ? "FORCE_HTTPS is on; the server ends TLS, and the cookie is Secure." : "FORCE_HTTPS is on; a proxy ends TLS, and the cookie is Secure.");
        }

        return settings.TrustedProxies.Length > 0 || settings.HasTls
            ? Finding.Red("https", "HTTPS is served, but http is answered too: a PIN or a key that is sent over http can be read on its way.", "Set FORCE_HTTPS=true.")
            : settings.IsLoopback
                ? Finding.Green("https", "The server listens on this machine only; nothing crosses a network.")
                : Finding.Red("https", $"The server listens on {settings.Host} without HTTPS: everybody on the way can read the PIN and the keys.", "Put a proxy in front (deploy/nginx), or set TLS_CERT_FILE and TLS_KEY_FILE; and set FORCE_HTTPS=true.");
    }

    private static Finding Address(Settings settings)
    {
        if (settings.IsLoopback)
        {
            return Finding.Green("address", $"It listens on {settings.Host}: other machines cannot connect.");
        }

        if (settings.RequireAuthForReads != true)
        {
            return Finding.Yellow("address", $"It listens on {settings.Host}, and whoever reaches it reads your trades without a credential.", "Set REQUIRE_AUTH_FOR_READS=true, unless that is meant.");
        }

        return settings.TrustedProxies.Length > 0 && settings.TrustedProxies.All(static network => IPAddress.IsLoopback(network.BaseAddress))
            ? Finding.Yellow("address", $"The proxy is on this machine, but the server listens on {settings.Host}: clients can go around the proxy.", "Set MCP_SERVER_HOST=127.0.0.1.")
            : Finding.Yellow("address", string.Create(CultureInfo.InvariantCulture, $"It listens on {settings.Host}. Whether a firewall guards port {settings.Port} cannot be seen from here."), "See that only those who shall reach it can; docs/operations.md has rules for nftables.");
    }

    private static Finding Hosts(Settings settings) => settings.AllowedHosts.Contains("*")
        ? Finding.Yellow("host-names", "ALLOWED_HOSTS is *: a web page can reach the server under a name of its own (DNS rebinding).", "Name the hosts that clients use.")
        : settings.TrustedProxies.Length > 0 && settings.AllowedHosts.Length == 0
            ? Finding.Yellow("host-names", "A proxy is trusted, but no public name is allowed: its requests are refused unless it sends localhost.", "Set ALLOWED_HOSTS to the public name.")
            : Finding.Green("host-names", settings.AllowedHosts.Length == 0 ? "Only localhost and the address itself are served." : $"Served besides localhost: {string.Join(", ", settings.AllowedHosts)}.");

    private static Finding Allowlist(Settings settings) => settings.IpAllowlist.Length == 0 ? Finding.Green("ip-allowlist", "Not used; every address may connect.")
        : First(settings.IpAllowlist, IsWide) is { } wide ? Finding.Yellow("ip-allowlist", $"IP_ALLOWLIST has {wide}, which is a large part of the internet.", "Name your own networks.")
        : Finding.Green("ip-allowlist", string.Create(CultureInfo.InvariantCulture, $"{settings.IpAllowlist.Length} networks and this machine may connect."));

    private static Finding Proxies(Settings settings) => settings.TrustedProxies.Length == 0 ? Finding.Green("trusted-proxies", "None; X-Forwarded-For is ignored.")
        : First(settings.TrustedProxies, IsWide) is { } wide ? Finding.Yellow("trusted-proxies", $"TRUSTED_PROXIES has {wide}: every machine there can invent its address.", "Name the proxy's own address.")
        : Finding.Green("trusted-proxies", string.Join(", ", settings.TrustedProxies.Select(static network => network.ToString())));

    private static Finding Cors(Settings settings)
    {
        string[] open = [.. settings.CorsOrigins.Where(static origin => origin.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(origin, UriKind.Absolute, out var uri) && !uri.IsLoopback)];
        return settings.CorsOrigins.Contains("*") ? Finding.Red("cors", "CORS_ORIGINS is *: any web page may ask this API from your browser.", "Name the origins of your pages.")
            : open.Length > 0 ? Finding.Yellow("cors", $"CORS_ORIGINS has {string.Join(", ", open)}: a page without HTTPS can be changed on its way and may call this API.", "Serve that page by https.")
            : Finding.Green("cors", settings.CorsOrigins.Length == 0 ? "No other web page may call the API." : $"These pages may call the API: {string.Join(", ", settings.CorsOrigins)}.");
    }

    private static Finding Limits(Settings settings) => settings.RateLimitEnabled
        ? Finding.Green("rate-limits", "On.")
        : Finding.Red("rate-limits", "RATE_LIMIT_ENABLED is false: one client can take the whole server.", "Remove the line; raise single limits instead.");

    private static IPNetwork? First(IPNetwork[] networks, Func<IPNetwork, bool> which) => networks.Where(which).Select(static network => (IPNetwork?)network).FirstOrDefault();

    /// <summary>Whether the network is larger than what a provider gives to one customer.</summary>
    private static bool IsWide(IPNetwork network) => network.PrefixLength < (network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 8 : 32);
}
