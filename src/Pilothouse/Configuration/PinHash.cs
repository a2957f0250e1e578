using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pilothouse.Configuration;

/// <summary>
/// The PIN as a slow salted hash: PBKDF2-HMAC-SHA256 with 600,000 iterations (OWASP's recommendation of 2023), written as
/// <c>$pbkdf2-sha256$600000$salt$hash</c> in base64. It is computed in the background, so that the start does not wait for it.
/// </summary>
internal sealed class PinHash
{
    private const int Rounds = 600_000;
    private const string Scheme = "$pbkdf2-sha256$";
    private readonly Task<string> hash;

    /// <param name="setting">BOT_CONTROL_PIN: six digits, or their hash.</param>
    public PinHash(string setting)
    {
        hash = IsHash(setting) ? Task.FromResult(setting) : Task.Run(() => Make(setting));
    }

    public static bool IsPin(string text) => text.Length == 6 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    public static bool IsHash(string text)
    {
        var parts = text.Split('$');
        return text.StartsWith(Scheme, StringComparison.Ordinal) && parts.Length == 5
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds is >= 100_000 and <= 10_000_000
            && Base64(parts[3]) is { Length: >= 8 } && Base64(parts[4]) is { Length: 32 };
    }

    public static string Make(string pin)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(pin, salt, Rounds))}");
    }

    /// <summary>Returns whether this is the PIN. It takes the same time for every PIN.</summary>
    public async Task<bool> MatchesAsync(string pin)
    {
        var parts = (await hash).Split('$');
        var rounds = int.Parse(parts[2], CultureInfo.InvariantCulture);
        var derived = await Task.Run(() => Derive(pin, Base64(parts[3])!, rounds));
        return CryptographicOperations.FixedTimeEquals(derived, Base64(parts[4])!);
    }

    private static byte[] Derive(string pin, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(pin), salt, rounds, HashAlgorithmName.SHA256, 32);

    private static byte[]? Base64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }
}
