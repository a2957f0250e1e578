using System.Globalization;

namespace Pilothouse.Configuration;

/// <summary>Where alerts go, which ones, and when they wait for the morning.</summary>
internal sealed class AlertSettings
{
    public const string Breaker = "breaker";
    public const string Bots = "bots";
    public const string Emergency = "emergency";
    public const string Conditions = "conditions";
    public const string Budgets = "budgets";
    public const string Logins = "logins";
    public const string Consents = "consents";
    public const string Trades = "trades";
    public const string Backups = "backups";
    public const string Summary = "summary";

    /// <summary>What is told if ALERT_EVENTS is not set.</summary>
    private static readonly string[] Standard = [Breaker, Bots, Emergency, Conditions, Budgets, Logins, Consents];

    private static readonly string[] All = [.. Standard, Trades, Backups, Summary];

    public AlertSettings(SettingSource from)
    {
        TelegramToken = from.Secret("TELEGRAM_BOT_TOKEN", "the token that @BotFather gave, such as 123456:ABC...", static text => text.Length is >= 10 and <= 200 && text.Contains(':', StringComparison.Ordinal) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '_' or '-'));
        TelegramChat = from.Text("TELEGRAM_CHAT_ID", "", "the id of a chat, such as 123456789, -1001234567890 or @channel");
        TelegramUrl = from.Text("TELEGRAM_API_URL", "https://api.telegram.org", "the address of Telegram's Bot API, or of one's own server of it");
        SlackUrl = Address(from, "SLACK_WEBHOOK_URL");
        DiscordUrl = Address(from, "DISCORD_WEBHOOK_URL");
        WebhookUrl = Address(from, "ALERT_WEBHOOK_URL");
        WebhookSecret = from.Secret("ALERT_WEBHOOK_SECRET", "whsec_ and 24 to 64 bytes in base64 (make one with: echo whsec_$(openssl rand -base64 32))", static text => KeyOf(text) is not null);
        var events = from.List("ALERT_EVENTS", $"{string.Join(", ", All[..^1])} and {All[^1]}, separated by commas", static text => All.Contains(text.ToLowerInvariant()));
        Topics = events.Length == 0 ? Standard : Array.ConvertAll(events, static text => text.ToLowerInvariant());
        Mail = new(from);
        var summary = from.Text("ALERT_SUMMARY_AT", "", "a time of the day, such as 08:00");
        var quiet = from.Text("ALERT_QUIET_HOURS", "", "two times of the day, such as 22:00-07:00");
        Zone = from.TimeZone("ALERT_TIME_ZONE") ?? TimeZoneInfo.Utc;
        MayBePrivate = from.Flag("ALERT_ALLOW_PRIVATE_TARGETS", false);
        Check(from, quiet);
        CheckSummary(from, summary);
    }

    public string TelegramToken { get; }

    public string TelegramChat { get; }

    public string TelegramUrl { get; }

    public string SlackUrl { get; }

    public string DiscordUrl { get; }

    public string WebhookUrl { get; }

    public string WebhookSecret { get; }

    public MailSettings Mail { get; }

    /// <summary>What is told: words of ALERT_EVENTS.</summary>
    public string[] Topics { get; private set; }

    /// <summary>At what time of the day, in <see cref="Zone"/>, the past day is told; null for never.</summary>
    public TimeOnly? SummaryAt { get; private set; }

    /// <summary>From when to when only the breaker and emergencies are told; null for never.</summary>
    public (TimeOnly From, TimeOnly To)? Quiet { get; private set; }

    /// <summary>The zone of the quiet hours and of the daily summary.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Whether targets may be in private networks or on this machine.</summary>
    public bool MayBePrivate { get; }

    /// <summary>The bytes of a secret in the form of Standard Webhooks; null if it is none.</summary>
    public static byte[]? KeyOf(string secret)
    {
        const string prefix = "whsec_";
        var bytes = new byte[100];
        return secret.StartsWith(prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(secret[prefix.Length..], bytes, out var length) && length is >= 24 and <= 64 ? bytes[..length] : null;
    }

    private static bool IsTime(string text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    /// <summary>The time asks for the summary, and so does the word; the word alone means 08:00.</summary>
    private void CheckSummary(SettingSource from, string text)
    {
        if (text.Length > 0 && !IsTime(text, out _))
        {
            from.Refuse($"ALERT_SUMMARY_AT={text}: allowed is a time of the day, such as 08:00.");
            return;
        }

        if (text.Length > 0 && !Topics.Contains(Summary))
        {
            Topics = [.. Topics, Summary];
        }

        if (Topics.Contains(Summary))
        {
            SummaryAt = IsTime(text, out var time) ? time : new TimeOnly(8, 0);
        }
    }

    private static string Address(SettingSource from, string name) => from.Secret(name, "an address that begins with https:// (or http://, for a target in one's own network)", IsAddress);

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;

    private void Check(SettingSource from, string quiet)
    {
        if (!IsAddress(TelegramUrl))
        {
            from.Refuse($"TELEGRAM_API_URL={TelegramUrl}: allowed is an address that begins with https:// or http://.");
        }

        if ((TelegramToken.Length > 0) != (TelegramChat.Length > 0))
        {
            from.Refuse("TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID belong together: set both, or none. docs/alerts.md says how to find the chat's id.");
        }

        if (WebhookUrl.Length > 0 && WebhookSecret.Length == 0)
        {
            from.Refuse("ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET, by which the receiver knows that an alert is from here. Make one with: echo whsec_$(openssl rand -base64 32)");
        }

        if (quiet.Length == 0)
        {
            return;
        }

        var parts = quiet.Split('-', StringSplitOptions.TrimEntries);
        if (parts.Length == 2 && IsTime(parts[0], out var begins) && IsTime(parts[1], out var ends) && begins != ends)
        {
            Quiet = (begins, ends);
        }
        else
        {
            from.Refuse($"ALERT_QUIET_HOURS={quiet}: allowed is two times of the day, such as 22:00-07:00.");
        }
    }
}
