using System.Buffers;
using System.Security.Cryptography;

namespace Pilothouse.Storage.Move;

/// <summary>The checksum of a table: SHA-256 over the canonical text of every value of every row, in the order of the key.</summary>
internal sealed class TableDigest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> buffer = new(4096);

    /// <summary>How many rows were added.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(MovedTable table, ReadOnlySpan<MovedValue> row)
    {
        hash.AppendData(TextOf(table, row, buffer));
        Rows++;
    }

    /// <summary>Returns the checksum in hexadecimal digits.</summary>
    public string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <summary>Returns the canonical text of a row.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="row">Its values.</param>
    /// <param name="buffer">Holds the text until it is used again.</param>
    public static ReadOnlySpan<byte> TextOf(MovedTable table, ReadOnlySpan<MovedValue> row, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        for (var at = 0; at < row.Length; at++)
        {
            row[at].AppendTo(buffer, table.Columns[at].Kind);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    public void Dispose() => hash.Dispose();
}
