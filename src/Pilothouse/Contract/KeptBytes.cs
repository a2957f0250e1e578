namespace Pilothouse.Contract;

/// <summary>An answer that may be given more than once: what it is compressed to is kept with it.</summary>
internal sealed class KeptBytes(byte[] plain)
{
    /// <summary>Two ways, each at most this part of the plain one where it is JSON.</summary>
    private const double PackedPart = 0.5;
    private byte[]? brotli;
    private byte[]? gzip;

    public byte[] Plain => plain;

    /// <summary>How much memory it may come to hold.</summary>
    public int MostBytes => (int)(plain.Length * (1 + PackedPart));

    /// <summary>The bytes in the encoding <c>br</c> or <c>gzip</c>, which <paramref name="pack"/> makes; two who ask at once may both make them.</summary>
    public byte[] Packed(string encoding, Func<byte[], byte[]> pack)
    {
        ref var packed = ref (encoding == "br" ? ref brotli : ref gzip);
        return packed ??= pack(plain);
    }
}
