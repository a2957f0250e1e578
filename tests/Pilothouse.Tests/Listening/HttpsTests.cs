using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Configuration;
using Pilothouse.Listening;
using Pilothouse.Monitoring;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Listening;

/// <summary>HTTPS by the server itself.</summary>
public sealed class HttpsTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Https_answers_what_http_answers_and_sends_the_chain_of_its_file(string version)
    {
        using var folder = new TemporaryFolder();
        var made = MadeCertificate.MakeGood();
        var settings = made.WriteTo(folder);
        await using var server = await TestServer.StartAsync(folder, null, settings);
        X509Certificate2[] sent = [];
        using var client = Client(settings, (certificate, chain) =>
        {
            sent = [.. chain.ChainPolicy.ExtraStore.Select(static one => X509CertificateLoader.LoadCertificate(one.RawData))];
            return made.IsTrusted(certificate, sent);
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/auth/login") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new StringContent($$"""{"pin":"{{TestServer.Pin}}"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Version.Parse(version), answer.Version);
        Assert.Contains("; secure", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.Contains(sent, certificate => certificate.RawData.AsSpan().SequenceEqual(made.Intermediate.RawData));
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
        var check = (await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "certificate")!;
        Assert.Equal("ok", (string?)check["state"]);
    }

    [Theory]
    [InlineData(0x0301, false)]
    [InlineData(0x0302, false)]
    [InlineData(0x0303, true)]
    public async Task TLS_before_1_2_is_refused(int offered, bool taken)
    {
        using var folder = new TemporaryFolder();
        var settings = MadeCertificate.MakeGood().WriteTo(folder);
        await using var server = await TestServer.StartAsync(folder, null, settings);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, PortOf(settings));
        var stream = socket.GetStream();
        await stream.WriteAsync(ClientHello(offered));
        var answer = new byte[7];
        var read = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false);

        // 22 begins a handshake. 21 is an alert, and its last byte says why: 70 is the version.
        Assert.Equal(taken ? "22" : "21 70", read == 0 ? "nothing" : taken ? $"{answer[0]}" : $"{answer[0]} {answer[6]}");
    }

    [Fact]
    public async Task A_renewed_certificate_is_taken_up_within_a_minute_and_a_bad_one_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var first = MadeCertificate.MakeGood();
        var settings = first.WriteTo(folder);
        await using var server = await TestServer.StartAsync(folder, null, settings);
        Assert.Equal(first.Own.Thumbprint, await ServedAsync(settings));
        var second = MadeCertificate.MakeGood();
        var ended = MadeCertificate.Make(TestServer.Start.AddYears(-1), TestServer.Start.AddDays(-1));
        foreach (var (chain, key) in new[] { (second.Chain, first.Key), (second.Chain[..300], second.Key), (second.Chain, second.Key[..60]), ("", ""), (ended.Chain, ended.Key) })
        {
            await File.WriteAllTextAsync(folder.File("cert.pem"), chain);
            await File.WriteAllTextAsync(folder.File("key.pem"), key);
            await MinuteAsync(server);
            Assert.Equal(ConditionState.Warning, Look(server).State);
            Assert.Equal(first.Own.Thumbprint, await ServedAsync(settings));
        }

        // As certbot does: the names are links, and a renewal lets them point elsewhere.
        foreach (var (name, text) in new[] { ("cert.pem", second.Chain), ("key.pem", second.Key) })
        {
            await File.WriteAllTextAsync(folder.File("new-" + name), text);
            File.Delete(folder.File(name));
            File.CreateSymbolicLink(folder.File(name), "new-" + name);
        }

        await MinuteAsync(server);
        Assert.Equal(ConditionState.Ok, Look(server).State);
        Assert.Equal(second.Own.Thumbprint, await ServedAsync(settings));
        File.Delete(folder.File("key.pem"));
        await MinuteAsync(server);
        Assert.Equal(second.Own.Thumbprint, await ServedAsync(settings));
        await server.StopAsync();
        var errors = await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log"));
        Assert.Contains("TLS_KEY_FILE", errors, StringComparison.Ordinal);
        Assert.Contains("stays in use; it ends on", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", errors, StringComparison.Ordinal);
        Assert.Contains("The renewed HTTPS certificate for localhost, 127.0.0.1", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_certificate_is_seen_fourteen_days_before_and_does_not_stop_the_server()
    {
        using var folder = new TemporaryFolder();
        var end = TestServer.Start.AddDays(20);
        var made = MadeCertificate.Make(TestServer.Start.AddDays(-70), end);
        var settings = made.WriteTo(folder);
        await using var server = await TestServer.StartAsync(folder, null, settings);
        Assert.Equal(ConditionState.Ok, Look(server).State);
        server.Clock.Advance(TimeSpan.FromDays(6) + TimeSpan.FromMinutes(1));
        Assert.Equal(ConditionState.Warning, Look(server).State);
        Assert.Contains("ends on 2026-03-22 12:00 UTC", Look(server).Message, StringComparison.Ordinal);
        server.Clock.Advance(TimeSpan.FromDays(14));
        Assert.Equal(ConditionState.Failed, Look(server).State);
        Assert.Equal("degraded", (string?)(await server.GetAsync("/health/ready"))["status"]);

        // A host that starts again in the night must not leave its bots without a server.
        await using var again = await server.RestartAsync(settings);
        Assert.Equal(ConditionState.Failed, Look(again).State);
        Assert.Equal(made.Own.Thumbprint, await ServedAsync(settings));
        await again.StopAsync();
        var log = await File.ReadAllTextAsync(folder.File("logs/mcp_server_error.log"));
        Assert.Contains("The HTTPS certificate ends on 2026-03-22", log, StringComparison.Ordinal);
        Assert.Contains("The HTTPS certificate ended on 2026-03-22", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TLS_CERT_FILE", "missing.pem", "cannot be read")]
    [InlineData("TLS_KEY_FILE", "missing.pem", "cannot be read")]
    [InlineData("TLS_CERT_FILE", "key.pem", "holds no certificate")]
    [InlineData("TLS_KEY_FILE", "cert.pem", "cannot be used with")]
    [InlineData("TLS_KEY_FILE", "other-key.pem", "cannot be used with")]
    public async Task Files_that_cannot_be_used_stop_the_start_with_a_sentence(string name, string file, string sentence)
    {
        using var folder = new TemporaryFolder();
        var settings = MadeCertificate.MakeGood().WriteTo(folder);
        await File.WriteAllTextAsync(folder.File("other-key.pem"), MadeCertificate.MakeGood().Key);
        var (code, _, error) = await ServerProcess.RunAsync(folder, ["serve"], [("MCP_SERVER_PORT", "0"), .. settings.Where(setting => setting.Name != name), (name, folder.File(file))]);
        Assert.Equal(1, code);
        Assert.Contains($"{name}={folder.File(file)}", error, StringComparison.Ordinal);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("trading_bot.db")));
    }

    [Theory]
    [InlineData("TLS_CERT_FILE is set and TLS_KEY_FILE is not", "TLS_CERT_FILE", "a.pem")]
    [InlineData("TLS_KEY_FILE is set and TLS_CERT_FILE is not", "TLS_KEY_FILE", "a.pem")]
    [InlineData("HTTPS_PORT=3000: allowed is another port", "TLS_CERT_FILE", "a.pem", "TLS_KEY_FILE", "b.pem", "HTTPS_PORT", "3000", "MCP_SERVER_PORT", "3000")]
    [InlineData("FORCE_HTTPS=true, but nothing here speaks HTTPS", "FORCE_HTTPS", "true")]
    [InlineData(null, "FORCE_HTTPS", "true", "TRUSTED_PROXIES", "127.0.0.1")]
    [InlineData(null, "FORCE_HTTPS", "true", "TLS_CERT_FILE", "a.pem", "TLS_KEY_FILE", "b.pem")]
    public void Settings_of_HTTPS_that_make_no_sense_together_are_refused(string? sentence, params string[] settings)
    {
        using var folder = new TemporaryFolder();
        var pairs = settings.Chunk(2).Select(static pair => (pair[0], pair[1])).ToArray();
        if (sentence is null)
        {
            TestServer.SettingsFor(folder, pairs);
            return;
        }

        Assert.Contains(sentence, Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, pairs)).Message, StringComparison.Ordinal);
    }

    internal static HttpClient Client((string Name, string Value)[] settings, Func<X509Certificate2, X509Chain, bool>? check = null) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, chain, _) => check?.Invoke((X509Certificate2)certificate!, chain!) ?? true },
    })
    { BaseAddress = new Uri($"https://127.0.0.1:{PortOf(settings)}") };

    internal static int PortOf((string Name, string Value)[] settings) => int.Parse(settings.Single(static setting => setting.Name == "HTTPS_PORT").Value, System.Globalization.CultureInfo.InvariantCulture);

    private static Condition Look(TestServer server) => server.Services.GetRequiredService<ServedCertificate>().Look();

    /// <summary>The thumbprint that a new connection is shown.</summary>
    private static async Task<string> ServedAsync((string Name, string Value)[] settings)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, PortOf(settings));
        await using var tls = new SslStream(socket.GetStream());
        var shown = "";
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = ((X509Certificate2)certificate!).Thumbprint).Length > 0,
        });
        return shown;
    }

    /// <summary>Moves the clock, and lets what waits for it run.</summary>
    private static async Task MinuteAsync(TestServer server)
    {
        for (var i = 0; i < 2; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(30);
        }
    }

    /// <summary>The first message of a client that speaks nothing newer than <paramref name="version"/>.</summary>
    private static byte[] ClientHello(int version)
    {
        var (high, low) = ((byte)(version >> 8), (byte)version);

        // Suites with ECDSA and AES in CBC, which all three versions have, and in GCM; then the extensions that elliptic curves need.
        byte[] suites = [0xc0, 0x09, 0xc0, 0x0a, 0xc0, 0x2b, 0xc0, 0x2c];
        byte[] extensions = [0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17, 0x00, 0x0b, 0x00, 0x02, 0x01, 0x00, 0x00, 0x0d, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x02, 0x03];
        byte[] body = [high, low, .. new byte[32], 0, 0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)extensions.Length, .. extensions];
        byte[] handshake = [1, 0, 0, (byte)body.Length, .. body];
        return [22, 3, 1, 0, (byte)handshake.Length, .. handshake];
    }
}
