using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>The server that uses a database file, as its <see cref="FileClaim"/> says.</summary>
/// <param name="ProcessId">The id of its process.</param>
/// <param name="Addresses">The addresses on which it listens; empty while it starts.</param>
internal sealed record ServingProcess(int ProcessId, string[] Addresses)
{
    /// <summary>
    /// Returns the server that runs on this file now, or null. It does not try to take the lock, because that could stop a server that
    /// starts at this moment.
    /// </summary>
    public static ServingProcess? Find(string databasePath)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(Path.GetFullPath(databasePath) + ".server", FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return int.TryParse(reader.ReadLine(), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Holds(process)
                ? new ServingProcess(process, (reader.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the process holds the lock. The file stays when a server is killed, and its process id may belong to another program by now,
    /// so only the lock counts.
    /// </summary>
    private static bool Holds(int process)
    {
        if (OperatingSystem.IsLinux())
        {
            // "4: POSIX  ADVISORY  WRITE 29446 fe:00:11814297 1048576 1048576"
            return File.ReadLines("/proc/locks").Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Any(held =>
                held is [_, "POSIX", _, "WRITE", var holder, _, var first, ..]
                && holder == process.ToString(CultureInfo.InvariantCulture) && first == FileClaim.LockedByte.ToString(CultureInfo.InvariantCulture));
        }

        try
        {
            using var running = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
