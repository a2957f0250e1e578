using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>
/// The secrets of webhooks: <c>wh_</c> and 32 random bytes in base62, of which the database has only the HMAC, and the seals over what a
/// webhook allows. Both are made with a key that is derived from JWT_SECRET_KEY, as those of API keys are.
/// </summary>
internal sealed class WebhookSecrets(Settings settings)
{
    private readonly KeyedHash hmac = new(settings.JwtSecret, "pilothouse webhooks");

    /// <summary>Makes a secret. It is not stored, so it cannot be shown again.</summary>
    public static string Make() => ApiKeys.NewSecret(SecretText.OfWebhook);

    public string Hash(string secret) => hmac.Hex(Encoding.UTF8.GetBytes(secret));

    /// <summary>Returns the webhook with the seal over what it allows.</summary>
    public Webhook Sealed(Webhook hook) => hook with { Seal = SealOf(hook) };

    /// <summary>
    /// Whether the secret is that of the webhook, and nobody but this server has written what the webhook allows. It takes as long where
    /// there is no such webhook.
    /// </summary>
    public bool Opens(Webhook? hook, string? secret)
    {
        var hash = Hash(secret ?? "");
        return IsSame(hash, hook?.SecretHash ?? hash[1..] + "-") && secret is not null && hook is not null && IsGenuine(hook);
    }

    /// <summary>Whether nobody but this server has written what the webhook allows.</summary>
    public bool IsGenuine(Webhook hook) => IsSame(hook.Seal, SealOf(hook));

    /// <summary>Throws a refusal unless the webhook is still as it was when its message came.</summary>
    public static async ValueTask DemandSameAsync(Session session, Webhook hook)
    {
        if (await WebhookStore.FindAsync(session, hook.Id) != hook)
        {
            throw Unknown();
        }
    }

    /// <summary>The refusal of a message to a webhook that does not exist, and of one without its secret.</summary>
    public static Refusal Unknown() => new(404, ErrorCodes.UnknownWebhook, "Webhook not found",
        "There is no such webhook, it was revoked, or the message has another secret. GET /api/webhooks lists them; the secret was shown when the webhook was made.");

    /// <summary>The terms of a webhook; none if another program stored what is none. The seal of such a webhook is wrong, so it takes no message.</summary>
    public static StoredTerms TermsOf(Webhook hook)
    {
        try
        {
            return JsonSerializer.Deserialize(hook.Terms, WebhookJson.Default.StoredTerms) ?? new();
        }
        catch (JsonException)
        {
            return new();
        }
    }

    private string SealOf(Webhook hook) =>
        hmac.Hex(Encoding.UTF8.GetBytes($"{hook.SecretHash}\n{hook.Kind}\n{hook.Name}\n{hook.BotName}\n{hook.Terms}"));

    private static bool IsSame(string one, string other) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));
}
