using System.Buffers;
using System.Globalization;
using System.Text;
using Pilothouse.Auth;

namespace Pilothouse.Operations;

/// <summary>
/// The key of the hashes in the audit log, derived from JWT_SECRET_KEY. A program that can write to the file but does not know the secret
/// cannot make a valid hash.
/// </summary>
internal sealed class AuditKey
{
    /// <summary>The most bytes of a length and the colon behind it.</summary>
    private const int LongestPrefix = 11;

    private readonly KeyedHash hash;

    public AuditKey(string secret)
    {
        hash = new(secret, "pilothouse audit log");
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
        var longest = 0;
        foreach (var part in parts)
        {
            longest += LongestPrefix + Encoding.UTF8.GetMaxByteCount(part?.Length ?? 0);
        }

        // One call with all bytes is much cheaper than one for each part.
        var bytes = ArrayPool<byte>.Shared.Rent(longest);
        try
        {
            var length = 0;
            foreach (var part in parts)
            {
                length += Write(part, bytes.AsSpan(length));
            }

            return hash.Hex(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int Write(string? part, Span<byte> bytes)
    {
        if (part is null)
        {
            bytes[0] = (byte)'-';
            return 1;
        }

        part.Length.TryFormat(bytes, out var digits, provider: CultureInfo.InvariantCulture);
        bytes[digits] = (byte)':';
        return digits + 1 + Encoding.UTF8.GetBytes(part, bytes[(digits + 1)..]);
    }
}
