using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace Pilothouse.Dashboard;

/// <summary>
/// The files of the page, as the build packed them into the program: text compressed with Brotli, fonts as they are. A program that was
/// built without Node has none.
/// </summary>
internal sealed class DashboardFiles
{
    private const string Folder = "dashboard/";
    private const string Packed = ".br";
    private readonly Assembly assembly;
    private readonly Dictionary<string, string> resources;

    /// <summary>Finds the files in an assembly; their content is read when it is asked for.</summary>
    public DashboardFiles(Assembly assembly)
    {
        this.assembly = assembly;
        resources = assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToDictionary(static name => (name.EndsWith(Packed, StringComparison.Ordinal) ? name[..^Packed.Length] : name)[Folder.Length..].Replace('\\', '/'), StringComparer.Ordinal);
    }

    /// <summary>Whether the program was built with the page.</summary>
    public bool HasPage => resources.ContainsKey("index.html");

    /// <summary>The page itself, in UTF-8; the addresses of its files begin with the place that <see cref="DashboardPage"/> fills in.</summary>
    public string Index()
    {
        using var reader = new StreamReader(Open("index.html")!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Returns the file as it is kept and whether that is compressed; null if the page has no such file.</summary>
    public (Stream Content, bool IsPacked)? Find(string name) =>
        resources.TryGetValue(name, out var resource) ? (Open(name)!, resource.EndsWith(Packed, StringComparison.Ordinal)) : null;

    /// <summary>Returns the file unpacked, for a client that does not take Brotli.</summary>
    public static async Task<byte[]> UnpackAsync(Stream packed, CancellationToken cancel)
    {
        await using var plain = new BrotliStream(packed, CompressionMode.Decompress);
        using var all = new MemoryStream();
        await plain.CopyToAsync(all, cancel);
        return all.ToArray();
    }

    private Stream? Open(string name) => resources.TryGetValue(name, out var resource) ? assembly.GetManifestResourceStream(resource) : null;
}
