using System.CommandLine;
using Pilothouse.Replay;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse mcp</c>: the Model Context Protocol over standard input and output, for clients that only start programs. It
/// hands each message to a running server, so that rights, limits and the audit log are those of the API key.
/// </summary>
internal static class McpCommand
{
    private static readonly Option<string> Server = ServerOptions.Server();

    private static readonly Option<string?> ApiKey = ServerOptions.ApiKey($"The API key of the agent; else ${ServerOptions.KeyVariable}. Without one it may what everybody may.");

    public static Command Create()
    {
        var command = new Command("mcp", "Speak the Model Context Protocol over standard input and output, as a bridge to a running server.") { Server, ApiKey };
        command.Validators.Add(static given => ServerOptions.CheckKey(given, ApiKey, ifMissing: null));
        command.SetAction(static (given, cancel) => RunAsync(new Uri(given.GetValue(Server)!), ServerOptions.KeyFrom(given.GetValue(ApiKey)), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Uri server, string? key, CancellationToken cancel)
    {
        using var http = ServerOptions.Connect(server, key, Timeout.InfiniteTimeSpan);
        await using var output = Console.OpenStandardOutput();
        using var input = new StreamReader(Console.OpenStandardInput());
        await new McpBridge(http, output, Shell.Say).RunAsync(input, cancel);
        return Shell.Good;
    }
}
