namespace Pilothouse.Tests.Fixtures;

/// <summary>A folder that is removed at the end of its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pilothouse-test-").FullName;

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
