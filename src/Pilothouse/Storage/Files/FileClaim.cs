using System.Globalization;

namespace Pilothouse.Storage.Files;

/// <summary>
/// A lock that keeps a second server from using the same database file: each would believe that it alone knows the running requests. The
/// lock ends with the process, even if it is killed. It does not concern bots that open the file themselves.
/// </summary>
internal sealed class FileClaim : IDisposable
{
    /// <summary>The byte that is locked. It lies behind any content of the file.</summary>
    public const int LockedByte = 1 << 20;

    /// <summary>
    /// The error codes in .NET of a lock that another process holds: EAGAIN of the kernel, ERROR_SHARING_VIOLATION and
    /// ERROR_LOCK_VIOLATION.
    /// </summary>
    private static readonly int[] HeldByAnother = OperatingSystem.IsWindows() ? [unchecked((int)0x80070020), unchecked((int)0x80070021)] : OperatingSystem.IsMacOS() ? [35] : [11];

    private readonly FileStream file;

    private FileClaim(FileStream file) => this.file = file;

    /// <exception cref="DatabaseRefusedException">Another server uses the file, or its folder cannot be written.</exception>
    public static FileClaim Take(string databasePath)
    {
        DatabasePlace.Demand(databasePath);
        try
        {
            return Take(databasePath, owner => $"Another Pilothouse server uses {databasePath} (process {owner}). Stop it first (./start_mcp_server.sh stop), or set DATABASE_PATH to another file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DatabasePlace.Refusal(databasePath, error);
        }
    }

    /// <summary>
    /// Takes the lock of a server whose database is no file. Several of them may share the database, but each needs a folder of its own for
    /// its logs, which two servers would tear apart. Commands find the server of their settings by it.
    /// </summary>
    /// <exception cref="DatabaseRefusedException">Another server uses the folder, or it cannot be written.</exception>
    public static FileClaim TakeInFolder(string logDir)
    {
        try
        {
            DurableFile.MakeFolder(logDir, DurableFile.FolderThatTheGroupReads);
            return Take(PathIn(logDir), owner => $"Another Pilothouse server writes its logs to {logDir} (process {owner}). Stop it first (./start_mcp_server.sh stop), or give this one a LOG_DIR of its own.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException($"LOG_DIR={logDir}: allowed is a folder, there or to be made by this user. {error.Message}");
        }
    }

    /// <summary>What <see cref="ServingProcess.Find"/> is asked for where <see cref="TakeInFolder"/> took the lock.</summary>
    public static string PathIn(string logDir) => Path.Combine(logDir, "pilothouse");

    private static FileClaim Take(string claimed, Func<string, string> refusal)
    {
        var path = Path.GetFullPath(claimed) + ".server";
        try
        {
            var file = Lock(path);

            // If root created the file for a command, the server's own user could not open it.
            FileOwner.CopyOwner(File.Exists(claimed) ? claimed : Path.GetDirectoryName(path)!, path);
            Sign(file);
            return new FileClaim(file);
        }
        catch (IOException error) when (HeldByAnother.Contains(error.HResult))
        {
            throw new DatabaseRefusedException(refusal(ReadOwner(path)));
        }
    }

    /// <summary>
    /// Writes the server's addresses to the second line of the file, after its process id. <see cref="ServingProcess"/> reads them.
    /// </summary>
    public void Announce(IEnumerable<string> addresses)
    {
        file.Write(System.Text.Encoding.UTF8.GetBytes($"\n{string.Join(' ', addresses)}\n"));
        file.Flush();
    }

    public void Dispose() => file.Dispose();

    /// <summary>
    /// Opens the file and locks one byte behind its content. On Unix, FileShare.Read takes a lock that two servers can share, and
    /// FileShare.None one that hides the process id from readers. A lock on this byte does neither.
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

    /// <summary>
    /// Writes the process id, for programs that want to know it. The lock does not depend on it, so a failure (a full disk) is ignored.
    /// </summary>
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
            // The disk is full. Opening the database will report that.
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
