using System.Security.Cryptography;
using System.Text;

namespace Pilothouse.Operations;

/// <summary>The key of the audit log's hashes, made from JWT_SECRET_KEY: who can write the file cannot make a hash that fits.</summary>
internal sealed class AuditKey
{
    private readonly byte[] key;

    public AuditKey(string secret)
    {
        key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "pilothouse audit log"u8.ToArray());
        Id = Hash("id")[..8];
    }

    /// <summary>Tells keys apart, as the secret may change, and says nothing of the key.</summary>
    public string Id { get; }

    /// <summary>HMAC-SHA256 over the parts, each with its length before it, so that none can move into its neighbour.</summary>
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
