using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Http.Headers;

namespace Pilothouse.Replay;

/// <summary>How a command is told of a running server, and of the key that it uses there.</summary>
internal static class ServerOptions
{
    /// <summary>The variable that holds the key if the option is not given.</summary>
    public const string KeyVariable = "PILOTHOUSE_API_KEY";

    /// <summary>Returns the option <c>--server</c>. What is no address of http or https is wrong use.</summary>
    public static Option<string> Server() => new("--server")
    {
        Description = "The server's address.",
        HelpName = "URL",
        DefaultValueFactory = static _ => "http://127.0.0.1:3000",
        Validators = { CheckServer },
    };

    /// <summary>Returns the option <c>--api-key</c>.</summary>
    public static Option<string?> ApiKey(string description) => new("--api-key") { Description = description, HelpName = "KEY" };

    /// <summary>Returns the key that was given, else that of the variable; null if there is none.</summary>
    public static string? KeyFrom(string? option)
    {
        var key = option ?? Environment.GetEnvironmentVariable(KeyVariable);
        return string.IsNullOrWhiteSpace(key) ? null : key.Trim();
    }

    /// <summary>Adds an error if the key cannot be sent in a header.</summary>
    /// <param name="command">What was typed.</param>
    /// <param name="option">The option of the key.</param>
    /// <param name="ifMissing">What is said where there is no key; null if the command does without.</param>
    public static void CheckKey(CommandResult command, Option<string?> option, string? ifMissing)
    {
        var given = command.GetResult(option);
        if (given is { Tokens.Count: 0, Implicit: false })
        {
            return;
        }

        if (KeyFrom(given is null ? null : TextOf(given)) is not { } key)
        {
            if (ifMissing is not null)
            {
                command.AddError(ifMissing);
            }
        }
        else if (!key.All(static letter => letter is > ' ' and <= '~'))
        {
            command.AddError("The API key holds a space or a character that no key has. Copy the key again.");
        }
    }

    /// <summary>
    /// Returns a client for the server that sends the key. Paths without a slash at their begin are below the path of the address. It follows
    /// no redirects, because the key would be lost on the way, and asks no proxy for a server on this machine, which would learn the key.
    /// </summary>
    public static HttpClient Connect(Uri server, string? key, TimeSpan answerTimeout)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !server.IsLoopback };
        var http = new HttpClient(handler) { BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + '/'), Timeout = answerTimeout };
        http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    /// <summary>Returns the text that was typed; null for a default, and if nothing was typed, which the parser reports itself.</summary>
    public static string? TextOf(OptionResult given) => given.Tokens.Count > 0 ? given.Tokens[^1].Value : null;

    private static void CheckServer(OptionResult given)
    {
        if (TextOf(given) is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https")))
        {
            given.AddError("--server must be an address like http://127.0.0.1:3000.");
        }
    }
}
