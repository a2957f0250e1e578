using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Spectre.Console;

namespace Pilothouse.Cli;

/// <summary>How commands run: settings in, exit code out. 0 is good, 1 failed, 2 wrong use.</summary>
internal static class Shell
{
    public const int Good = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;

    /// <summary>By Ctrl+C or SIGTERM, as a shell has it (128 + SIGINT).</summary>
    public const int Ended = 130;

    private static readonly TimeSpan LongestTelling = TimeSpan.FromSeconds(1);
    private static volatile bool outputWasLost;

    /// <summary>For what went wrong; standard output is for what was asked.</summary>
    public static IAnsiConsole Errors { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) });

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        var wrong = parsed.Errors.Count > 0;

        // The host ends on SIGTERM by itself, after it has answered what it accepted. Other commands are told to end, and have a moment to leave nothing half made.
        var isServer = parsed.CommandResult.Command.Name == "serve";
        using var hangup = new Hangup();
        try
        {
            var result = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = isServer ? null : TimeSpan.FromSeconds(30), EnableDefaultExceptionHandler = false }, hangup.Token);
            return wrong ? WrongUse : result == Good && outputWasLost && !isServer ? Lost() : result;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The library's own words, such as help; what a command meets it tells itself.
            return wrong ? WrongUse : Lost();
        }
    }

    /// <summary>Runs a command's work with its settings; what goes wrong in a way that we know is one sentence on standard error.</summary>
    public static async Task<int> WithSettingsAsync(Func<Settings, Task<int>> work)
    {
        // On a thread of the pool: Ctrl+C is heard only when the first step has returned.
        await Task.Yield();
        try
        {
            return await work(Settings.Read(ReadValues()));
        }
        catch (OperationCanceledException)
        {
            Say("Ended before it was finished; nothing is left half made.");
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

    /// <summary>As <see cref="WithSettingsAsync"/>, for a command that changes something: the commands' log has what it did, or why not.</summary>
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

    /// <summary>Whether the database is there; says where it is looked for if not.</summary>
    public static bool HasDatabase(Settings settings)
    {
        if (File.Exists(settings.DatabasePath))
        {
            return true;
        }

        Say($"There is no database at {Path.GetFullPath(settings.DatabasePath)}. Run this in the server's folder, or set DATABASE_PATH.");
        return false;
    }

    /// <summary>Reads the environment and .env; the first time, makes a PIN and a secret.</summary>
    /// <returns>The settings, and the PIN if it was made now.</returns>
    public static (Settings Settings, string? NewPin) LoadSettings()
    {
        var values = ReadValues();
        var pin = EnvFile.AddMissingSecrets(".env", values);
        return (Settings.Read(values), pin);
    }

    /// <summary>What .env and the environment say, unchecked.</summary>
    public static Dictionary<string, string> ReadValues()
    {
        var values = EnvFile.Read(".env");
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            // Set but empty (compose files do that) is not set: it must not hide what .env says.
            if (variable.Value is string { Length: > 0 } value)
            {
                values[(string)variable.Key] = value;
            }
        }

        return values;
    }

    /// <summary>Reads a whole number, or says what is wrong in our words: the library's speak of System.Int64.</summary>
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
        Say("Standard output cannot be written, so what was asked for was not told.");
        return Failed;
    }

    /// <summary>A sentence for the person, on standard error; not wrapped, so that it can be searched for.</summary>
    public static void Say(string sentence)
    {
        try
        {
            Errors.Profile.Out.Writer.WriteLine(PrintableText.Lines(sentence));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Closed, full, or a terminal that is gone: nobody can be told, and the exit code stands.
        }
    }

    /// <summary>
    /// Tells something that nobody's work may wait for: a pipe that nobody reads would hold the server for ever. What is not told in this
    /// time may come later, or never.
    /// </summary>
    public static void TellInPassing(Action tell) => Task.Factory.StartNew(tell, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Wait(LongestTelling);

    /// <summary>A table on standard output: drawn on a terminal, where the first column is never broken, and in a pipe columns of text that are never cut.</summary>
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

    /// <summary>What was asked for, on standard output.</summary>
    public static void Print(string line)
    {
        try
        {
            AnsiConsole.Profile.Out.Writer.WriteLine(PrintableText.Lines(line));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The command goes on with its work, and its exit code says that nobody was told.
            outputWasLost = true;
        }
    }
}
