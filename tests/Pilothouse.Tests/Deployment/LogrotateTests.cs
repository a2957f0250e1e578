using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Deployment;

/// <summary>The shipped logrotate file, run by Debian's logrotate beside a server that logs.</summary>
public sealed class LogrotateTests
{
    private const string Program = "/usr/sbin/logrotate";

    [Fact]
    public async Task It_turns_over_what_the_script_caught_and_leaves_the_servers_own_logs_alone()
    {
        Assert.SkipUnless(File.Exists(Program), "logrotate is not installed (Debian: apt-get install logrotate).");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File(".run"));
        var caught = folder.File(".run/server.out");
        var conf = folder.File("logrotate.conf");
        var text = await File.ReadAllTextAsync(Repository.PathOf("deploy", "logrotate", "pilothouse"));
        Assert.Contains("/srv/pilothouse/.run/server.out {", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(conf, text.Replace("/srv/pilothouse", folder.Path, StringComparison.Ordinal)
            .Replace("    su pilothouse pilothouse\n", Environment.UserName == "root" ? "    su root root\n" : "", StringComparison.Ordinal));
        await File.WriteAllTextAsync(caught, new string('x', 11 << 20));

        await using var server = await ServerProcess.ServeAsync(folder, ("LOG_DIR", folder.File("logs")));

        // As the script starts the server: with its output appended to the file, which it holds open all the while.
        using var writer = Tool.Start("bash", ["-c", $"exec >>'{caught}'; read -r; echo later"]);
        var before = Logs(folder);
        Assert.Contains(before, static line => line.StartsWith("mcp_server.log -> mcp_server-", StringComparison.Ordinal));

        var (code, _, said) = await Tool.RunAsync(Program, ["-d", conf]);
        Assert.True(code == 0 && !said.Contains("error", StringComparison.OrdinalIgnoreCase), said);
        (code, _, said) = await Tool.RunAsync(Program, ["-s", folder.File("state"), conf]);
        Assert.True(code == 0, said);
        Assert.True(File.Exists(caught + ".1.gz"));
        await writer.StandardInput.WriteLineAsync();
        await writer.WaitForExitAsync();
        Assert.Equal("later\n", await File.ReadAllTextAsync(caught));

        // Forced, and again: still nothing of the server's own.
        (code, _, said) = await Tool.RunAsync(Program, ["-f", "-s", folder.File("state"), conf]);
        Assert.True(code == 0, said);
        Assert.Equal(before, Logs(folder));
        var (status, _) = await server.Client.SendAsync("GET", "/api/signals");
        Assert.Equal(200, status);
        await server.TerminateAsync();
        Assert.Contains("/api/signals", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log")), StringComparison.Ordinal);
    }

    /// <summary>Names of the log folder, links with their targets.</summary>
    private static string[] Logs(TemporaryFolder folder) =>
        [.. new DirectoryInfo(folder.File("logs")).EnumerateFiles().Select(static file => file.LinkTarget is { } target ? $"{file.Name} -> {target}" : file.Name).Order(StringComparer.Ordinal)];
}
