using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Pilothouse.Storage.Sqlite;

/// <summary>Where a write-ahead log is: https://sqlite.org/walformat.html, section 2.</summary>
/// <param name="LastFrame">Frames of the log that are committed (mxFrame).</param>
/// <param name="Salt">Another value after each new beginning of the log.</param>
/// <param name="Moved">Frames that a checkpoint has moved into the database and flushed (nBackfill).</param>
/// <param name="Attempted">Frames that a checkpoint has begun to move (nBackfillAttempted); stored before the first page is written.</param>
/// <param name="Checksum">Checksum of the last frame, which covers every frame before it.</param>
internal readonly record struct LogPosition(uint LastFrame, ulong Salt, uint Moved, uint Attempted, ulong Checksum)
{
    /// <summary>Whether a checkpoint may be writing into the database now.</summary>
    public bool IsMoving => Moved != Attempted;

    /// <summary>Whether the same frames are in the database, and none is about to be.</summary>
    public bool IsAsFarAs(LogPosition other) => Salt == other.Salt && Moved == other.Moved && Attempted == other.Attempted;
}

/// <summary>
/// Looks at the files of a database through the descriptors and the shared memory of one of SQLite's connections
/// (https://sqlite.org/c3ref/io_methods.html), so that no lock is lost by it. It belongs to one thread at a time, as the connection does.
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

    /// <param name="connection">Has read from the database, which is in WAL mode, so that it has the log open.</param>
    public SqliteFile(SqliteConnection connection) => this.connection = connection.Handle;

    /// <summary>Reads the first bytes of the database file.</summary>
    /// <returns>False where there are fewer, or they cannot be read.</returns>
    public bool TryReadHead(Span<byte> head) => TryRead(Pointer(FilePointer), head, 0);

    /// <summary>Where the log is, as all its users see it; null where that cannot be told.</summary>
    public LogPosition? Position()
    {
        // A writer may be at it: the header is there twice, and counts when both are the same.
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

    /// <summary>Whether the last frame in the log file is the one that <paramref name="position"/> names, so that every frame before it is whole too.</summary>
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
