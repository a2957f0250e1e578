using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;
using Pilothouse.Tests.Fixtures;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Pilothouse.Tests.Alerts;

/// <summary>A mail server on 127.0.0.1, which keeps what it got. It is the library SmtpServer, and no part of Pilothouse.</summary>
internal sealed class TestMailServer : IAsyncDisposable
{
    public const string User = "ada@example.com";
    public const string Password = "s3cret-of-the-mailbox";

    private readonly CancellationTokenSource end = new();
    private Task run = Task.CompletedTask;

    private TestMailServer()
    {
    }

    public int Port { get; } = ServerProcess.FreePort();

    /// <summary>The mails, and to whom they were sent.</summary>
    public ConcurrentQueue<(string To, MimeMessage Mail)> Got { get; } = new();

    /// <summary>Those who have shown who they are.</summary>
    public ConcurrentQueue<string> Users { get; } = new();

    /// <summary>What is answered to a mail; null takes it.</summary>
    public Func<string, SmtpResponse?>? Answer { get; set; }

    /// <summary>Settings with this server, without encryption.</summary>
    public (string, string)[] Plain => [.. To("ada@example.com"), ("SMTP_TLS", "none")];

    public (string, string)[] To(string addresses) => [("ALERT_EMAIL", addresses), ("SMTP_HOST", "localhost"), ("SMTP_PORT", $"{Port}"), ("ALERT_ALLOW_PRIVATE_TARGETS", "true")];

    /// <summary>Starts a server.</summary>
    /// <param name="certificate">With what it encrypts; null if it cannot.</param>
    /// <param name="atOnce">Whether a connection begins encrypted.</param>
    public static TestMailServer Start(MadeCertificate? certificate = null, bool atOnce = false)
    {
        var server = new TestMailServer();
        var options = new SmtpServerOptionsBuilder().ServerName("localhost").MaxAuthenticationAttempts(2).Endpoint(endpoint =>
        {
            endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, server.Port)).IsSecure(atOnce).AllowUnsecureAuthentication(false);
            if (certificate is not null)
            {
                endpoint.Certificate(X509CertificateLoader.LoadPkcs12(X509Certificate2.CreateFromPem(certificate.Chain, certificate.Key).Export(X509ContentType.Pkcs12), null));
            }
        }).Build();
        var parts = new ServiceProvider();
        parts.Add(new Store(server));
        parts.Add(new DelegatingUserAuthenticator((user, password) =>
        {
            server.Users.Enqueue(user);
            return (user, password) == (User, Password);
        }));
        server.run = new SmtpServer.SmtpServer(options, parts).StartAsync(server.end.Token);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await run;
        end.Dispose();
    }

    private sealed class Store(TestMailServer server) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            var to = string.Join(',', transaction.To.Select(static box => $"{box.User}@{box.Host}"));
            if (server.Answer?.Invoke(to) is { } refusal)
            {
                return refusal;
            }

            using var stream = new MemoryStream(buffer.ToArray());
            server.Got.Enqueue((to, await MimeMessage.LoadAsync(stream, cancellationToken)));
            return SmtpResponse.Ok;
        }
    }
}
