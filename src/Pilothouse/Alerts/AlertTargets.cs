using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pilothouse.Configuration;
using Pilothouse.Contract;

namespace Pilothouse.Alerts;

/// <summary>A place that takes alerts.</summary>
/// <param name="Name">telegram, slack, discord, webhook, or email: and an address.</param>
internal abstract record AlertTarget(string Name)
{
    /// <summary>The name without an address, for those who need not know it.</summary>
    public string Kind => Name.Split(':')[0];
}

/// <summary>A place that takes alerts as requests.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Make">Makes the request that carries an alert.</param>
internal sealed record HttpTarget(string Name, Func<Alert, DateTimeOffset, HttpRequestMessage> Make) : AlertTarget(Name);

/// <summary>A person who gets alerts by mail. Each is a target of its own, so that an address that is refused keeps no other from its mail.</summary>
internal sealed record MailTarget(string Address) : AlertTarget($"email:{Address}");

/// <summary>The targets that the settings name. Their addresses and tokens are secrets: nothing of them is ever logged or answered.</summary>
internal sealed class AlertTargets
{
    private readonly AlertSettings settings;

    public AlertTargets(AlertSettings settings)
    {
        this.settings = settings;
        var all = new List<AlertTarget>(settings.Mail.Addresses.Select(static address => new MailTarget(address)));
        if (settings.TelegramToken.Length > 0)
        {
            all.Add(new HttpTarget("telegram", (alert, _) => Post($"{settings.TelegramUrl.TrimEnd('/')}/bot{settings.TelegramToken}/sendMessage", json =>
            {
                json.WriteString("chat_id", settings.TelegramChat);
                json.WriteString("text", TextOf(alert));
            })));
        }

        if (settings.SlackUrl.Length > 0)
        {
            all.Add(new HttpTarget("slack", (alert, _) => Post(settings.SlackUrl, json => json.WriteString("text", ForSlack(TextOf(alert))))));
        }

        if (settings.DiscordUrl.Length > 0)
        {
            all.Add(new HttpTarget("discord", (alert, _) => Post(settings.DiscordUrl, json =>
            {
                json.WriteString("content", TextOf(alert));

                // A name such as @everyone wakes nobody.
                json.WriteStartObject("allowed_mentions");
                json.WriteStartArray("parse");
                json.WriteEndArray();
                json.WriteEndObject();
            })));
        }

        if (settings.WebhookUrl.Length > 0)
        {
            all.Add(new HttpTarget("webhook", Signed));
        }

        All = all;
    }

    public IReadOnlyList<AlertTarget> All { get; }

    /// <summary>Returns a text without the secrets of the targets, should one be in it.</summary>
    public string Without(string text) => new[] { settings.TelegramToken, settings.SlackUrl, settings.DiscordUrl, settings.WebhookUrl, settings.WebhookSecret, settings.Mail.Password }
        .Where(static secret => secret.Length > 0).Aggregate(text, static (said, secret) => said.Replace(secret, "***", StringComparison.Ordinal));

    /// <summary>The beginning of the alert in one line, such as the subject of a mail.</summary>
    public static string TitleOf(Alert alert)
    {
        const int most = 120;
        var line = TextOf(alert).Split('\n')[0];
        return line.Length <= most ? line : line[..most] + "...";
    }

    /// <summary>The alert as a person reads it.</summary>
    public static string TextOf(Alert alert)
    {
        var head = alert.Resolved == 1 ? "Resolved: " : "";
        var lines = alert.Text!.Split('\n');
        if (alert.Count is not { } count || count == 1)
        {
            return $"Pilothouse. {head}{alert.Text}";
        }

        var more = count - lines.Length;
        return string.Create(CultureInfo.InvariantCulture, $"Pilothouse. {head}{count} times {alert.Event}:\n{alert.Text}{(more > 0 ? $"\nand {more} more" : "")}");
    }

    /// <summary>
    /// Returns a request in the manner of Standard Webhooks: an id that stays the same when it is sent again, the time, and the HMAC-SHA256 of
    /// id, time and body (https://github.com/standard-webhooks/standard-webhooks).
    /// </summary>
    private HttpRequestMessage Signed(Alert alert, DateTimeOffset now)
    {
        var body = JsonOf(json =>
        {
            json.WriteString("type", alert.Event);
            json.WriteString("timestamp", Iso(alert.At ?? now));
            json.WriteStartObject("data");
            json.WriteNumber("alert_id", alert.Id);
            json.WriteString("topic", alert.Topic);
            json.WriteString("text", alert.Text);
            json.WriteString("bot_name", alert.BotName);
            json.WriteBoolean("resolved", alert.Resolved == 1);
            json.WriteNumber("count", alert.Count ?? 1);
            json.WriteEndObject();
        });
        // A test is no stored alert. Each has an id of its own, since a receiver leaves out what it knows.
        var (kind, number) = alert.Id > 0 ? ("alert", alert.Id) : ("test", now.ToUnixTimeMilliseconds());
        var (id, time) = (string.Create(CultureInfo.InvariantCulture, $"{kind}_{number}"), now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        var signature = Convert.ToBase64String(HMACSHA256.HashData(AlertSettings.KeyOf(settings.WebhookSecret)!, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{time}."), .. body]));
        var request = Post(settings.WebhookUrl, body);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", time);
        request.Headers.Add("webhook-signature", $"v1,{signature}");
        return request;
    }

    /// <summary>Slack reads three characters as markup: https://api.slack.com/reference/surfaces/formatting#escaping.</summary>
    private static string ForSlack(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static HttpRequestMessage Post(string url, Action<Utf8JsonWriter> write) => Post(url, JsonOf(write));

    private static HttpRequestMessage Post(string url, byte[] body) => new(HttpMethod.Post, url)
    {
        Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } },
        Headers = { { "User-Agent", $"Pilothouse/{ThisVersion.Text}" } },
    };

    private static byte[] JsonOf(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
