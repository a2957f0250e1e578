using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;

namespace Pilothouse.Replay;

/// <summary>
/// The command <c>pilothouse replay</c>: the sample bot trades recorded candles on paper, and sends everything that a bot sends to a
/// running server. Exit code 0 if everything was recorded, 1 if not, 2 for wrong use.
/// </summary>
internal static class ReplayCommand
{
    private const double FastestFactor = 1_000_000;

    private static readonly Option<string> Server = ServerOptions.Server();

    private static readonly Option<string?> ApiKey = ServerOptions.ApiKey($"An API key that may read and write; else ${ServerOptions.KeyVariable}.");

    private static readonly Option<string[]> Candles = new("--data")
    {
        Description = "CSV files of one-minute candles, or folders of them.",
        HelpName = "FILE_OR_FOLDER",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => ["samples/data"],
    };

    private static readonly Option<string> Speed = new("--speed")
    {
        Description = "max, or how many times faster than real time: 60 plays an hour in a minute.",
        HelpName = "max|FACTOR",
        DefaultValueFactory = _ => "max",
        Validators = { CheckSpeed },
    };

    private static readonly Option<string> BotName = new("--bot-name")
    {
        Description = "The name under which the bot reports.",
        HelpName = "NAME",
        DefaultValueFactory = _ => ReplayRecorder.DefaultBotName,
        Validators = { CheckBotName },
    };

    private static readonly Option<bool> AsRecorded = new("--as-recorded")
    {
        Description = "Keep the candles' own times; else they are moved so that the last one closes now.",
    };

    /// <summary>Returns the command. Wrong use becomes a parse error, for which the caller exits with code 2.</summary>
    public static Command Create() => Create(AnsiConsole.Console, ErrorConsole());

    /// <inheritdoc cref="Create()"/>
    public static Command Create(IAnsiConsole output, IAnsiConsole errors)
    {
        var command = new Command("replay", "Let the sample bot trade recorded candles on paper and write to a running server.")
        {
            Server, ApiKey, Candles, Speed, BotName, AsRecorded,
        };
        command.Validators.Add(static given => ServerOptions.CheckKey(
            given, ApiKey, $"An API key is needed. Make one with `pilothouse key create --name replay --scopes read,write` and give it by --api-key or {ServerOptions.KeyVariable}."));
        command.SetAction((parsed, cancellationToken) => RunAsync(Settings(parsed), output, errors, cancellationToken));
        return command;
    }

    private static ReplaySettings Settings(ParseResult parsed) => new(
        new Uri(parsed.GetValue(Server)!), ServerOptions.KeyFrom(parsed.GetValue(ApiKey))!, parsed.GetValue(Candles)!,
        TryParseSpeed(parsed.GetValue(Speed), out var factor) ? factor : null, parsed.GetValue(BotName)!, parsed.GetValue(AsRecorded));

    private static void CheckSpeed(OptionResult given)
    {
        if (ServerOptions.TextOf(given) is { } text && !TryParseSpeed(text, out _))
        {
            given.AddError("--speed must be max or a number above 0 and up to 1000000, such as 60.");
        }
    }

    private static void CheckBotName(OptionResult given)
    {
        if (ServerOptions.TextOf(given) is { } name
            && (name.Length is 0 or > 64 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-')))
        {
            given.AddError("--bot-name must be 1 to 64 letters, digits, dots, dashes or underscores.");
        }
    }

    private static bool TryParseSpeed(string? text, out double? factor)
    {
        factor = null;
        if (text == "max")
        {
            return true;
        }

        factor = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return factor is > 0 and <= FastestFactor;
    }

    private static async Task<int> RunAsync(
        ReplaySettings settings, IAnsiConsole output, IAnsiConsole errors, CancellationToken cancellationToken)
    {
        try
        {
            using var http = settings.Connect();
            await new ReplaySession(settings, http, TimeProvider.System, output).RunAsync(cancellationToken);
            return 0;
        }
        catch (ReplayFailure failure)
        {
            errors.WriteLine(failure.Message);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            errors.WriteLine("Stopped. Run the same command again to go on: what is stored already is not stored twice.");
            return 1;
        }
    }

    private static IAnsiConsole ErrorConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (!console.Profile.Out.IsTerminal)
        {
            // Not wrapped, so that each sentence is one line in a log.
            console.Profile.Width = 1_000;
        }

        return console;
    }
}
