namespace Pilothouse.Storage.Files;

/// <summary>Syncs a file that other code writes to the disk every few megabytes, for the same reason as <see cref="SteadyFile"/>.</summary>
/// <param name="path">The file.</param>
internal sealed class SteadyFlush(string path) : IDisposable
{
    private const int PagesBetween = SteadyFile.Piece / 4096;

    private readonly FileStream file = PlainFile.Write(path, FileAccess.ReadWrite, FileShare.ReadWrite);
    private int unflushed;

    /// <summary>Counts pages that were written.</summary>
    public void Note(int pages)
    {
        if ((unflushed += pages) >= PagesBetween)
        {
            Now();
        }
    }

    public void Now()
    {
        file.Flush(flushToDisk: true);
        unflushed = 0;
    }

    /// <summary>Truncates the file to 0 bytes. No other code may have it open.</summary>
    public void Empty() => file.SetLength(0);

    public void Dispose() => file.Dispose();
}
