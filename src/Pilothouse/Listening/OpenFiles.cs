using System.Globalization;
using System.Net.Sockets;

namespace Pilothouse.Listening;

/// <summary>
/// How many files and connections this process may have open (<c>ulimit -n</c>). Each connection is one file, and the database, logs and
/// backups need some too; connections get the rest. It also logs that the limit was reached, at most once in ten minutes.
/// </summary>
internal sealed partial class OpenFiles(TimeProvider clock, ILogger<OpenFiles> logger)
{
    /// <summary>Files that are kept free for a backup, a cleanup, a check of the disk, and the log of a new day.</summary>
    private const int Spare = 64;

    /// <summary>The fewest connections, however low the limit: with fewer, nobody could connect to find out what is wrong.</summary>
    private const int LeastConnections = 8;
    private static readonly TimeSpan SayEvery = TimeSpan.FromMinutes(10);

    /// <summary>The limit is read at the start: once it is reached, the file that tells it cannot be opened.</summary>
    private readonly long? limit = Limit();
    private readonly Lock measuring = new();
    private int connections;
    private long saidAt;

    /// <summary>How many connections may be open at a time. It is measured once, before the first connection is accepted.</summary>
    public int Connections
    {
        get
        {
            if (Volatile.Read(ref connections) is var known and > 0)
            {
                return known;
            }

            lock (measuring)
            {
                return connections = connections > 0 ? connections : Measure();
            }
        }
    }

    /// <summary>
    /// Logs that connections wait or are closed because no more files can be opened, or because of <paramref name="error"/>.
    /// </summary>
    public void Say(int open, Exception? error = null)
    {
        var now = clock.GetUtcNow().UtcTicks;
        var last = Interlocked.Read(ref saidAt);
        if (Math.Abs(now - last) > SayEvery.Ticks && Interlocked.CompareExchange(ref saidAt, now, last) == last)
        {
            if (error is null or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets })
            {
                Reached(logger, limit ?? 0, open);
            }
            else
            {
                NotTaken(logger, open, error);
            }
        }
    }

    private int Measure()
    {
        if (limit is not { } most)
        {
            return int.MaxValue;
        }

        try
        {
            // Files that are opened later, with the first requests, are taken from the spare ones.
            var own = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
            return (int)Math.Clamp(most - own - Spare, LeastConnections, int.MaxValue);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (int)Math.Clamp(most / 2, LeastConnections, int.MaxValue);
        }
    }

    /// <summary>The limit of the process; null if the system does not tell it or has none.</summary>
    private static long? Limit()
    {
        try
        {
            // "Max open files            1024                 524288               files"
            var line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal)) : null;
            return long.TryParse(line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection could not be accepted, with {Open} open; it is tried again ten times a second")]
    private static partial void NotTaken(ILogger logger, int open, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The limit of {Limit} open files is reached with {Open} connections: more of them wait or are closed. Close what holds them (ss -tnp), or start the server with a higher limit (LimitNOFILE in its unit, ulimit -n)")]
    private static partial void Reached(ILogger logger, long limit, int open);
}
