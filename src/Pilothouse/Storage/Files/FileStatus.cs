using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>The status of a file from the kernel (statx(2), which is the same on every architecture of Linux).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly partial struct FileStatus
{
    private const int InWorkingFolder = -100;

    /// <summary>Type, links, owner, group, time of change, inode and size.</summary>
    private const uint Wanted = 0x1 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100 | 0x200;

    [FieldOffset(16)]
    private readonly uint links;

    [FieldOffset(20)]
    private readonly uint user;

    [FieldOffset(24)]
    private readonly uint group;

    [FieldOffset(28)]
    private readonly ushort mode;

    [FieldOffset(32)]
    private readonly ulong inode;

    [FieldOffset(40)]
    private readonly long size;

    [FieldOffset(112)]
    private readonly long changedSeconds;

    [FieldOffset(120)]
    private readonly uint changedNanoseconds;

    [FieldOffset(136)]
    private readonly ulong device;

    /// <summary>Whether it is an ordinary file and not a folder, device, pipe or socket.</summary>
    public bool IsFile => (mode & 0xF000) == 0x8000;

    public uint User => user;

    public uint Group => group;

    /// <summary>
    /// The number of names (hard links) of the file. It is 0 after the file was removed, even while a program has it open.
    /// </summary>
    public uint Links => links;

    /// <summary>The size in bytes.</summary>
    public long Size => size;

    /// <summary>Identifies the file: two names with the same identity lead to the same file.</summary>
    public (ulong Device, ulong Inode) Identity => (device, inode);

    /// <summary>The size and the time of the last change of the content. If it differs later, a program has written to the file.</summary>
    public (long Size, long Seconds, uint Nanoseconds) Content => (size, changedSeconds, changedNanoseconds);

    /// <returns>Null if the file does not exist, if this user may not see it, and on systems other than Linux.</returns>
    public static FileStatus? Of(string path) =>
        OperatingSystem.IsLinux() && Statx(InWorkingFolder, path, 0, Wanted, out var status) == 0 ? status : null;

    /// <summary>Returns the status of a file that this process has open, even if it no longer has a name.</summary>
    public static FileStatus? OfOpen((ulong Device, ulong Inode) identity) =>
        Directory.EnumerateFiles("/proc/self/fd").Select(Of).FirstOrDefault(status => status?.Identity == identity);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out FileStatus status);
}
