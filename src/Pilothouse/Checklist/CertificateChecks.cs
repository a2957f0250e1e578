using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Pilothouse.Configuration;
using Pilothouse.Listening;

namespace Pilothouse.Checklist;

/// <summary>Checks the certificate that clients see: the server's own, or that of a proxy on this machine.</summary>
internal static class CertificateChecks
{
    private const int SoonDays = 21;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IEnumerable<Finding>> LookAsync(Settings settings, Surroundings here, int proxyPort = 443)
    {
        if (settings.HasTls)
        {
            return OfServer(settings, here);
        }

        var proxyIsHere = settings.TrustedProxies.Any(static network => System.Net.IPAddress.IsLoopback(network.BaseAddress));
        return settings.ForceHttps && proxyIsHere && settings.AllowedHosts.FirstOrDefault(static host => host != "*") is { } name ? [await OfProxyAsync(name, here, proxyPort)] : [];
    }

    private static IEnumerable<Finding> OfServer(Settings settings, Surroundings here)
    {
        LoadedCertificate loaded;
        try
        {
            var files = new CertificateFiles(settings.TlsCertFile, settings.TlsKeyFile);
            loaded = files.Load(files.Read());
        }
        catch (CertificateException error)
        {
            return [Finding.Red("certificate", error.Message, "The server does not start with these files.")];
        }

        var certificate = Judge(loaded.Context.TargetCertificate, settings.AllowedHosts, here.Now);
        return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(settings.TlsKeyFile) & UnixFileMode.OtherRead) != 0
            ? [certificate, Finding.Red("certificate-key", "Every user of this machine can read the certificate's key.", $"chmod 640 {settings.TlsKeyFile}, with the server's group.")]
            : [certificate];
    }

    /// <summary>Connects to the proxy as a client would, but at the address of this machine.</summary>
    private static async Task<Finding> OfProxyAsync(string name, Surroundings here, int port)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            using var socket = new TcpClient();
            await socket.ConnectAsync(System.Net.IPAddress.Loopback, port, patience.Token);
            await using var tls = new SslStream(socket.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null }, patience.Token);
            using var certificate = new X509Certificate2(tls.RemoteCertificate!);
            return Judge(certificate, [name], here.Now);
        }
        catch (Exception error) when (error is SocketException or IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            return Finding.Yellow("certificate", string.Create(CultureInfo.InvariantCulture, $"The proxy on this machine shows no certificate for {name} on port {port}."), "Start the proxy, and try https with that name.");
        }
    }

    internal static Finding Judge(X509Certificate2 certificate, string[] names, DateTimeOffset now)
    {
        var left = certificate.NotAfter.ToUniversalTime() - now.UtcDateTime;
        var until = string.Create(CultureInfo.InvariantCulture, $"{certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        string[] unnamed = [.. names.Where(name => name != "*" && !certificate.MatchesHostname(name, allowWildcards: true))];
        return left <= TimeSpan.Zero ? Finding.Red("certificate", $"The certificate ended on {until}.", "Renew it (certbot renew), and see why that did not happen by itself.")
            : certificate.NotBefore.ToUniversalTime() > now.UtcDateTime ? Finding.Red("certificate", "The certificate is not valid yet.", "Set the clock right, or use another certificate.")
            : unnamed.Length > 0 ? Finding.Red("certificate", $"The certificate is not for {string.Join(", ", unnamed)}: clients refuse it there.", "Fetch one that has every name of ALLOWED_HOSTS, or take the name out.")
            : left < TimeSpan.FromDays(SoonDays) ? Finding.Yellow("certificate", $"The certificate ends on {until}.", "certbot renews 30 days before: see why it did not (systemctl status certbot.timer).")
            : Finding.Green("certificate", $"Valid until {until}.");
    }
}
