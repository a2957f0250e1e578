using System.CommandLine;
using System.Net.Sockets;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Cli;

/// <summary><c>pilothouse serve</c>: the server, until SIGTERM or Ctrl+C.</summary>
internal static partial class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Run the server.");
        command.SetAction(static (_, cancel) => RunAsync(cancel));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancel)
    {
        Settings? settings = null;
        try
        {
            (settings, var newPin) = Shell.LoadSettings();
            using var claim = FileClaim.Take(settings.DatabasePath);
            RefuseToBeginAnew(settings);
            await using var app = Server.Build(settings);
            app.Services.GetRequiredService<Database>();
            await app.StartAsync(cancel);
            claim.Announce(app.Urls);
            Tell(settings, newPin, [.. app.Urls], app.Services.GetRequiredService<ILogger<Settings>>());
            await app.WaitForShutdownAsync(cancel);
            return Shell.Good;
        }
        catch (Exception error) when (error is SettingsException or DatabaseRefusedException or DatabaseBusyException)
        {
            Shell.Say(error.Message);
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            // Kestrel's words hold the address: "Failed to bind to address http://127.0.0.1:3000: address already in use."
            var address = Array.Find(error.Message.Split(' '), static word => word.Contains("://", StringComparison.Ordinal))?.TrimEnd(':', '.') ?? "";
            var setting = address.StartsWith("https:", StringComparison.Ordinal) ? "HTTPS_PORT" : "MCP_SERVER_PORT";
            Shell.Say($"The port is taken: another program listens at {address}. Stop it (`ss -ltnp` names it), or set {setting} to another port.");
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            Shell.Say($"MCP_SERVER_HOST={settings?.Host}: this machine has no such address (`ip addr` shows those that it has). Set one of them, 127.0.0.1, or 0.0.0.0 for all.");
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AccessDenied)
        {
            Shell.Say("This user may not listen on a port below 1024. Set MCP_SERVER_PORT (or HTTPS_PORT) to a higher one, or give the program the right (docs/operations.md, CAP_NET_BIND_SERVICE).");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SocketException)
        {
            Shell.Say($"The server cannot start: {error.Message}");
        }

        return Shell.Failed;
    }

    /// <summary>
    /// A database that is gone while its backups are there was lost: bots would trade on as if they had no positions. Beginning anew
    /// is somebody's decision, which <c>pilothouse migrate</c> carries out.
    /// </summary>
    private static void RefuseToBeginAnew(Settings settings)
    {
        DatabaseFile.RefuseInterruptedRestore(settings.DatabasePath);
        if (new FileInfo(settings.DatabasePath) is { Exists: true, Length: > 0 })
        {
            return;
        }

        var folder = new BackupFolder(settings.BackupDir, TimeProvider.System);
        if (folder.List() is [var newest, ..])
        {
            throw new DatabaseRefusedException(
                $"The database {settings.DatabasePath} is missing or empty, but {folder.Path} has backups of one, the newest {newest.Name}. Restore it with `pilothouse backup restore`; to begin with an empty database, run `pilothouse migrate` first.");
        }
    }

    private static void Tell(Settings settings, string? newPin, string[] addresses, ILogger logger)
    {
        var all = string.Join(" and ", addresses);
        Started(logger, all, settings.DatabasePath, Environment.ProcessId);
        if (settings.SetWithoutEffect.Count > 0)
        {
            WithoutEffect(logger, string.Join(", ", settings.SetWithoutEffect));
        }

        Shell.Print($"Pilothouse listens on {all}; its API is shown at {addresses[^1]}/docs");
        if (newPin is not null)
        {
            // A log or a pipe keeps what it gets: only a person's terminal is shown the PIN.
            Shell.Print(Console.IsOutputRedirected ? "A PIN was made; it is BOT_CONTROL_PIN in .env" : $"Your PIN is {newPin} (BOT_CONTROL_PIN in .env); it is not shown again");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Address}, database {Database}, process {ProcessId}")]
    private static partial void Started(ILogger logger, string address, string database, int processId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This version checks but does not yet act on {Names}")]
    private static partial void WithoutEffect(ILogger logger, string names);
}
