namespace Pilothouse.Checklist;

/// <summary>A mounted file system.</summary>
/// <param name="Device">The kernel's device number, such as "8:1". Two folders with the same number are on the same file system.</param>
/// <param name="Point">The folder where it is mounted.</param>
/// <param name="Type">Its type, such as "ext4", "nfs4" or "fuse.sshfs".</param>
internal sealed record Mount(string Device, string Point, string Type);

/// <summary>Finds the file system that holds a path, in the kernel's list (proc(5), mountinfo).</summary>
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

    /// <summary>Returns the file system that holds <paramref name="path"/>, or the nearest existing folder above it.</summary>
    public Mount? Of(string path)
    {
        var real = Real(path);

        // Of two file systems on the same folder, the one that was mounted later hides the other.
        return all.Where(mount => mount.Point == "/" || real == mount.Point || real.StartsWith(mount.Point + "/", StringComparison.Ordinal))
            .Select(static (mount, order) => (mount, order)).OrderByDescending(static found => found.mount.Point.Length).ThenByDescending(static found => found.order)
            .Select(static found => found.mount).FirstOrDefault();
    }

    /// <summary>Returns the path with all symbolic links resolved, as each may lead to another disk.</summary>
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

    /// <summary>Decodes a mount point: the kernel writes a space as \040.</summary>
    private static string Plain(string point) => point.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal);
}
