namespace Pilothouse.Contract;

/// <summary>An answer that may be given more than once. Its compressed forms are kept with it.</summary>
internal sealed class KeptBytes(byte[] plain)
{
    /// <summary>An estimate of the compressed sizes: both encodings together take at most this part of the plain JSON.</summary>
    private const double PackedPart = 0.5;
    private byte[]? brotli;
    private byte[]? gzip;

    public byte[] Plain => plain;

    /// <summary>The most memory that it may take, in bytes, with its compressed forms.</summary>
    public int MostBytes => (int)(plain.Length * (1 + PackedPart));

    /// <summary>
    /// Returns the bytes in the encoding <c>br</c> or <c>gzip</c>, compressed by <paramref name="pack"/> on first use. Two requests at the
    /// same time may both compress them.
    /// </summary>
    public byte[] Packed(string encoding, Func<byte[], byte[]> pack)
    {
        ref var packed = ref (encoding == "br" ? ref brotli : ref gzip);
        return packed ??= pack(plain);
    }
}
