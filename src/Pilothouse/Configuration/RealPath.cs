namespace Pilothouse.Configuration;

/// <summary>
/// Resolves the symbolic links of a path. The database creates its files beside the real file, and two links to it are the same database.
/// </summary>
internal static class RealPath
{
    /// <summary>The most links that are followed; Linux has the same limit.</summary>
    private const int MostLinks = 40;

    /// <summary>Returns the real path. A path without links is returned as it was written; the file need not exist.</summary>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var left = MostLinks;
        return Follow(full, ref left) is var real && real != full && left > 0 ? real : path;
    }

    private static string Follow(string full, ref int left)
    {
        var real = Path.GetPathRoot(full)!;
        foreach (var part in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            real = left > 0 && new FileInfo(next).LinkTarget is { } target && --left > 0 ? Follow(Path.GetFullPath(target, real), ref left) : next;
        }

        return real;
    }
}
