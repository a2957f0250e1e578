using System.CommandLine;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>What every command does with settings, and how it says of which commit it is.</summary>
public sealed class CommandSettingsTests
{
    /// <summary>A line to type for each command: the shortest of those that the documents show and that are complete.</summary>
    public static TheoryData<string> Commands =>
    [
        .. DocumentedCommandTests.Commands.Select(static row => row.Data.Replace("...", "", StringComparison.Ordinal))
            .Concat(["audit export", "backup create", "import csv /dev/null", "import flask /dev/null", "import freqtrade /dev/null", "backup service", "webhook create --name n --kind tradingview", "key create --name n --scopes read", "key revoke 4711", "webhook revoke 4711", "move --from a.db --to b.db", "replay --api-key none"])
            .Select(static line => (Line: line, Parsed: DocumentedCommandTests.Root().Parse(line)))
            .Where(static one => one.Parsed.Errors.Count == 0 && !one.Line.Contains("--help", StringComparison.Ordinal))
            .GroupBy(static one => PathOf(one.Parsed.CommandResult)).Select(static group => group.MinBy(static one => one.Line.Length).Line).Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void Every_command_is_tried() => Assert.Equal(
        DocumentedCommandTests.EveryCommand().Order(StringComparer.Ordinal), Commands.Select(static row => PathOf(DocumentedCommandTests.Root().Parse(row.Data).CommandResult)).Where(static path => path != "backup").Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_wrong_setting_ends_a_command_with_a_sentence(string command)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ServerProcess.RunAsync(folder, command.Split(' '), ("SESSION_TIMEOUT_MINUTES", "soon"));
        Assert.DoesNotContain("Unhandled exception", error, StringComparison.Ordinal);
        Assert.InRange(code, 0, 2);
        if (output.Length + error.Length > 0 && code == 1 && !command.StartsWith("replay", StringComparison.Ordinal) && !command.StartsWith("mcp", StringComparison.Ordinal))
        {
            Assert.Contains("SESSION_TIMEOUT_MINUTES=soon: allowed is a whole number from 1 to 43200.", output + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Settings_may_stand_in_a_second_file_but_not_twice_with_different_values()
    {
        using var folder = new TemporaryFolder();
        var beside = folder.File("pilothouse.env");
        await File.WriteAllTextAsync(beside, "SESSION_TIMEOUT_MINUTES=soon\nRATE_LIMIT=\n", TestContext.Current.CancellationToken);
        Assert.Contains("SESSION_TIMEOUT_MINUTES=soon", (await StatusAsync()).Error, StringComparison.Ordinal);

        // The environment wins over the files.
        Assert.DoesNotContain("SESSION_TIMEOUT_MINUTES", (await StatusAsync(("SESSION_TIMEOUT_MINUTES", "30"))).Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(folder.File(".env"), "SESSION_TIMEOUT_MINUTES=15\nLOG_LEVEL=DEBUG\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(beside, "SESSION_TIMEOUT_MINUTES=20\nLOG_LEVEL=DEBUG\n", TestContext.Current.CancellationToken);
        var (code, _, error) = await StatusAsync();
        Assert.Equal((1, $"SESSION_TIMEOUT_MINUTES has one value in {folder.File(".env")} and another one in {beside}. Remove one of the two lines."), (code, error.Trim()));

        File.Delete(beside);
        (code, _, error) = await StatusAsync();
        Assert.Equal((1, $"SETTINGS_FILE={beside}: there is no such file, or this user may not look there."), (code, error.Trim()));

        Task<(int Code, string Out, string Error)> StatusAsync(params (string, string)[] also) => ServerProcess.RunAsync(folder, ["status"], [("SETTINGS_FILE", beside), .. also]);
    }

    [Fact]
    public async Task The_version_names_the_commit_and_its_date()
    {
        using var folder = new TemporaryFolder();
        var (code, output, _) = await ServerProcess.RunAsync(folder, ["--version"]);
        Assert.Equal(0, code);
        Assert.Matches(@"^pilothouse \d+\.\d+\.\d+ \((commit [0-9a-f]{12} of \d{4}-\d\d-\d\d|not built from a commit)\)\n$", output);
    }

    private static string PathOf(System.CommandLine.Parsing.CommandResult result) => result.Parent is System.CommandLine.Parsing.CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}".Trim() : "";
}
