namespace Pilothouse.Storage.Files;

/// <summary>
/// Writes a large file and flushes it to the disk every few megabytes. Flushed all at once, hundreds of megabytes would hold up the flushes of
/// those who write to the database meanwhile.
/// </summary>
internal sealed class SteadyFile(string path) : FileStream(PlainFile.Checked(path), FileMode.Open, FileAccess.Write)
{
    /// <summary>How much is written between two flushes.</summary>
    public const int Piece = 4 << 20;

    private int unflushed;

    /// <summary>Every write comes here: FileStream hands spans on to what a derived class has overridden.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        base.Write(buffer, offset, count);
        if ((unflushed += count) >= Piece)
        {
            Flush(flushToDisk: true);
            unflushed = 0;
        }
    }
}
