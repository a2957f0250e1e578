using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// Debian's nginx in front of <paramref name="upstream"/>, with our deploy/nginx/pilothouse.conf, in which only ports, paths and the
/// certificate are replaced. It listens on 127.0.0.1.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    public const string Name = "bots.example.com";
    private const string Program = "/usr/sbin/nginx";
    private readonly Process process;
    private readonly X509Certificate2 certificate;

    private Nginx(Process process, X509Certificate2 certificate, TemporaryFolder folder, int plainPort, int tlsPort)
    {
        this.process = process;
        this.certificate = certificate;
        Folder = folder;
        PlainPort = plainPort;
        TlsPort = tlsPort;
    }

    public TemporaryFolder Folder { get; }

    public int PlainPort { get; }

    public int TlsPort { get; }

    public static void SkipWhereMissing() => Assert.SkipUnless(File.Exists(Program), "nginx is not installed (Debian: apt-get install nginx-light).");

    /// <summary>Starts it in front of two servers on one database.</summary>
    public static Task<Nginx> StartForTwoAsync(int one, int two, params (string Old, string New)[] replacements) =>
        StartAsync(one, [("    #server 127.0.0.1:3001 ", $"    server 127.0.0.1:{two} "), .. replacements]);

    /// <param name="upstream">The port of 127.0.0.1 to which it passes requests.</param>
    /// <param name="replacements">Further replacements in the file. Each old text must occur in it.</param>
    public static async Task<Nginx> StartAsync(int upstream, params (string Old, string New)[] replacements)
    {
        var folder = new TemporaryFolder();
        var (plain, tls) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        var certificate = MakeCertificate(folder);
        Directory.CreateDirectory(folder.File("www/.well-known/acme-challenge"));
        await File.WriteAllTextAsync(folder.File("www/.well-known/acme-challenge/token"), "challenge");

        var text = await File.ReadAllTextAsync(Repository.PathOf("deploy", "nginx", "pilothouse.conf"));
        foreach (var (old, replacement) in ((string, string)[])
        [
            ("    listen [::]:80 default_server;\n", ""), ("    listen [::]:80;\n", ""), ("    listen [::]:443 ssl default_server;\n", ""), ("    listen [::]:443 ssl http2;\n", ""),
            ("listen 80 default_server;", $"listen 127.0.0.1:{plain} default_server;"), ("listen 80;", $"listen 127.0.0.1:{plain};"),
            ("listen 443 ssl default_server;", $"listen 127.0.0.1:{tls} ssl default_server;"), ("listen 443 ssl http2;", $"listen 127.0.0.1:{tls} ssl http2;"),
            ("server 127.0.0.1:3000 ", $"server 127.0.0.1:{upstream} "),
            ("/var/log/nginx/", folder.Path + "/"), ("/var/www/html", folder.File("www")),
            ($"/etc/letsencrypt/live/{Name}/fullchain.pem", folder.File("cert.pem")), ($"/etc/letsencrypt/live/{Name}/privkey.pem", folder.File("key.pem")),
            .. replacements,
        ])
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, replacement, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(folder.File("pilothouse.conf"), text);
        await File.WriteAllTextAsync(folder.File("nginx.conf"), $$"""
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            worker_processes 1;
            pid nginx.pid;
            error_log error.log;
            daemon off;
            events { worker_connections 1024; }
            http {
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
                include {{folder.File("pilothouse.conf")}};
            }
            """);
        var process = Tool.Start(Program, ["-p", folder.Path, "-c", folder.File("nginx.conf"), "-e", folder.File("error.log")]);
        var nginx = new Nginx(process, certificate, folder, plain, tls);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(10); await Task.Delay(20))
        {
            Assert.False(process.HasExited, $"nginx ended: {(process.HasExited ? await process.StandardError.ReadToEndAsync() : "")}");
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, tls);
                return nginx;
            }
            catch (SocketException)
            {
                // nginx does not listen yet.
            }
        }

        throw new TimeoutException("nginx did not listen.");
    }

    /// <summary>
    /// Returns a client that connects from an <paramref name="address"/> of this machine, uses the public name, and checks the certificate.
    /// </summary>
    public HttpClient ClientFrom(string address, bool tls = true) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                shown?.GetCertHashString() == certificate.GetCertHashString() && (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0,
        },
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(IPAddress.Loopback, tls ? TlsPort : PlainPort, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri($"{(tls ? "https" : "http")}://{Name}"),
        Timeout = TimeSpan.FromSeconds(20),
    };

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            // SIGTERM to the master also ends its worker; SIGKILL would leave the worker running.
            await Tool.RunAsync("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync();
        }

        process.Dispose();
        certificate.Dispose();
        Folder.Dispose();
    }

    private static X509Certificate2 MakeCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        File.WriteAllText(folder.File("cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("key.pem"), key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
