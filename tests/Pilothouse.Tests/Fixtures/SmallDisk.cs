using System.Globalization;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// A disk of a few megabytes (tmpfs) that a test can fill. Only root may mount it; for other users the tests are skipped.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TemporaryFolder folder;

    private SmallDisk(TemporaryFolder folder) => this.folder = folder;

    public string Path => folder.Path;

    public TemporaryFolder Folder => folder;

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(new TemporaryFolder());
        var (code, _, error) = await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes.ToString(CultureInfo.InvariantCulture)}m", "none", disk.Path]);
        if (code != 0)
        {
            disk.folder.Dispose();
            Assert.Skip($"no small disk can be mounted here: {error.Trim()}");
        }

        return disk;
    }

    /// <summary>Fills the disk except for <paramref name="leave"/> bytes.</summary>
    public void Fill(long leave = 0)
    {
        Free();
        var left = new DriveInfo(Path).AvailableFreeSpace - leave;
        using var file = File.Create(FillerPath);
        try
        {
            var block = new byte[4096];
            for (; left > 0; left -= block.Length)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // The disk is full, as intended.
        }
    }

    /// <summary>Frees the space that <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(FillerPath);

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync("umount", ["--lazy", Path]);
        folder.Dispose();
    }

    private string FillerPath => System.IO.Path.Combine(Path, "filler");
}
