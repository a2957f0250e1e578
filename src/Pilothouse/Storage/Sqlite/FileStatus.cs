using System.Runtime.InteropServices;

namespace Pilothouse.Storage.Sqlite;

/// <summary>What the kernel says of a file (statx(2), the same on every architecture of Linux).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly partial struct FileStatus
{
    private const int InWorkingFolder = -100;
    private const uint UserGroupAndInode = 0x118;

    [FieldOffset(20)]
    private readonly uint user;

    [FieldOffset(24)]
    private readonly uint group;

    [FieldOffset(32)]
    private readonly ulong inode;

    [FieldOffset(136)]
    private readonly ulong device;

    public uint User => user;

    public uint Group => group;

    /// <summary>Two names with the same one lead to the same file.</summary>
    public (ulong Device, ulong Inode) Identity => (device, inode);

    /// <returns>Null where there is no such file, or this user may not look; and on another system than Linux.</returns>
    public static FileStatus? Of(string path) =>
        OperatingSystem.IsLinux() && Statx(InWorkingFolder, path, 0, UserGroupAndInode, out var status) == 0 ? status : null;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out FileStatus status);
}
