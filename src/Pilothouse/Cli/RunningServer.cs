using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;

namespace Pilothouse.Cli;

/// <summary>Asks the server that has the database of these settings, over HTTP from this machine.</summary>
internal sealed class RunningServer(ServingProcess owner, Settings settings) : IDisposable
{
    // It proved who it is by the lock that it holds; the name in a certificate cannot be that of a loopback address.
    private readonly HttpClient client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, wrong) => (wrong & System.Net.Security.SslPolicyErrors.RemoteCertificateNotAvailable) == 0 },
    })
    {
        BaseAddress = ToAsk(owner.Addresses) ?? new Uri($"http://127.0.0.1:{settings.Port}"),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public string Address => owner.Addresses.Length > 0 ? owner.Addresses[0] : client.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>Whether it is well, also where it says 503; null where it does not answer.</summary>
    public async Task<ReadyAnswer?> ReadyAsync(CancellationToken cancel)
    {
        var (status, text) = await GetAsync("/health/ready", cancel);
        try
        {
            return status is 200 or 503 ? JsonSerializer.Deserialize(text, StatusJson.Default.ReadyAnswer) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Its figures, or why there are none.</summary>
    public async Task<(Scrape? Figures, string? Problem)> ScrapeAsync(CancellationToken cancel)
    {
        var (status, text) = await GetAsync("/metrics", cancel);
        return status switch
        {
            200 => (Scrape.Parse(text), null),
            0 => (null, "The server does not answer. Its log says what it does; ./start_mcp_server.sh restart starts it anew."),
            401 or 403 => (null, $"The server does not show its figures to this command ({status}): run it with the server's settings, in the folder of its .env, and let this machine in (IP_ALLOWLIST)."),
            _ => (null, $"The server does not show its figures (GET /metrics answered {status})."),
        };
    }

    public void Dispose() => client.Dispose();

    /// <summary>Where it can be reached from here; HTTPS before HTTP, which may only lead there.</summary>
    internal static Uri? ToAsk(IEnumerable<string> addresses) =>
        addresses.Select(static address => address.Replace("://+", "://127.0.0.1", StringComparison.Ordinal).Replace("://*", "://127.0.0.1", StringComparison.Ordinal))
            .Select(static address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : null).OfType<Uri>()
            .OrderBy(static uri => uri.Scheme == Uri.UriSchemeHttps ? 0 : 1)
            .Select(static uri => IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
                ? new UriBuilder(uri) { Host = ip.Equals(IPAddress.Any) ? "127.0.0.1" : "[::1]" }.Uri
                : uri)
            .FirstOrDefault();

    /// <summary>Status and text; 0 where nobody answers.</summary>
    private async Task<(int Status, string Text)> GetAsync(string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (settings.RequireAuthForReads == true && settings.JwtSecret.Length > 0)
        {
            // Who can read the secret may read everything anyway.
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", new SessionTokens(settings, TimeProvider.System).Issue(TimeSpan.FromMinutes(1)));
        }

        try
        {
            using var answer = await client.SendAsync(request, cancel);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return (0, "");
        }
    }
}
