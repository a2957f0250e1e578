using System.CommandLine;
using System.Net.Sockets;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Migrations;

namespace Pilothouse.Cli;

/// <summary>The command <c>pilothouse serve</c>: runs the server until SIGTERM, SIGHUP or Ctrl+C.</summary>
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
            return await ServeAsync(settings, newPin, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The terminal was closed before the server listened.
            return Shell.Ended;
        }
        catch (Exception error) when (Explain(error, settings) is { } sentence)
        {
            if (settings is not null && error is not SettingsException)
            {
                // Under a supervisor nobody may see standard error, and the server's own log may not be open yet.
                new CommandLog(settings, "serve").Failed(sentence);
            }

            Shell.TellInPassing(() => Shell.Say(sentence));
            return Shell.Failed;
        }
    }

    private static async Task<int> ServeAsync(Settings settings, string? newPin, CancellationToken cancel)
    {
        using var claim = DatabaseEngine.Claim(settings);
        RefuseToBeginAnew(settings);
        await using var app = Server.Build(settings);
        var logger = app.Services.GetRequiredService<ILogger<Settings>>();
        app.Services.GetRequiredService<Database>();
        try
        {
            await app.StartAsync(cancel);
        }
        catch (Exception error) when (Explain(error, settings) is { } sentence)
        {
            NotStarted(logger, sentence);

            // Background services must be told to stop, or they would report their end as a failure.
            await app.StopAsync(CancellationToken.None);
            throw;
        }

        claim.Announce(app.Urls);
        Tell(settings, newPin, [.. app.Urls], logger);
        await app.WaitForShutdownAsync(cancel);
        if (app.Services.GetRequiredService<FatalEnd>().Reason is not { } reason)
        {
            return Shell.Good;
        }

        Shell.Say(reason);
        return Shell.Failed;
    }

    /// <summary>Returns a sentence that says what went wrong and what to do; null if the exception is a bug.</summary>
    private static string? Explain(Exception error, Settings? settings) => error switch
    {
        SettingsException or DatabaseRefusedException or DatabaseBusyException or DatabaseFullException or DatabaseBrokenException => error.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } => PortIsTaken(error.Message),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            $"MCP_SERVER_HOST={settings?.Host}: this machine has no such address (`ip addr` shows those that it has). Set one of them, 127.0.0.1, or 0.0.0.0 for all.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            "This user may not listen on a port below 1024. Set MCP_SERVER_PORT (or HTTPS_PORT) to a higher one, or give the program the right (docs/operations.md, CAP_NET_BIND_SERVICE).",
        IOException or UnauthorizedAccessException or SocketException => $"The server cannot start: {error.Message}",
        _ => null,
    };

    /// <summary>
    /// Takes the address from Kestrel's message: "Failed to bind to address http://127.0.0.1:3000: address already in use."
    /// </summary>
    private static string PortIsTaken(string told)
    {
        var address = Array.Find(told.Split(' '), static word => word.Contains("://", StringComparison.Ordinal))?.TrimEnd(':', '.') ?? "";
        var setting = address.StartsWith("https:", StringComparison.Ordinal) ? "HTTPS_PORT" : "MCP_SERVER_PORT";
        return $"The port is taken: another program listens at {address}. Stop it (`ss -ltnp` names it), or set {setting} to another port.";
    }

    /// <summary>
    /// Refuses to create a new database if the old one is missing but its backups exist: it was lost, and bots would go on trading as if
    /// they had no positions. Starting with an empty database must be decided by the owner, with <c>pilothouse migrate</c>.
    /// </summary>
    private static void RefuseToBeginAnew(Settings settings)
    {
        if (DatabaseEngine.IsFile(settings))
        {
            DatabaseFile.RefuseUnsettled(settings.DatabasePath);
        }

        if (DatabaseEngine.IsFile(settings) ? new FileInfo(settings.DatabasePath) is { Exists: true, Length: > 0 } : DatabaseEngine.Exists(settings))
        {
            return;
        }

        var folder = new BackupFolder(settings.BackupDir, TimeProvider.System);
        if (folder.List().FirstOrDefault(backup => DatabaseCopies.IsOfServer(backup.Name) != DatabaseEngine.IsFile(settings)) is { } newest)
        {
            throw new DatabaseRefusedException(
                $"The database {DatabaseEngine.PlaceOf(settings)} is missing or empty, but {folder.Path} has backups of one, the newest {newest.Name}. Restore it with `pilothouse backup restore`; to begin with an empty database, run `pilothouse migrate` first.");
        }
    }

    private static void Tell(Settings settings, string? newPin, string[] addresses, ILogger logger)
    {
        var all = string.Join(" and ", addresses);
        var place = DatabaseEngine.PlaceOf(settings);
        Started(logger, all, place, Environment.ProcessId);
        Shell.TellInPassing(() => TellTerminal(newPin, all, addresses[^1]));
    }

    private static void TellTerminal(string? newPin, string all, string last)
    {
        Shell.Print($"Pilothouse listens on {all}; its API is shown at {last}/docs");
        if (newPin is not null)
        {
            // A log or a pipe would store the PIN, so it is only shown on a terminal.
            Shell.Print(Console.IsOutputRedirected ? "A PIN was made; it is BOT_CONTROL_PIN in .env" : $"Your PIN is {newPin} (BOT_CONTROL_PIN in .env); it is not shown again");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Address}, database {Database}, process {ProcessId}")]
    private static partial void Started(ILogger logger, string address, string database, int processId);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server has not started. {Sentence}")]
    private static partial void NotStarted(ILogger logger, string sentence);
}
