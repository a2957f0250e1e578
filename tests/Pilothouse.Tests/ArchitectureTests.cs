using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests;

/// <summary>Checks which folders of src/Pilothouse use each other, by reading the sources.</summary>
public sealed partial class ArchitectureTests
{
    private const int LongestFile = 250;

    /// <summary>What every feature may use.</summary>
    private static readonly string[] Floor = ["Storage", "Configuration", "Contract", "Auth", "Operations"];

    /// <summary>
    /// Which folder may use which. A folder that is not here fails the test: it gets its line together with its code. Program.cs and
    /// Server.cs put everything together and may use everything.
    /// </summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Storage"] = ["Configuration"],
        ["Configuration"] = [],

        // What every door speaks: refusals, rules of inputs, tables, lists, JSON.
        ["Contract"] = ["Storage", "Configuration"],
        ["Monitoring"] = ["Storage", "Configuration", "Contract"],
        ["Auth"] = ["Storage", "Configuration", "Contract"],

        // The way of every operation.
        ["Operations"] = ["Storage", "Configuration", "Contract", "Auth", "Monitoring"],

        // Facts name each other by id only.
        ["Signals"] = Floor,
        ["Models"] = Floor,
        ["Trades"] = Floor,
        ["Bots"] = [.. Floor, "Monitoring"],
        ["MarketContext"] = Floor,
        ["Analysis"] = Floor,
        ["Costs"] = [.. Floor, "Monitoring"],
        ["Candles"] = Floor,
        ["CashFlows"] = Floor,
        ["News"] = Floor,
        ["Keys"] = Floor,
        ["Consents"] = [.. Floor, "Monitoring"],

        // The live stream reads every record through the sources that features declare.
        ["Events"] = [.. Floor, "Monitoring"],

        // Derived from facts, which they read through their stores.
        ["Performance"] = [.. Floor, "Trades", "Bots", "CashFlows", "Prices", "Monitoring"],
        ["Prices"] = [.. Floor, "Trades", "Candles"],
        ["Agents"] = [.. Floor, "Monitoring", "Trades", "Signals", "Prices", "Performance", "Costs", "Spikes", "Candles"],
        ["Why"] = [.. Floor, "Trades", "Signals", "Analysis", "Prices", "Costs", "Spikes", "Agents"],
        ["Spikes"] = [.. Floor, "Trades", "Prices"],
        ["Fleet"] = [.. Floor, "Bots", "Trades", "Prices", "Costs"],
        ["Budgets"] = [.. Floor, "Costs", "Bots", "Monitoring"],
        ["Scorecard"] = [.. Floor, "Signals", "Trades", "Candles", "Models", "Prices"],
        ["Correlation"] = [.. Floor, "Monitoring", "Candles", "Trades", "Prices"],
        ["CircuitBreaker"] = [.. Floor, "MarketContext", "Trades", "Bots", "CashFlows", "Performance", "Prices", "Monitoring"],

        // Stores facts of other programs.
        ["Webhooks"] = [.. Floor, "Signals", "Trades", "Bots"],
        ["Import"] = [.. Floor, "Signals", "Trades", "Bots", "MarketContext", "Analysis", "Correlation", "Costs", "Candles", "CashFlows", "Models", "News"],

        // Care for the file and the process.
        ["Alerts"] = [.. Floor, "Monitoring", "Events", "Trades", "Costs"],
        ["Audit"] = [.. Floor, "Monitoring"],
        ["Backups"] = [.. Floor, "Monitoring"],
        ["Retention"] = [.. Floor, "Monitoring"],
        ["Listening"] = ["Storage", "Configuration", "Auth", "Monitoring"],
        ["Checklist"] = ["Storage", "Configuration", "Contract", "Auth", "Monitoring", "Backups", "Listening", "Retention"],

        // The doors. Replay is a client, which could as well be another program.
        ["Http"] = [.. Floor, "Monitoring"],
        ["Mcp"] = [.. Floor, "Monitoring", "Http", "Events"],
        ["Replay"] = [],

        // A page in the browser, which speaks to the server as everybody does.
        ["Dashboard"] = ["Http"],
        ["Cli"] = [.. Floor, "Checklist", "Replay", "Monitoring", "Backups", "Bots", "Retention", "Keys", "Audit", "Import", "Trades", "Alerts", "Webhooks"],
    };

    /// <summary>Files that open others by themselves, with the reason why none of those can be a database that SQLite has open.</summary>
    private static readonly Dictionary<string, string> MayOpenFiles = new()
    {
        ["Cli/Hangup.cs"] = "/proc",
        ["Storage/Files/PlainFile.cs"] = "it looks before it opens",
        ["Storage/Files/DurableFile.cs"] = "it asks PlainFile",
        ["Storage/Files/SteadyFile.cs"] = "it asks PlainFile",
        ["Storage/Files/FileClaim.cs"] = "the claim, named by us",
        ["Storage/Files/ServingProcess.cs"] = "the claim, named by us, and /proc",
        ["Storage/Files/FileHolders.cs"] = "/proc",
        ["Checklist/Mounts.cs"] = "/proc",
        ["Cli/CheckCommand.cs"] = "/proc",
        ["Cli/CommandLog.cs"] = "a log, named by us",
        ["Listening/OpenFiles.cs"] = "/proc/self/limits",
        ["Monitoring/CurrentLogFile.cs"] = "a log, named by us",
        ["Monitoring/ProgramPages.cs"] = "/proc/self/smaps",
        ["Configuration/EnvFile.cs"] = "the file .env, before anything else",
        ["Backups/BackupFolder.cs"] = "the lock and the note of a failure, named by us",
        ["Backups/BackupRestorer.cs"] = "the marker, named by us",
        ["Backups/BackupManifest.cs"] = "it asks PlainFile",
        ["Replay/CandleFiles.cs"] = "a client, in which no database is open",
    };

    private static readonly string[] BannedFolders = ["Common", "Utils", "Utilities", "Helpers", "Core", "Services", "Shared", "Misc"];

    [Fact]
    public void Every_folder_has_its_arrows() =>
        Faults.None(Folders().Except(Arrows.Keys).Select(static folder => $"{folder} is a new folder: say in Arrows, in this test, what it may use (Floor, for a feature)."));

    [Fact]
    public void The_table_of_folders_in_the_documents_has_each_of_them()
    {
        var documented = FolderRow().Matches(File.ReadAllText(Repository.PathOf("docs", "architecture.md")))
            .SelectMany(static row => row.Groups["folder"].Captures.Select(static folder => folder.Value)).ToList();
        Faults.None(Folders().Except(documented).Select(static folder => $"{folder} needs its place in the table of folders in docs/architecture.md."));
        Faults.None(documented.Except(Folders()).Select(static folder => $"docs/architecture.md has the folder {folder} in its table, and it is not there."));
    }

    [Fact]
    public void Folders_use_only_what_the_table_allows()
    {
        var types = TypesByFolder();
        var wrong = Sources().Where(static source => source.Folder.Length > 0)
            .SelectMany(source => Uses(source, types).Select(use => (source.Path, source.Folder, Use: use)))
            .Where(static found => Arrows.ContainsKey(found.Folder) && !IsAllowed(found.Folder, found.Use))
            .Select(static found => $"{found.Path} uses {found.Use}, and {found.Folder} may use {string.Join(", ", Arrows[found.Folder])}");
        Faults.None(wrong);
    }

    [Fact]
    public void No_two_folders_use_each_other_not_even_through_others()
    {
        var uses = Arrows.ToDictionary(static arrow => arrow.Key, static arrow => arrow.Value.ToHashSet());
        while (uses.FirstOrDefault(static folder => folder.Value.Count == 0) is { Key: { } free })
        {
            uses.Remove(free);
            Array.ForEach([.. uses.Values], others => others.Remove(free));
        }

        Assert.Empty(uses.Keys);
    }

    /// <summary>A second engine stands behind the same seam: what only one of them knows is Storage's.</summary>
    [Fact]
    public void No_file_outside_of_Storage_names_an_engine_or_speaks_its_own_SQL()
    {
        // The settings say which engine DATABASE_URL means; the checklist asks python3 for the version of its own module.
        var named = Sources().Where(static source => source.Folder is not ("Storage" or "Configuration") && source.Path != "Checklist/Surroundings.cs")
            .SelectMany(static source => EngineWord().Matches(Comment().Replace(source.Text, " ")).Select(match => $"{source.Path}: {match.Value}"));
        Faults.None(named.Where(static found => !found.EndsWith("\"sqlite", StringComparison.Ordinal) && !found.EndsWith("\"sqlite_version", StringComparison.Ordinal))
            .Select(static found => $"{found} is a word of one engine: ask DatabaseEngine, Upkeep or Sql of Storage instead"));
    }

    [Fact]
    public void No_folder_is_a_drawer_for_everything() =>
        Assert.Empty(Directory.EnumerateDirectories(Repository.PathOf("src"), "*", SearchOption.AllDirectories)
            .Select(static path => System.IO.Path.GetFileName(path)).Intersect(BannedFolders));

    [Fact]
    public void No_file_is_longer_than_one_can_keep_in_mind() =>
        Faults.None(Sources().Where(static source => source.Text.AsSpan().Count('\n') > LongestFile).Select(static source => source.Path));

    [Fact]
    public void Nobody_opens_a_file_that_SQLite_may_have_open_in_this_process()
    {
        var opening = Sources().Where(static source => OpensFile().IsMatch(Noise().Replace(source.Text, " "))).Select(static source => source.Path).ToHashSet();
        Faults.None(opening.Except(MayOpenFiles.Keys).Select(static path => $"{path} opens a file: use PlainFile, or say here why it cannot be a database"));
        Faults.None(MayOpenFiles.Keys.Except(opening).Select(static path => $"{path} opens no file any more"));
    }

    [Fact]
    public void No_work_in_the_background_ends_the_server_by_its_failure() =>
        Faults.None(typeof(Server).Assembly.GetTypes().Where(static type => !type.IsAbstract && type.IsAssignableTo(typeof(Microsoft.Extensions.Hosting.BackgroundService))
            && !type.IsAssignableTo(typeof(Pilothouse.Monitoring.SteadyService))).Select(static type => $"{type.FullName} must be a SteadyService"));

    [Fact]
    public void Every_type_is_internal() =>
        Faults.None(typeof(Server).Assembly.GetTypes().Where(static type => type.IsVisible && type.Namespace?.StartsWith("Pilothouse", StringComparison.Ordinal) == true).Select(static type => type.FullName));

    [Fact]
    public void Namespaces_follow_folders()
    {
        var wrong = Sources().Where(static source => Namespace().Match(source.Text) is { Success: true } found
            && found.Groups[1].Value != string.Join('.', ((string[])["Pilothouse", .. source.Path.Split('/')[..^1]])));
        Faults.None(wrong.Select(static source => source.Path));
    }

    private static IEnumerable<string> Folders() => Sources().Select(static source => source.Folder).Where(static folder => folder.Length > 0).Distinct();

    private static ILookup<string, string> TypesByFolder() =>
        Sources().SelectMany(static source => TypeDeclaration().Matches(source.Text).Select(match => (source.Folder, Type: match.Groups[1].Value)))
            .ToLookup(static entry => entry.Folder, static entry => entry.Type);

    private static bool IsAllowed(string folder, string use)
    {
        var target = use.Split('.')[0];
        return target == folder || Arrows.GetValueOrDefault(folder, []).Contains(target);
    }

    /// <summary>
    /// What a file uses of other folders, as "Folder.Type": of a namespace that it imports each type whose name occurs, and each
    /// type that it writes with its folder.
    /// </summary>
    private static IEnumerable<string> Uses(Source source, ILookup<string, string> types)
    {
        var code = Noise().Replace(source.Text, " ");
        var words = Word().Matches(code).Select(static match => match.Value).ToHashSet();
        foreach (Match import in Import().Matches(code))
        {
            var folder = import.Groups[1].Value;
            string[] used = [.. types[folder].Where(words.Contains).Distinct()];

            // An import of extension methods only shows no type.
            foreach (var type in used.DefaultIfEmpty("*"))
            {
                yield return $"{folder}.{type}";
            }
        }

        foreach (Match name in Qualified().Matches(code))
        {
            var folder = name.Groups[1].Value;
            if (folder != source.Folder && name.Groups[2].Value.Split('.').FirstOrDefault(types[folder].Contains) is { } type)
            {
                yield return $"{folder}.{type}";
            }
        }
    }

    private static IEnumerable<Source> Sources()
    {
        var root = Repository.PathOf("src", "Pilothouse");
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => System.IO.Path.GetRelativePath(root, path).Replace('\\', '/'))
            .Where(static path => path.Split('/')[0] is not ("bin" or "obj"))
            .Select(path => new Source(path, path.Contains('/', StringComparison.Ordinal) ? path.Split('/')[0] : "", File.ReadAllText(System.IO.Path.Combine(root, path))));
    }

    private sealed record Source(string Path, string Folder, string Text);

    /// <summary>Names of engines, their libraries, and words of SQL that only one of them understands. A label that clients know may stay.</summary>
    [GeneratedRegex(@"\x22sqlite(?:_version)?|\w*(?:sqlite|postgres|npgsql)\w*|(?-i:\browid\b)|\bPRAGMA\b|\bILIKE\b|\bstrftime\b|\bjulianday\b|AND \+\w", RegexOptions.IgnoreCase)]
    private static partial Regex EngineWord();

    /// <summary>A row whose first cell is names of folders.</summary>
    [GeneratedRegex(@"^\| `(?<folder>[A-Z]\w+)`(?:, `(?<folder>[A-Z]\w+)`)* \|", RegexOptions.Multiline)]
    private static partial Regex FolderRow();

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^using (?:static )?Pilothouse\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"\b([A-Z]\w+)((?:\.[A-Z]\w+)+)")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^(?:internal|public)[\w ]*? (?:class|record struct|record|struct|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>Comments, and text in quotes: they use nothing.</summary>
    [GeneratedRegex("""//.*$|"(?:[^"\\\n]|\\.)*" """, RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Noise();

    /// <summary>A stream over a path, or one of File's methods that open: a manifest resource and a look at names are none.</summary>
    [GeneratedRegex(@"new FileStream\(|: FileStream\(|(?<![\w])File\.(?:Open|Read|Write|Append|Copy|Create(?!Symbolic))\w*\(")]
    private static partial Regex OpensFile();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
