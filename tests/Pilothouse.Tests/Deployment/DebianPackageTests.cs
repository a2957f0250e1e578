using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Deployment;

/// <summary>The Debian package, as Debian's own checks judge it and as a machine lives with it.</summary>
public sealed partial class DebianPackageTests
{
    /// <summary>What <c>tests/tools/try-deb</c> answers where this machine cannot boot a container.</summary>
    private const int CannotTry = 77;

    private static string Dist
    {
        get
        {
            var binary = Environment.GetEnvironmentVariable("PILOTHOUSE_BINARY");
            Assert.SkipUnless(binary is { Length: > 0 } && File.Exists(Path.Combine(Path.GetDirectoryName(binary)!, "libe_sqlite3.so")), "The package holds the Native AOT binary, which .ci/run makes: set PILOTHOUSE_BINARY.");
            return Path.GetDirectoryName(Path.GetFullPath(binary!))!;
        }
    }

    [Fact]
    public async Task Lintian_finds_no_error_and_no_warning_and_the_same_commit_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var package = await BuildAsync(folder, "one", "0.1.0");
        var (code, output, error) = await Tool.RunAsync("lintian", ["--allow-root", "--fail-on", "error,warning", package]);
        Assert.True(code == 0, output + error);
        Assert.Equal(await File.ReadAllBytesAsync(package, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(await BuildAsync(folder, "two", "0.1.0"), TestContext.Current.CancellationToken));
    }

    /// <summary>Shows that the check above can fail.</summary>
    [Fact]
    public async Task Lintian_would_find_a_mistake()
    {
        using var folder = new TemporaryFolder();
        var package = await BuildAsync(folder, "one", "0.1.0");
        await ShellAsync($"cd {folder.Path} && dpkg-deb -R {package} tree && install -D -m 644 /dev/null tree/opt/stray && dpkg-deb --root-owner-group -z0 -b tree bad.deb");
        var (code, output, _) = await Tool.RunAsync("lintian", ["--allow-root", "--fail-on", "error,warning", folder.File("bad.deb")]);
        Assert.NotEqual(0, code);
        Assert.Contains("dir-or-file-in-opt", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_installed_upgraded_removed_and_purged_on_an_empty_Debian_without_losing_a_record()
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/usr/sbin/debootstrap") && File.Exists("/usr/bin/systemd-nspawn"), "It boots a container, which needs root, debootstrap and systemd-container.");
        using var folder = new TemporaryFolder();
        var (first, second) = (await BuildAsync(folder, "one", "0.1.0"), await BuildAsync(folder, "two", "0.1.1"));
        Directory.CreateDirectory(Repository.PathOf(".build"));
        var (code, output, error) = await Tool.RunAsync(Repository.PathOf("tests", "tools", "try-deb"), [Repository.PathOf(".build", "debian"), first, second, Repository.PathOf("tests", "tools", "deb-life")]);
        Assert.SkipWhen(code == CannotTry, output.Trim());
        Assert.True(code == 0, output + error);
        Assert.Equal(21, output.Split('\n').Count(static line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_manual_page_names_every_command_and_no_other()
    {
        var page = File.ReadAllText(Repository.PathOf("deploy", "deb", "pilothouse.1")).Replace("\\-", "-", StringComparison.Ordinal);
        var section = page[page.IndexOf(".SH COMMANDS", StringComparison.Ordinal)..page.IndexOf(".SH OPTIONS", StringComparison.Ordinal)];
        var named = Heading().Matches(section).SelectMany(static line => line.Groups[1].Value.Replace("\" \", \" \"", "\n", StringComparison.Ordinal).Replace("\" \", \"", "\n", StringComparison.Ordinal).Replace(" \", \" ", "\n", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Split('\n')).Order(StringComparer.Ordinal);
        Assert.Equal(DocumentedCommandTests.EveryCommand().Order(StringComparer.Ordinal), named);
    }

    [Theory]
    [InlineData("pilothouse ba", "backup")]
    [InlineData("pilothouse backup ", "create list restore service verify")]
    [InlineData("pilothouse key create --s", "--scopes")]
    [InlineData("pilothouse nothing", "")]
    public async Task Bash_completes_what_the_program_takes(string typed, string expected)
    {
        const string script = """
            source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; read -ra COMP_WORDS <<<"$2"; [[ $2 != *" " ]] || COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pilothouse "$3"; echo "${COMPREPLY[*]}"
            """;
        using var folder = new TemporaryFolder();
        var program = folder.File("pilothouse");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec {string.Join(' ', ServerProcess.Words)} \"$@\"\n", TestContext.Current.CancellationToken);
        await ShellAsync($"chmod 755 {program}");
        var (code, output, error) = await Tool.RunAsync("bash", ["-c", script, "bash", Repository.PathOf("deploy", "completion", "pilothouse.bash"), typed, program]);
        Assert.True((code, output.Trim(), error) == (0, expected, ""), output + error);
    }

    /// <summary>Makes a package. It is compressed little, which takes a fifth of the time; what is in it is the same.</summary>
    private static async Task<string> BuildAsync(TemporaryFolder folder, string name, string version)
    {
        var (code, output, error) = await Tool.RunAsync("env", ["DPKG_DEB_COMPRESSOR_LEVEL=0", Repository.PathOf("deploy", "deb", "build"), Dist, folder.File(name), version]);
        Assert.True(code == 0, output + error);
        return output.Trim();
    }

    private static async Task ShellAsync(string script)
    {
        var (code, output, error) = await Tool.RunAsync("bash", ["-c", script]);
        Assert.True(code == 0, output + error);
    }

    [GeneratedRegex(@"^\.TP\n\.BR? (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
