using System.Net.Mail;

namespace Pilothouse.Configuration;

/// <summary>To whom alerts go by mail, and through which mail server.</summary>
internal sealed class MailSettings
{
    private const string NoSecurity = "none";

    public MailSettings(SettingSource from)
    {
        Addresses = from.List("ALERT_EMAIL", "addresses such as ada@example.com, separated by commas", IsAddress);
        var sender = from.List("ALERT_EMAIL_FROM", "one address such as pilothouse@example.com", IsAddress);
        Host = from.Text("SMTP_HOST", "", "the name of a mail server, such as smtp.example.com");
        Port = from.Whole("SMTP_PORT", 587, 1, 65_535);
        User = from.Text("SMTP_USER", "", "the name by which the mail server knows you");
        Password = from.Secret("SMTP_PASSWORD", "the password of SMTP_USER", static _ => true);
        var security = from.OneOf("SMTP_TLS", "auto", "auto", "starttls", "tls", NoSecurity);
        IsEncrypted = security != NoSecurity;
        IsEncryptedAtOnce = security == "tls" || (security == "auto" && Port == 465);
        Sender = sender.FirstOrDefault() ?? (IsAddress(User) ? User : Addresses.FirstOrDefault() ?? "");
        if (sender.Length > 1)
        {
            from.Refuse("ALERT_EMAIL_FROM: allowed is one address.");
        }

        if (Host.Length > 0 && (Uri.CheckHostName(Host) == UriHostNameType.Unknown || Host.Length > 253))
        {
            from.Refuse($"SMTP_HOST={Host}: allowed is the name of a mail server, such as smtp.example.com; its port is SMTP_PORT.");
        }

        if ((Addresses.Length > 0) != (Host.Length > 0))
        {
            from.Refuse("ALERT_EMAIL and SMTP_HOST belong together: set both, or none. docs/alerts.md has examples.");
        }

        if ((User.Length > 0) != (Password.Length > 0))
        {
            from.Refuse("SMTP_USER and SMTP_PASSWORD belong together: set both, or none.");
        }

        if (Password.Length > 0 && !IsEncrypted)
        {
            from.Refuse("SMTP_TLS=none would send SMTP_PASSWORD in the clear. Leave SMTP_TLS empty, or use a mail server that needs no password.");
        }
    }

    /// <summary>To whom; empty if mail is not used.</summary>
    public string[] Addresses { get; }

    /// <summary>From whom: ALERT_EMAIL_FROM, else SMTP_USER if it is an address, else the first of <see cref="Addresses"/>.</summary>
    public string Sender { get; }

    public string Host { get; }

    public int Port { get; }

    public string User { get; }

    public string Password { get; }

    /// <summary>Whether nothing is sent before the connection is encrypted.</summary>
    public bool IsEncrypted { get; }

    /// <summary>Whether the connection begins encrypted, and not with STARTTLS.</summary>
    public bool IsEncryptedAtOnce { get; }

    private static bool IsAddress(string text) => MailAddress.TryCreate(text, out var parsed) && parsed.Address == text && !text.Any(char.IsControl);
}
