namespace Pilothouse.Tests.Fixtures;

/// <summary>A folder that is removed at the end of its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>As much must be free in memory for what is made and removed there.</summary>
    private const long Enough = 4L << 30;

    public string Path { get; }

    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("pilothouse-test-").FullName;

    private TemporaryFolder(string path) => Path = path;

    /// <summary>
    /// Makes a folder in memory where there is enough of it, and else on the disk. Making and removing a database of PostgreSQL is making and
    /// removing a thousand files.
    /// </summary>
    public static TemporaryFolder InMemory()
    {
        const string memory = "/dev/shm";
        return Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace > Enough
            ? new(Directory.CreateDirectory(System.IO.Path.Combine(memory, $"pilothouse-test-{Guid.NewGuid():N}")).FullName) : new();
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A log line was written at the last moment. The system clears its temporary folder later.
        }
    }
}

/// <summary>Finds the folder of the repository, for tests that read its files.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Pilothouse.slnx")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests must run from inside the repository.");
        }

        return folder.FullName;
    }
}
