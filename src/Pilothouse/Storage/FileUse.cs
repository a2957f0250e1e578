namespace Pilothouse.Storage;

/// <summary>How a file's pages are used, in bytes.</summary>
internal readonly record struct FileUse(long Bytes, long FreeBytes)
{
    public long UsedBytes => Bytes - FreeBytes;
}
