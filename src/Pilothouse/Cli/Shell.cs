using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Spectre.Console;

namespace Pilothouse.Cli;

/// <summary>Runs commands: loads the settings and returns the exit code. 0: success, 1: failure, 2: wrong use.</summary>
internal static class Shell
{
    public const int Good = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;

    /// <summary>The exit code after Ctrl+C or SIGTERM, as shells define it (128 + SIGINT).</summary>
    public const int Ended = 130;

    private static readonly TimeSpan LongestTelling = TimeSpan.FromSeconds(1);
    private static volatile bool outputWasLost;

    /// <summary>The console for errors. Standard output is only for what was asked for.</summary>
    public static IAnsiConsole Errors { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) });

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        var parsed = root.Parse(args);
        var wrong = parsed.Errors.Count > 0;

        // On SIGTERM, the host of the server first answers the requests that it has accepted. Other commands are cancelled and get a moment
        // to clean up.
        var isServer = parsed.CommandResult.Command.Name == "serve";
        using var hangup = new Hangup();
        try
        {
            var result = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = isServer ? null : TimeSpan.FromSeconds(30), EnableDefaultExceptionHandler = false }, hangup.Token);
            return wrong ? WrongUse : result == Good && outputWasLost && !isServer ? Lost() : result;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Only the library's own output, such as help, can fail here; commands handle their own failures.
            return wrong ? WrongUse : Lost();
        }
    }

    /// <summary>Runs a command's work with the settings. A known failure becomes one sentence on standard error.</summary>
    public static async Task<int> WithSettingsAsync(Func<Settings, Task<int>> work)
    {
        // Continue on a thread of the pool, because Ctrl+C is handled only after the first await.
        await Task.Yield();
        try
        {
            return await work(ReadSettings());
        }
        catch (OperationCanceledException)
        {
            Say("Stopped before it was finished; nothing is left half done.");
            return Ended;
        }
        catch (Exception error) when (IsExpected(error))
        {
            Say(error.Message);
            return Failed;
        }
    }

    private static bool IsExpected(Exception error) => error is SettingsException or DatabaseRefusedException or DatabaseBusyException or DatabaseFullException
        or DatabaseBrokenException or RowKeptAwayException or EngineException or Backups.BackupFailedException or Backups.BackupRunningException or IOException or UnauthorizedAccessException;

    /// <summary>
    /// Like <see cref="WithSettingsAsync"/>, for a command that changes something: the result or the failure is written to the log of
    /// commands.
    /// </summary>
    public static Task<int> ChangingAsync(string command, Func<Settings, CommandLog, Task<int>> work) => WithSettingsAsync(async settings =>
    {
        var log = new CommandLog(settings, command);
        try
        {
            return await work(settings, log);
        }
        catch (Exception error) when (IsExpected(error) || error is OperationCanceledException)
        {
            log.Failed(error is OperationCanceledException ? "Ended by Ctrl+C or SIGTERM before it was finished." : error.Message);
            throw;
        }
    });

    /// <summary>Whether the database exists. If not, it prints the path where it should be.</summary>
    public static bool HasDatabase(Settings settings)
    {
        if (DatabaseEngine.Exists(settings))
        {
            return true;
        }

        Say(!DatabaseEngine.IsFile(settings)
            ? $"{DatabaseEngine.PlaceOf(settings)} has no tables of Pilothouse yet; the first start of the server makes them."
            : $"There is no database at {Path.GetFullPath(settings.DatabasePath)}. Run this in the server's folder, or set DATABASE_PATH.");
        return false;
    }

    /// <summary>Whether this is the server's folder: elsewhere its secret is not known. Says so if not.</summary>
    public static bool HasSecret(Settings settings)
    {
        if (settings.JwtSecret.Length > 0)
        {
            return true;
        }

        Say("There is no JWT_SECRET_KEY here, so this is not the server's folder. Run this where its .env is, after its first start.");
        return false;
    }

    /// <summary>Reads the settings from the environment, .env and SETTINGS_FILE. The first time, it makes a PIN and a secret.</summary>
    /// <returns>The settings, and the PIN if it was made now.</returns>
    public static (Settings Settings, string? NewPin) LoadSettings()
    {
        var values = ReadValues();
        var pin = EnvFile.AddMissingSecrets(".env", values);
        return (Settings.Read(values), pin);
    }

    /// <summary>Reads the settings from the environment, .env and SETTINGS_FILE.</summary>
    /// <exception cref="SettingsException">One or more are wrong.</exception>
    public static Settings ReadSettings() => Settings.Read(ReadValues());

    /// <summary>Returns the values of the files and the environment, unchecked.</summary>
    private static Dictionary<string, string> ReadValues()
    {
        var values = EnvFile.ReadBoth(".env", Environment.GetEnvironmentVariable("SETTINGS_FILE"));
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            // An empty variable (compose files set such) counts as not set and does not override .env.
            if (variable.Value is string { Length: > 0 } value)
            {
                values[(string)variable.Key] = value;
            }
        }

        return values;
    }

    /// <summary>Parses a whole number. It writes the error message itself, because the library's message contains "System.Int64".</summary>
    public static long WholeNumber(ArgumentResult result, string name, long least = 1, long most = long.MaxValue)
    {
        var sent = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (long.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {sent}: it must be a whole number{(most == long.MaxValue ? $" from {least}" : $" from {least} to {most}")}."));
        return 0;
    }

    private static int Lost()
    {
        Say("Standard output cannot be written, so the result was not shown.");
        return Failed;
    }

    /// <summary>Prints a sentence for the user to standard error. It is not wrapped, so that it can be searched.</summary>
    public static void Say(string sentence)
    {
        try
        {
            Errors.Profile.Out.Writer.WriteLine(PrintableText.Lines(sentence));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Standard error is closed or full, or the terminal is gone. The exit code still tells the result.
        }
    }

    /// <summary>
    /// Prints something in the background, because a pipe that nobody reads would block the caller for ever. It may be printed late or
    /// never.
    /// </summary>
    public static void TellInPassing(Action tell) => Task.Factory.StartNew(tell, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Wait(LongestTelling);

    /// <summary>
    /// Prints a table to standard output: on a terminal with lines, without breaking the first column; in a pipe as plain columns that are
    /// never cut.
    /// </summary>
    public static void PrintTable(string[] columns, IEnumerable<string[]> rows)
    {
        string[][] lines = [columns, .. rows.Select(static row => Array.ConvertAll(row, PrintableText.Of))];
        if (!Console.IsOutputRedirected)
        {
            var table = new Spectre.Console.Table().AddColumns([.. columns.Select(static (name, column) => new TableColumn(Markup.Escape(name)) { NoWrap = column == 0 })]);
            Array.ForEach(lines[1..], line => table.AddRow([.. line.Select(Markup.Escape)]));
            AnsiConsole.Write(table);
            return;
        }

        int[] widths = [.. columns.Select((_, column) => lines.Max(line => line[column].Length))];
        foreach (var line in lines)
        {
            Print(string.Join("  ", line.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
        }
    }

    /// <summary>Prints a line of what was asked for to standard output.</summary>
    public static void Print(string line)
    {
        try
        {
            AnsiConsole.Profile.Out.Writer.WriteLine(PrintableText.Lines(line));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The command goes on with its work, and its exit code will say that the output was lost.
            outputWasLost = true;
        }
    }

    /// <summary>A time in a table, in UTC; empty for none.</summary>
    public static string Show(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";
}
