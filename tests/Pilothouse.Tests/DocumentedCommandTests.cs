using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests;

/// <summary>Every command that the documents and the deployment files tell an owner to type is one that the program takes.</summary>
public sealed partial class DocumentedCommandTests
{
    /// <summary>What stands in documents for what an owner puts there.</summary>
    private static readonly Dictionary<string, string> Placeholders = new() { ["ID"] = "1", ["$KEY_ID"] = "1", ["PIN"] = "749162", ["N"] = "name", ["NAME"] = "latest" };

    public static TheoryData<string> Commands => [.. Found().Select(static found => found.Command).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Returns every command that does something, such as "backup create".</summary>
    internal static IEnumerable<string> EveryCommand() => Leaves(Root(), "");

    internal static RootCommand Root()
    {
        var root = new RootCommand();
        foreach (var create in typeof(Server).Assembly.GetTypes().Where(static type => type.Namespace is "Pilothouse.Cli" or "Pilothouse.Replay" && type.Name.EndsWith("Command", StringComparison.Ordinal))
            .Select(static type => type.GetMethod("Create", BindingFlags.Static | BindingFlags.Public, [])).OfType<MethodInfo>())
        {
            root.Add((Command)create.Invoke(null, null)!);
        }

        return root;
    }

    [Fact]
    public void The_program_has_the_commands_that_these_tests_know() =>
        Assert.Equal(ProgramLine().Matches(File.ReadAllText(Repository.PathOf("src", "Pilothouse", "Program.cs"))).Select(static line => line.Groups[1].Value).Order(StringComparer.Ordinal),
            typeof(Server).Assembly.GetTypes().Where(static type => type.Namespace is "Pilothouse.Cli" or "Pilothouse.Replay" && type.GetMethod("Create", BindingFlags.Static | BindingFlags.Public, [])?.ReturnType == typeof(Command)).Select(static type => type.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void The_documents_name_every_command()
    {
        var named = Commands.Select(static row => (string)row.Data).ToList();
        Assert.All(Root().Subcommands, command => Assert.Contains(named, line => line.Split(' ')[0] == command.Name));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_documented_command_exists(string command)
    {
        var errors = Variants(command).SelectMany(static variant => Root().Parse(variant).Errors.Select(error => $"{variant}: {error.Message}")).ToList();

        // A command may be named without the options that it must have: `pilothouse key create`.
        errors.RemoveAll(static error => error.EndsWith("is required.", StringComparison.Ordinal) || error.Contains("An API key is needed", StringComparison.Ordinal) || error.Contains("Required argument missing", StringComparison.Ordinal) || error.Contains("Required command", StringComparison.Ordinal));
        Assert.True(errors.Count == 0, $"{string.Join("; ", errors)} (in {string.Join(", ", Found().Where(found => found.Command == command).Select(static found => found.File))})");
    }

    /// <summary>"backup verify [NAME|latest|all]" is four commands: with each of the words and with none.</summary>
    private static IEnumerable<string> Variants(string command)
    {
        var choice = Choice().Match(command);
        if (!choice.Success)
        {
            return [string.Join(' ', command.Split(' ').Select(static word => Placeholders.GetValueOrDefault(word, word)))];
        }

        return choice.Groups[1].Value.Split('|').Append("").SelectMany(word => Variants(string.Concat(command.AsSpan(0, choice.Index), word, command.AsSpan(choice.Index + choice.Length)).Replace("  ", " ", StringComparison.Ordinal).Trim()));
    }

    private static IEnumerable<(string Command, string File)> Found()
    {
        string[] files =
        [
            Repository.PathOf("README.md"), Repository.PathOf(".env.example"), Repository.PathOf("start_mcp_server.sh"),
            .. Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories), .. Directory.EnumerateFiles(Repository.PathOf("deploy"), "*", SearchOption.AllDirectories),
        ];
        return files.SelectMany(static file => Line().Matches(File.ReadAllText(file)).Select(match => (Clean(match.Groups[1].Value), Path.GetRelativePath(Repository.Root, file))));
    }

    private static string Clean(string text)
    {
        var command = text.Replace("\\|", "|", StringComparison.Ordinal).Replace("\\-", "-", StringComparison.Ordinal);
        command = Rest().Replace(command, "");
        return command.Replace("...", "", StringComparison.Ordinal).Trim();
    }

    /// <summary>The program's name at the beginning of code in a sentence or of a line, or as a path, and then a word that could be a command.</summary>
    [GeneratedRegex(@"(?:^|[`$(/ ])pilothouse ((?:serve|migrate|alert|key|backup|audit|replay|status|check|cleanup|vacuum|move|import|mcp|webhook)\b[^`\n]*)(?=`|$)", RegexOptions.Multiline)]
    private static partial Regex Line();

    /// <summary>What the shell takes for itself.</summary>
    [GeneratedRegex(@"(\s+[#|>&;].*|[);\x22].*|\s+2>.*|\s*,\s.*)$")]
    private static partial Regex Rest();

    private static IEnumerable<string> Leaves(Command command, string path) => command.Subcommands.Count == 0 ? [path]
        : command.Subcommands.SelectMany(sub => Leaves(sub, $"{path} {sub.Name}".Trim()));

    [GeneratedRegex(@"\[([^\]]+)\]")]
    private static partial Regex Choice();

    [GeneratedRegex(@"^    (\w+)\.Create\(\),", RegexOptions.Multiline)]
    private static partial Regex ProgramLine();
}
