using System.Globalization;
using System.Security.Cryptography;

namespace Pilothouse.Import;

/// <summary>One row of a source, as it is to be stored.</summary>
/// <param name="Table">The table of the record.</param>
/// <param name="Key">What tells it from the other rows of the source and the table, also in the next run.</param>
/// <param name="Name">What people call it, such as <c>trade 12</c> or <c>line 3</c>.</param>
/// <param name="Body">The record in JSON, as a client would post it.</param>
internal sealed record ImportedRow(string Table, string Key, string Name, byte[] Body)
{
    /// <summary>The entries and exits of a trade in JSON, in the order of time.</summary>
    public IReadOnlyList<byte[]> Fills { get; init; } = [];

    /// <summary>The first stop of a trade, where it is not the one in the body.</summary>
    public decimal? FirstStop { get; init; }

    /// <summary>The key of the signal of the same source that a trade follows.</summary>
    public string? SignalKey { get; init; }

    /// <summary>What the source says of it, as a hash: another one means that the row has changed.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Body);
        foreach (var fill in Fills)
        {
            hash.AppendData("\n"u8);
            hash.AppendData(fill);
        }

        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(FirstStop?.ToString(CultureInfo.InvariantCulture) ?? ""));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
}

/// <summary>A row of a source that is not stored.</summary>
/// <param name="Table">The table into which it would have gone.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Reason">Why, as a sentence without its full stop, the same for all rows of its kind.</param>
internal sealed record LeftOutRow(string Table, string Name, string Reason);

/// <summary>Some rows of a source.</summary>
internal sealed record ImportPage(IReadOnlyList<ImportedRow> Rows, IReadOnlyList<LeftOutRow> LeftOut);

/// <summary>Where records are imported from: another program's database, or a file.</summary>
internal abstract class ImportSource : IDisposable
{
    /// <summary>What kind of source it is: freqtrade, csv or flask.</summary>
    public abstract string Kind { get; }

    /// <summary>The source by which its rows are known again, such as <c>freqtrade:mybot</c>.</summary>
    public abstract string Name { get; }

    public abstract string Path { get; }

    /// <summary>The part that has been read, from 0 to 1.</summary>
    public abstract double Part { get; }

    /// <summary>What was understood of it, in sentences.</summary>
    public abstract IEnumerable<string> Understood { get; }

    /// <summary>What its rows had that an owner should know; complete when all are read.</summary>
    public abstract IEnumerable<string> Notes { get; }

    /// <summary>Reads the next rows; null if there are no more.</summary>
    /// <exception cref="ImportRefusedException">The file cannot be read on.</exception>
    public abstract ValueTask<ImportPage?> NextAsync();

    public abstract void Dispose();
}
