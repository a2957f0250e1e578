using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>
/// Says that a server uses a database file, so that a second server does not: both would think that they alone know of sessions and
/// running requests. The claim ends with the process, however that ends. Bots that open the file themselves are no servers.
/// </summary>
internal sealed class FileClaim : IDisposable
{
    /// <summary>Beyond what the file will ever hold.</summary>
    public const int LockedByte = 1 << 20;

    /// <summary>What .NET makes of the kernel's EAGAIN, and of ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.</summary>
    private static readonly int[] HeldByAnother = OperatingSystem.IsWindows() ? [unchecked((int)0x80070020), unchecked((int)0x80070021)] : OperatingSystem.IsMacOS() ? [35] : [11];

    private readonly FileStream file;

    private FileClaim(FileStream file) => this.file = file;

    /// <exception cref="DatabaseRefusedException">Another server has the file, or its folder cannot be written: the message says which.</exception>
    public static FileClaim Take(string databasePath)
    {
        DatabasePlace.Demand(databasePath);
        var path = Path.GetFullPath(databasePath) + ".server";
        try
        {
            var file = Lock(path);

            // Made by root for a command, it would keep the server's own user out.
            FileOwner.CopyOwner(File.Exists(databasePath) ? databasePath : Path.GetDirectoryName(path)!, path);
            Sign(file);
            return new FileClaim(file);
        }
        catch (IOException error) when (HeldByAnother.Contains(error.HResult))
        {
            throw new DatabaseRefusedException(
                $"Another Pilothouse server uses {databasePath} (process {ReadOwner(path)}). Stop it first (./start_mcp_server.sh stop), or set DATABASE_PATH to another file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DatabasePlace.Refusal(databasePath, error);
        }
    }

    /// <summary>Tells where the server listens, in a second line behind its process: <see cref="ServingProcess"/> reads it.</summary>
    public void Announce(IEnumerable<string> addresses)
    {
        file.Write(System.Text.Encoding.UTF8.GetBytes($"\n{string.Join(' ', addresses)}\n"));
        file.Flush();
    }

    public void Dispose() => file.Dispose();

    /// <summary>
    /// On Unix, sharing for reading takes a lock that two servers can both have, and sharing nothing one that hides the owner's number;
    /// the lock of a byte that is not there does neither.
    /// </summary>
    private static FileStream Lock(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsMacOS() ? FileShare.None : FileShare.Read, bufferSize: 0);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                file.Lock(LockedByte, 1);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The lock is the claim; the number only serves those who ask, and a full disk does not take it.</summary>
    private static void Sign(FileStream file)
    {
        try
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
        }
        catch (IOException)
        {
            // Full: what becomes of the start is the database's to say.
        }
    }

    private static string ReadOwner(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadLine() ?? "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
