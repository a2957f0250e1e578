using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Storage.Files;

namespace Pilothouse.Cli;

/// <summary>A client for the server that uses the database of these settings, over HTTP from this machine.</summary>
internal sealed class RunningServer(ServingProcess owner, Settings settings) : IDisposable
{
    // The certificate is not checked: it cannot contain a loopback address, and the lock on the database proves that this is the server.
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

    /// <summary>Returns the answer of /health/ready, also if the status is 503; null if the server does not answer.</summary>
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

    /// <summary>Returns the server's metrics, or why they cannot be read.</summary>
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

    /// <summary>Returns the address to connect to; HTTPS before HTTP, which may only redirect to it.</summary>
    internal static Uri? ToAsk(IEnumerable<string> addresses) =>
        addresses.Select(static address => address.Replace("://+", "://127.0.0.1", StringComparison.Ordinal).Replace("://*", "://127.0.0.1", StringComparison.Ordinal))
            .Select(static address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : null).OfType<Uri>()
            .OrderBy(static uri => uri.Scheme == Uri.UriSchemeHttps ? 0 : 1)
            .Select(static uri => IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
                ? new UriBuilder(uri) { Host = ip.Equals(IPAddress.Any) ? "127.0.0.1" : "[::1]" }.Uri
                : uri)
            .FirstOrDefault();

    /// <summary>Returns the status and the text; status 0 if the server does not answer.</summary>
    private async Task<(int Status, string Text)> GetAsync(string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (settings.RequireAuthForReads == true && settings.JwtSecret.Length > 0)
        {
            // A session may be made here, because a user who can read the secret can read everything anyway.
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
