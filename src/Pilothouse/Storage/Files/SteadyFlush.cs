namespace Pilothouse.Storage.Files;

/// <summary>Puts a file that somebody else writes on the disk every few megabytes, for the reason of <see cref="SteadyFile"/>.</summary>
/// <param name="path">The file.</param>
internal sealed class SteadyFlush(string path) : IDisposable
{
    private const int PagesBetween = SteadyFile.Piece / 4096;

    private readonly FileStream file = PlainFile.Write(path, FileAccess.ReadWrite, FileShare.ReadWrite);
    private int unflushed;

    /// <summary>So many pages more were written.</summary>
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

    /// <summary>Begins the file anew; nobody has it open.</summary>
    public void Empty() => file.SetLength(0);

    public void Dispose() => file.Dispose();
}
