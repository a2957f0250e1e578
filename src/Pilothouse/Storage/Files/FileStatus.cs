using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Files;

/// <summary>What the kernel says of a file (statx(2), the same on every architecture of Linux).</summary>
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

    /// <summary>An ordinary file: no folder, device, pipe or socket.</summary>
    public bool IsFile => (mode & 0xF000) == 0x8000;

    public uint User => user;

    public uint Group => group;

    /// <summary>How many names lead to it; 0 once it is removed, although a program may still have it open.</summary>
    public uint Links => links;

    /// <summary>Bytes.</summary>
    public long Size => size;

    /// <summary>Two names with the same one lead to the same file.</summary>
    public (ulong Device, ulong Inode) Identity => (device, inode);

    /// <summary>Its size and when its content was changed the last time: another value means that somebody wrote to it.</summary>
    public (long Size, long Seconds, uint Nanoseconds) Content => (size, changedSeconds, changedNanoseconds);

    /// <returns>Null where there is no such file, or this user may not look; and on another system than Linux.</returns>
    public static FileStatus? Of(string path) =>
        OperatingSystem.IsLinux() && Statx(InWorkingFolder, path, 0, Wanted, out var status) == 0 ? status : null;

    /// <summary>The same of a file that this process has open, also where no name leads to it any more.</summary>
    public static FileStatus? OfOpen((ulong Device, ulong Inode) identity) =>
        Directory.EnumerateFiles("/proc/self/fd").Select(Of).FirstOrDefault(status => status?.Identity == identity);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out FileStatus status);
}
