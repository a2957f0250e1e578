using System.Security.Cryptography;
using System.Text;

namespace Pilothouse.Operations;

/// <summary>
/// The key of the hashes in the audit log, derived from JWT_SECRET_KEY. A program that can write to the file but does not know the secret
/// cannot make a valid hash.
/// </summary>
internal sealed class AuditKey
{
    private readonly byte[] key;

    public AuditKey(string secret)
    {
        key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "pilothouse audit log"u8.ToArray());
        Id = Hash("id")[..8];
    }

    /// <summary>Identifies the key without revealing it, because the secret may change over time.</summary>
    public string Id { get; }

    /// <summary>
    /// Returns the HMAC-SHA256 over the parts. The length of each part is hashed before it, so that text cannot move from one part to the
    /// next.
    /// </summary>
    public string Hash(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var part in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part is null ? "-" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{part.Length}:{part}")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
