using System.Net;
using System.Net.Sockets;
using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;
using SmtpServer.Protocol;

namespace Pilothouse.Tests.Alerts;

/// <summary>Alerts by mail, to a mail server that is another project's.</summary>
public sealed class MailTests
{
    [Fact]
    public async Task An_alert_arrives_as_a_mail_that_a_person_and_a_mail_program_can_read()
    {
        await using var mail = TestMailServer.Start();
        await using var server = await AlertTests.StartAsync(mail.Plain);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"Grüße & <b>\r\nBcc: eve@example.com"}""");
        await TestTarget.UntilAsync(server, () => mail.Got.Count == 1);
        var (to, got) = mail.Got.Single();
        Assert.Equal(("ada@example.com", "ada@example.com", "Pilothouse"), (to, got.From.Mailboxes.Single().Address, got.From.Mailboxes.Single().Name));
        Assert.StartsWith("Pilothouse. Trading of all bots is stopped. Grüße & <b>", got.Subject, StringComparison.Ordinal);
        Assert.StartsWith(got.Subject, got.TextBody, StringComparison.Ordinal);
        Assert.Empty(got.Bcc);
        Assert.Equal("auto-generated", got.Headers["Auto-Submitted"]);
        Assert.Matches(@"^alert-1\.\d+@example\.com$", got.MessageId);
        Assert.True(got.Date >= TestServer.Start);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'sent'") == "1");
        Assert.Equal("email:ada@example.com", (string?)(await server.GetAsync("/api/alerts"))["data"]![0]!["deliveries"]![0]!["target"]);
    }

    [Fact]
    public async Task An_address_that_is_refused_keeps_no_other_from_its_mail_and_ends_as_a_dead_letter()
    {
        await using var mail = TestMailServer.Start();
        mail.Answer = static to => to.StartsWith("gone", StringComparison.Ordinal) ? new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "no such user") : null;
        await using var server = await AlertTests.StartAsync([.. mail.To("gone@example.com, ada@example.com"), ("SMTP_TLS", "none"), ("ALERT_EMAIL_FROM", "pilot@example.org")]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => mail.Got.Count == 1);
        Assert.Equal("pilot@example.org", mail.Got.Single().Mail.From.Mailboxes.Single().Address);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'dead'") == "1", 5);
        var deliveries = (await server.GetAsync("/api/alerts"))["data"]![0]!["deliveries"]!.AsArray();
        Assert.Equal(["ada@example.com sent 1", "gone@example.com dead 3"], deliveries.Select(static one => $"{((string)one!["target"]!)[6..]} {one["state"]} {one["attempts"]}").Order());
        Assert.Equal("It answered 550: no such user.", (string?)deliveries.Single(static one => (string?)one!["state"] == "dead")!["problem"]);

        // What everybody may read names no address.
        var check = (await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static one => (string?)one!["name"] == "alerts")!;
        Assert.StartsWith("Alerts do not reach email.", (string?)check["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Alert_test_signs_in_over_an_encrypted_connection_whose_certificate_is_trusted(bool atOnce)
    {
        var certificate = MadeCertificate.MakeGood();
        await using var mail = TestMailServer.Start(certificate, atOnce);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("root.pem"), certificate.Root.ExportCertificatePem() + "\n" + certificate.Intermediate.ExportCertificatePem());
        (string, string)[] settings = [.. mail.To("bob@example.com"), ("SMTP_USER", TestMailServer.User), ("SMTP_PASSWORD", TestMailServer.Password), ("SMTP_TLS", atOnce ? "tls" : "auto")];
        var (code, output, error) = await ServerProcess.RunAsync(folder, ["alert", "test"], [.. settings, ("SSL_CERT_FILE", folder.File("root.pem"))]);
        Assert.True((code, output.Trim()) == (0, "email:bob@example.com: It has taken the test."), $"{code} {output} {error}");
        Assert.Equal(TestMailServer.User, mail.Users.Single());
        Assert.Equal(("bob@example.com", TestMailServer.User), (mail.Got.Single().To, mail.Got.Single().Mail.From.Mailboxes.Single().Address));

        // A certificate of an authority that this machine does not know gets no password.
        (code, output, _) = await ServerProcess.RunAsync(folder, ["alert", "test"], settings);
        Assert.Equal(1, code);
        Assert.StartsWith("email:bob@example.com: Its encryption could not be trusted: its certificate is not accepted: ", output, StringComparison.Ordinal);
        Assert.Single(mail.Users);
    }

    [Fact]
    public async Task A_wrong_password_is_told_without_the_password()
    {
        var certificate = MadeCertificate.MakeGood();
        await using var mail = TestMailServer.Start(certificate);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("root.pem"), certificate.Root.ExportCertificatePem() + "\n" + certificate.Intermediate.ExportCertificatePem());
        var (code, output, error) = await ServerProcess.RunAsync(
            folder, ["alert", "test"], [.. mail.To("bob@example.com"), ("SMTP_USER", TestMailServer.User), ("SMTP_PASSWORD", "wrong-and-secret"), ("SSL_CERT_FILE", folder.File("root.pem"))]);
        Assert.Equal(1, code);
        Assert.StartsWith("email:bob@example.com: It refused SMTP_USER and SMTP_PASSWORD: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-and-secret", output + error, StringComparison.Ordinal);
        Assert.Empty(mail.Got);
    }

    [Fact]
    public async Task A_mail_server_that_cannot_encrypt_gets_nothing_unless_that_is_allowed()
    {
        await using var mail = TestMailServer.Start();
        using var folder = new TemporaryFolder();
        var (code, output, _) = await ServerProcess.RunAsync(folder, ["alert", "test"], mail.To("bob@example.com"));
        Assert.Equal(1, code);
        Assert.StartsWith("email:bob@example.com: It cannot do what SMTP_TLS and SMTP_USER ask for: ", output, StringComparison.Ordinal);
        Assert.Empty(mail.Got);
    }

    [Fact]
    public async Task A_mail_server_that_hangs_or_that_is_none_holds_no_other_target_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var target = await TestTarget.StartAsync();
        await using var server = await AlertTests.StartAsync(
            [.. target.Telegram, ("ALERT_EMAIL", "ada@example.com"), ("SMTP_HOST", "localhost"), ("SMTP_PORT", $"{((IPEndPoint)silent.LocalEndpoint).Port}"), ("SMTP_TLS", "none")]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        using (var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken))
        {
            await connection.GetStream().WriteAsync("HTTP/1.1 400 What\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_deliveries WHERE problem LIKE 'It %'") == "1");
        }

        Assert.Equal("waiting", (string?)(await server.GetAsync("/api/alerts"))["data"]![0]!["state"]);
    }

    [Fact]
    public async Task A_mail_server_in_a_private_network_is_refused_unless_it_is_allowed()
    {
        await using var mail = TestMailServer.Start();
        using var folder = new TemporaryFolder();
        var (code, output, _) = await ServerProcess.RunAsync(folder, ["alert", "test"], [.. mail.Plain, ("ALERT_ALLOW_PRIVATE_TARGETS", "false")]);
        Assert.Equal(1, code);
        Assert.Contains("its address is private: set ALERT_ALLOW_PRIVATE_TARGETS=true if it is meant", output, StringComparison.Ordinal);
        Assert.Empty(mail.Got);
    }

    [Theory]
    [InlineData("ALERT_EMAIL=ada", "ALERT_EMAIL=ada: allowed is addresses such as ada@example.com")]
    [InlineData("ALERT_EMAIL=Ada <ada@example.com>", "ALERT_EMAIL=Ada <ada@example.com>: allowed is addresses")]
    [InlineData("ALERT_EMAIL=ada@example.com", "ALERT_EMAIL and SMTP_HOST belong together")]
    [InlineData("SMTP_HOST=mail.example.com", "ALERT_EMAIL and SMTP_HOST belong together")]
    [InlineData("SMTP_PASSWORD=top-secret", "SMTP_USER and SMTP_PASSWORD belong together")]
    [InlineData("SMTP_USER=ada;SMTP_PASSWORD=top-secret;SMTP_TLS=none", "SMTP_TLS=none would send SMTP_PASSWORD in the clear")]
    [InlineData("ALERT_EMAIL_FROM=a@example.com,b@example.com", "ALERT_EMAIL_FROM: allowed is one address")]
    [InlineData("SMTP_HOST=smtp.example.com:587", "SMTP_HOST=smtp.example.com:587: allowed is the name of a mail server, such as smtp.example.com; its port is SMTP_PORT.")]
    [InlineData("SMTP_TLS=maybe", "SMTP_TLS=maybe: allowed is auto, starttls, tls or none")]
    [InlineData("ALERT_SUMMARY_AT=8", "ALERT_SUMMARY_AT=8: allowed is a time of the day")]
    public void A_wrong_setting_stops_the_start_and_names_no_password(string settings, string expected)
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, [.. settings.Split(';').Select(static one => (one.Split('=', 2)[0], one.Split('=', 2)[1]))]));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("top-secret", refused.Message, StringComparison.Ordinal);
    }
}
