using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MimeKit.Text;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Alerts;

/// <summary>Sends alerts by mail.</summary>
internal static class AlertMail
{
    /// <param name="settings">The mail server and the sender.</param>
    /// <param name="to">The address of the receiver.</param>
    /// <param name="alert">What is told.</param>
    /// <param name="said">Makes what the mail server said fit to be shown.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public static async Task<PostResult> SendAsync(AlertSettings settings, string to, Alert alert, Func<string, string> said, CancellationToken cancel)
    {
        var mail = settings.Mail;
        var distrust = "";

        // A certificate is checked as for the other targets, without asking its issuer each time whether it was taken back. The library's own
        // check would let some certificates pass that are known to be wrong.
        using var client = new SmtpClient
        {
            CheckCertificateRevocation = false,
            ServerCertificateValidationCallback = (_, _, chain, errors) => (distrust = WhyDistrusted(errors, chain)).Length == 0,
        };
        await using var stream = await PublicAddresses.ConnectAsync(new(mail.Host, mail.Port), settings.MayBePrivate, cancel);
        try
        {
            await client.ConnectAsync(stream, mail.Host, mail.Port,
                mail.IsEncryptedAtOnce ? SecureSocketOptions.SslOnConnect : mail.IsEncrypted ? SecureSocketOptions.StartTls : SecureSocketOptions.None, cancel);
            if (mail.User.Length > 0)
            {
                // These ask libraries of the machine for a ticket, and not for the password that is set.
                client.AuthenticationMechanisms.ExceptWith(["GSSAPI", "NTLM", "NEGOTIATE"]);
                await client.AuthenticateAsync(mail.User, mail.Password, cancel);
            }

            await client.SendAsync(MessageOf(mail.Sender, to, alert), cancel);
        }
        catch (SmtpCommandException refused)
        {
            var status = (int)refused.StatusCode;
            return new(string.Create(CultureInfo.InvariantCulture, $"It answered {status}: {said(refused.Message)}."), null, status >= 550);
        }
        catch (SslHandshakeException wrong)
        {
            return new($"Its encryption could not be trusted: {said(distrust.Length > 0 ? distrust : wrong.InnerException?.Message ?? wrong.Message)}.", null, false);
        }
        catch (AuthenticationException refused)
        {
            return new($"It refused SMTP_USER and SMTP_PASSWORD: {said(refused.Message)}.", null, false);
        }
        catch (NotSupportedException missing)
        {
            return new($"It cannot do what SMTP_TLS and SMTP_USER ask for: {said(missing.Message)}", null, false);
        }
        catch (Exception error) when (error is ProtocolException or ServiceNotConnectedException)
        {
            return new($"It does not speak as a mail server does: {said(error.Message)}.", null, false);
        }

        await LeaveAsync(client, cancel);
        return default;
    }

    /// <summary>Returns what is wrong with a certificate; empty if nothing is.</summary>
    private static string WhyDistrusted(SslPolicyErrors errors, X509Chain? chain) =>
        errors == SslPolicyErrors.None ? ""
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it has no certificate"
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "its certificate is that of another name than SMTP_HOST"
        : $"its certificate is not accepted: {string.Join(" ", chain?.ChainStatus.Select(static status => status.StatusInformation.Trim()).Distinct() ?? [])}";

    private static MimeMessage MessageOf(string from, string to, Alert alert)
    {
        var at = alert.At ?? DateTimeOffset.UnixEpoch;
        var message = new MimeMessage
        {
            // The same each time that it is sent: who gets a mail twice sees one.
            MessageId = string.Create(CultureInfo.InvariantCulture, $"alert-{alert.Id}.{at.ToUnixTimeMilliseconds()}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}"),
            Date = at,
            Subject = PrintableText.Of(AlertTargets.TitleOf(alert)),
            Body = new TextPart(TextFormat.Plain) { Text = $"{AlertTargets.TextOf(alert)}\n" },
        };
        message.From.Add(new MailboxAddress("Pilothouse", from));
        message.To.Add(MailboxAddress.Parse(to));

        // No answering machine answers it: RFC 3834.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add("X-Pilothouse-Event", alert.Event ?? "");
        return message;
    }

    /// <summary>Ends the connection in order. The mail was taken, whatever comes of this.</summary>
    private static async Task LeaveAsync(SmtpClient client, CancellationToken cancel)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancel);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or ProtocolException or CommandException or OperationCanceledException)
        {
            // The mail server has ended it first.
        }
    }
}
