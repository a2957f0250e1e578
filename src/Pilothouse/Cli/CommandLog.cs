using System.Text;
using System.Text.Json.Serialization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Cli;

/// <summary>
/// The log of commands: which command changed something, who ran it and how it ended. It is LOG_DIR/mcp_server_commands.log, with one JSON
/// object per line, because only the server's process may write to the server's own log. If a line cannot be written, the command goes on.
/// </summary>
internal sealed class CommandLog(Settings settings, string command)
{
    private const string Name = "mcp_server_commands.log";
    private const long LargestFile = 10L << 20;
    private const int MostTries = 40;
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(25);

    /// <summary>Logs that the command succeeded.</summary>
    public void Done(string message) => Write("INFO", message);

    /// <summary>Logs why the command failed.</summary>
    public void Failed(string message) => Write("ERROR", message);

    private void Write(string level, string message)
    {
        var line = new CommandLine(Timestamps.ToAnswer(Timestamps.Cut(TimeProvider.System.GetUtcNow())), level, message, command, Environment.UserName, Environment.ProcessId);
        try
        {
            DurableFile.MakeFolder(settings.LogDir, DurableFile.FolderThatTheGroupReads);
            using var file = Open(Path.Combine(settings.LogDir, Name));
            file.Write(Encoding.UTF8.GetBytes(PrintableText.Json(JsonText.Of(line, CommandLogJson.Default.CommandLine)) + "\n"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Shell.Say($"Note: this could not be written to {Path.Combine(settings.LogDir, Name)}: {error.Message}");
        }
    }

    /// <summary>Opens the file exclusively, because two commands may end at the same moment.</summary>
    private static FileStream Open(string path)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
                {
                    File.Move(path, path + ".1", overwrite: true);
                }

                var isNew = !File.Exists(path);
                var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None);
                if (isNew)
                {
                    // One command may be run by root and the next by the server's user.
                    CurrentLogFile.Close(path);
                    FileOwner.Copy(Path.GetDirectoryName(Path.GetFullPath(path))!, path);
                }

                return file;
            }
            catch (IOException) when (File.Exists(path) && tries < MostTries)
            {
                Thread.Sleep(LookAgainAfter);
            }
        }
    }
}

/// <summary>A line of the log, with the same fields as the server's own log.</summary>
internal sealed record CommandLine(string Timestamp, string Level, string Message, string Command, string User, int ProcessId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CommandLine))]
internal sealed partial class CommandLogJson : JsonSerializerContext;
