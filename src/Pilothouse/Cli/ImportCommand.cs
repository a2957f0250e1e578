using System.CommandLine;
using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Import;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse import</c>: brings the records of another program into the database, whether a server runs or not. Repeating
/// it stores nothing twice.
/// </summary>
internal static class ImportCommand
{
    public static Command Create() => new("import", "Bring the trades of another program in. It can be repeated: what is stored already is not stored again, and what has changed since is changed.")
    {
        Freqtrade(), Csv(), Flask(),
    };

    private static Command Freqtrade()
    {
        var file = File("The bot's database, tradesv3 in its folder user_data. It is only read, and the bot may go on running.");
        var bot = Bot(FreqtradeSource.Bot);
        var mode = Choice("--mode", "auto, manual or paper: the mode of the trades. Left out, the file tells whether it is a dry run.", [.. NewTrade.Modes.All]);
        return Importing("freqtrade", "The trades of a freqtrade bot, with their orders as fills.", [file, bot, mode],
            (parsed, _) => new FreqtradeSource(parsed.GetRequiredValue(file), parsed.GetRequiredValue(bot), parsed.GetValue(mode)));
    }

    private static Command Flask()
    {
        var file = File("A file of the seed's Python code with the columns symbol and strength, which the server does not open. It is only read.");
        var bot = Bot(FlaskSource.Bot);
        var zone = Zone("The zone of the times that Python's datetime.now() wrote, which have a fraction of a second, such as Europe/Berlin. Left out, they are UTC.");
        return Importing("flask", "A database of the seed's other Python code.", [file, bot, zone],
            (parsed, _) => new FlaskSource(parsed.GetRequiredValue(file), parsed.GetRequiredValue(bot), parsed.GetValue(zone) ?? TimeZoneInfo.Utc));
    }

    private static Command Csv()
    {
        var targets = new RecordTargets(TimeProvider.System);
        var file = File("A CSV file with a line of headings.");
        var into = Choice("--into", "What its rows are. Trades, if it is left out.", [.. targets.All.Select(static target => target.Name)]);
        var map = Pairs("--map", "name=column,...: which column of the file is which field. The others are guessed by their headings.");
        var set = Pairs("--set", "name=value,...: a value of all rows that have none.");
        var delimiter = Choice("--delimiter", "What is between the values. Left out, the first line tells.", "comma", "semicolon", "tab", "pipe");
        var point = Choice("--decimal", "Whether numbers have a decimal point or a decimal comma. Left out, the numbers tell.", "point", "comma");
        var dates = Choice("--dates", "Whether dates such as 03/04/2026 begin with the day or the month. Left out, the dates tell.", "day-first", "month-first");
        var zone = Zone("The zone of times without one, such as Europe/Berlin. Left out, they are UTC.");
        var bot = new Option<string?>("--bot-name") { Description = "The bot of the rows that name none.", Validators = { static result => CheckName(result) } };
        return Importing("csv", "The trades of a CSV file, or any other records.", [file, into, map, set, delimiter, point, dates, zone, bot], (parsed, _) => new CsvSource(
            parsed.GetRequiredValue(file), targets.All.First(target => target.Name == (parsed.GetValue(into) ?? "trades")), new(
                parsed.GetValue(map) ?? new Dictionary<string, string>(), parsed.GetValue(set) ?? new Dictionary<string, string>(),
                parsed.GetValue(delimiter) switch { "comma" => ',', "semicolon" => ';', "tab" => '\t', "pipe" => '|', _ => null },
                parsed.GetValue(point) switch { "point" => '.', "comma" => ',', _ => null },
                parsed.GetValue(dates) switch { "day-first" => DateOrder.DayFirst, "month-first" => DateOrder.MonthFirst, _ => DateOrder.Unknown },
                parsed.GetValue(zone) ?? TimeZoneInfo.Utc, parsed.GetValue(bot))));
    }

    private static Command Importing(string name, string description, Symbol[] symbols, Func<ParseResult, Settings, ImportSource> open)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only read: say what was understood, and what would be stored." };
        var json = new Option<bool>("--json") { Description = "For programs: the report as one JSON object." };
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            _ = symbol is Argument argument ? Add(command.Arguments, argument) : Add(command.Options, (Option)symbol);
        }

        command.Options.Add(dryRun);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
        {
            return parsed.GetValue(dryRun)
                ? Shell.WithSettingsAsync(settings => RunAsync(settings, null, cancel))
                : CommandDatabase.WithAsync($"import {name}", (settings, database, log) => RunAsync(settings, (database, log), cancel));

            async Task<int> RunAsync(Settings settings, (Database Database, CommandLog Log)? storing, CancellationToken end)
            {
                using var source = open(parsed, settings);
                return await ImportRun.RunAsync(settings, source, storing, parsed.GetValue(json), end);
            }
        });
        return command;
    }

    private static bool Add<T>(IList<T> list, T one)
    {
        list.Add(one);
        return true;
    }

    private static Argument<string> File(string description) => new("FILE") { Description = description };

    private static Option<string> Bot(string standard) => new("--bot-name")
    {
        Description = "The bot that the records get. Another database needs another name.",
        DefaultValueFactory = _ => standard,
        Validators = { static result => CheckName(result) },
    };

    private static void CheckName(System.CommandLine.Parsing.OptionResult given)
    {
        if (given.Tokens is [{ Value: var name }] && PrintableText.ProblemOfName(name) is { } problem)
        {
            given.AddError($"--bot-name {problem}.");
        }
    }

    private static Option<string?> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string?>(name) { Description = description };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    private static Option<TimeZoneInfo?> Zone(string description) => new("--time-zone")
    {
        Description = description,
        CustomParser = static result =>
        {
            var zone = TimeZones.Find(result.Tokens[0].Value);
            if (zone is null)
            {
                result.AddError($"--time-zone {result.Tokens[0].Value}: this machine knows no such zone. Names are like Europe/Berlin.");
            }

            return zone;
        },
    };

    private static Option<Dictionary<string, string>?> Pairs(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        CustomParser = result =>
        {
            var pairs = new Dictionary<string, string>();
            foreach (var pair in result.Tokens.SelectMany(static token => token.Value.Split(',')))
            {
                var at = pair.IndexOf('=', StringComparison.Ordinal);
                if (at < 1 || at == pair.Length - 1 || !pairs.TryAdd(pair[..at].Trim(), pair[(at + 1)..].Trim()))
                {
                    result.AddError($"{name} {pair}: it must be name=text, with commas between several, and each name once.");
                    return null;
                }
            }

            return pairs;
        },
    };
}
