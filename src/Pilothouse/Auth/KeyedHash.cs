using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Pilothouse.Auth;

/// <summary>
/// The HMAC-SHA256 under a key that is derived (HKDF) from JWT_SECRET_KEY for one purpose. Each HMAC object of the library is used again,
/// because making one costs more than hashing a record.
/// </summary>
/// <param name="secret">JWT_SECRET_KEY.</param>
/// <param name="purpose">What it is for. Another purpose has other hashes.</param>
internal sealed class KeyedHash(string secret, string purpose)
{
    private readonly byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: Encoding.UTF8.GetBytes(purpose));
    private readonly ConcurrentBag<IncrementalHash> unused = [];

    /// <summary>Returns the hash of the bytes in hexadecimal digits.</summary>
    public string Hex(ReadOnlySpan<byte> bytes)
    {
        if (!unused.TryTake(out var hmac))
        {
            hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        hmac.AppendData(bytes);
        hmac.GetHashAndReset(hash);
        unused.Add(hmac);
        return Convert.ToHexStringLower(hash);
    }
}
