using System.Globalization;

namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// Says that a server uses a database file, so that a second server does not: both would think that they alone know of sessions and
/// running requests. The claim ends with the process, however that ends. Bots that open the file themselves are no servers.
/// </summary>
internal sealed class FileClaim : IDisposable
{
    private readonly FileStream file;

    private FileClaim(FileStream file) => this.file = file;

    /// <exception cref="DatabaseRefusedException">Another server has the file, or its folder cannot be written.</exception>
    public static FileClaim Take(string databasePath)
    {
        var path = Path.GetFullPath(databasePath) + ".server";
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new FileClaim(file);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new DatabaseRefusedException(
                $"Another Pilothouse server uses {databasePath} (process {ReadOwner(path)}). Stop it first (./start_mcp_server.sh stop), or set DATABASE_PATH to another file.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException($"The folder of {databasePath} cannot be written: {error.Message} Make the folder, and start as a user that may write there.");
        }
    }

    public void Dispose() => file.Dispose();

    private static string ReadOwner(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "unknown";
        }
    }
}
