namespace Pilothouse.Storage.Files;

/// <summary>
/// Writes a large file and syncs it to the disk every few megabytes. Syncing hundreds of megabytes at once would hold up the syncs of
/// database commits.
/// </summary>
internal sealed class SteadyFile(string path) : FileStream(PlainFile.Checked(path), FileMode.Open, FileAccess.Write)
{
    /// <summary>The bytes written between two syncs.</summary>
    public const int Piece = 4 << 20;

    private int unflushed;

    /// <summary>All writes arrive here: FileStream forwards spans to the overridden method of a derived class.</summary>
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
