namespace Pilothouse.Checklist;

/// <summary>A file system where it is mounted.</summary>
/// <param name="Device">The kernel's number of it, "8:1"; two folders with the same one share a disk or at least its fate.</param>
/// <param name="Point">The folder where it begins.</param>
/// <param name="Type">"ext4", "nfs4", "fuse.sshfs".</param>
internal sealed record Mount(string Device, string Point, string Type);

/// <summary>Which file system holds a path, from the kernel's list (proc(5), mountinfo).</summary>
internal sealed class Mounts
{
    private readonly Mount[] all;

    public Mounts(string mountInfo) => all =
    [
        .. mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' '))
            .Where(static parts => parts.Length > 6 && Array.IndexOf(parts, "-") is var dash and > 0 && dash + 1 < parts.Length)
            .Select(static parts => new Mount(parts[2], Plain(parts[4]), parts[Array.IndexOf(parts, "-") + 1])),
    ];

    public static Mounts Look() => new(File.Exists("/proc/self/mountinfo") ? File.ReadAllText("/proc/self/mountinfo") : "");

    /// <summary>What holds <paramref name="path"/> or, where that does not exist yet, the nearest folder above it that does.</summary>
    public Mount? Of(string path)
    {
        var real = Real(path);

        // Of two on the same folder the later hides the earlier.
        return all.Where(mount => mount.Point == "/" || real == mount.Point || real.StartsWith(mount.Point + "/", StringComparison.Ordinal))
            .Select(static (mount, order) => (mount, order)).OrderByDescending(static found => found.mount.Point.Length).ThenByDescending(static found => found.order)
            .Select(static found => found.mount).FirstOrDefault();
    }

    /// <summary>Without links, each of which may lead to another disk.</summary>
    public static string Real(string path)
    {
        var real = "/";
        var rest = new Stack<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (var links = 0; rest.TryPop(out var part);)
        {
            var next = Path.GetFullPath(Path.Combine(real, part));
            if (links < 40 && new FileInfo(next).LinkTarget is { } target)
            {
                links++;
                foreach (var step in Path.GetFullPath(Path.Combine(real, target)).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(step);
                }

                real = "/";
                continue;
            }

            real = next;
        }

        return real;
    }

    /// <summary>The kernel writes a space as \040.</summary>
    private static string Plain(string point) => point.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal);
}
