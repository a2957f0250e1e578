using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>The state of the write-ahead log (https://sqlite.org/walformat.html, section 2).</summary>
/// <param name="LastFrame">The committed frames of the log (mxFrame).</param>
/// <param name="Salt">A value that changes each time the log starts over.</param>
/// <param name="Moved">The frames that a checkpoint has moved into the database and synced (nBackfill).</param>
/// <param name="Attempted">The frames that a checkpoint has begun to move (nBackfillAttempted). It is set before the first page is
/// written.</param>
/// <param name="Checksum">The checksum of the last frame, which covers every frame before it.</param>
internal readonly record struct LogPosition(uint LastFrame, ulong Salt, uint Moved, uint Attempted, ulong Checksum)
{
    /// <summary>Whether a checkpoint may be writing to the database file now.</summary>
    public bool IsMoving => Moved != Attempted;

    /// <summary>Whether both positions have the same frames in the database file, and no checkpoint has begun to move others.</summary>
    public bool IsAsFarAs(LogPosition other) => Salt == other.Salt && Moved == other.Moved && Attempted == other.Attempted;
}

/// <summary>
/// Reads the files of a database through the descriptors and the shared memory of a SQLite connection
/// (https://sqlite.org/c3ref/io_methods.html), so that no lock is lost. Only one thread may use it at a time, like the connection.
/// </summary>
internal sealed unsafe partial class SqliteFile
{
    private const int FilePointer = 7;
    private const int JournalPointer = 28;
    private const int ReadMethod = 2;
    private const int MapMethod = 13;
    private const int RegionSize = 32 * 1024;
    private const int FrameHeader = 24;
    private const int LogHeader = 32;
    private readonly sqlite3 connection;

    /// <param name="connection">A connection in WAL mode that has read from the database, so that it has the log open.</param>
    public SqliteFile(SqliteConnection connection) => this.connection = connection.Handle;

    /// <summary>Reads the first bytes of the database file.</summary>
    /// <returns>False if there are fewer bytes, or they cannot be read.</returns>
    public bool TryReadHead(Span<byte> head) => TryRead(Pointer(FilePointer), head, 0);

    /// <summary>Returns the state of the log that all connections share; null if it cannot be determined.</summary>
    public LogPosition? Position()
    {
        // A writer may be changing the header. There are two copies of it, and it is valid if both are equal.
        Span<byte> region = stackalloc byte[136];
        for (var tries = 0; tries < 100; tries++)
        {
            if (!TryReadShared(region))
            {
                return null;
            }

            if (region[..48].SequenceEqual(region.Slice(48, 48)))
            {
                return new(Number(region, 16), BitConverter.ToUInt64(region[32..]), Number(region, 96), Number(region, 128), BitConverter.ToUInt64(region[24..]));
            }

            Thread.SpinWait(50);
        }

        return null;
    }

    /// <summary>
    /// Whether the last frame in the log file is that of <paramref name="position"/>. Then every frame before it is complete too.
    /// </summary>
    public bool LogReachesTo(LogPosition position, int pageSize)
    {
        if (position.LastFrame == 0)
        {
            return true;
        }

        Span<byte> frame = stackalloc byte[FrameHeader];
        return TryRead(Pointer(JournalPointer), frame, LogHeader + ((long)(position.LastFrame - 1) * (FrameHeader + pageSize)))
            && BitConverter.ToUInt64(frame[8..]) == position.Salt
            && BinaryPrimitives.ReadUInt32BigEndian(frame[16..]) == (uint)position.Checksum
            && BinaryPrimitives.ReadUInt32BigEndian(frame[20..]) == (uint)(position.Checksum >> 32);
    }

    private static uint Number(ReadOnlySpan<byte> region, int at) => BitConverter.ToUInt32(region[at..]);

    private bool TryReadShared(Span<byte> into)
    {
        var file = (void***)Pointer(FilePointer);
        if (file is null || *file is null || *(int*)*file < 2)
        {
            return false;
        }

        void* region = null;
        var map = (delegate* unmanaged[Cdecl]<void*, int, int, int, void**, int>)(*file)[MapMethod];
        if (map(file, 0, RegionSize, 0, &region) != raw.SQLITE_OK || region is null)
        {
            return false;
        }

        Thread.MemoryBarrier();
        new ReadOnlySpan<byte>(region, into.Length).CopyTo(into);
        return true;
    }

    private static bool TryRead(void* pointer, Span<byte> into, long offset)
    {
        var file = (void***)pointer;
        if (file is null || *file is null)
        {
            return false;
        }

        var read = (delegate* unmanaged[Cdecl]<void*, void*, int, long, int>)(*file)[ReadMethod];
        fixed (byte* bytes = into)
        {
            return read(file, bytes, into.Length, offset) == raw.SQLITE_OK;
        }
    }

    private void* Pointer(int which)
    {
        void* pointer = null;
        var name = "main\0"u8;
        fixed (byte* database = name)
        {
            return FileControl(connection, database, which, &pointer) == raw.SQLITE_OK ? pointer : null;
        }
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    private static partial int FileControl(sqlite3 connection, byte* database, int operation, void* argument);
}
