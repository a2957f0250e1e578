using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>The server is started without standard files, or its terminal is closed.</summary>
public sealed class StandardFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Database => folder.File("trading_bot.db");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    [InlineData(">/dev/full 2>/dev/full")]
    [InlineData(">full 2>&1")]
    public async Task The_server_starts_works_and_ends_well_with(string redirection)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it needs bash");
        var port = ServerProcess.FreePort();
        using var process = await BeginAsync($"exec \"$@\" serve {redirection}", port);
        Assert.True(await AnswersAsync(port), redirection);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal(200, (await client.SendAsync("POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""")).Status);
        Assert.Equal(0, await EndAsync(process, "TERM"));
        Assert.Equal("ok", await Tool.IntegrityAsync(Database));
        Assert.StartsWith("SQLite format 3", System.Text.Encoding.ASCII.GetString((await File.ReadAllBytesAsync(Database, TestContext.Current.CancellationToken))[..15]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", ">&- 2>&-", 2)]
    [InlineData("--help", ">/dev/full", 1)]
    [InlineData("--help", ">&-", 0)]
    [InlineData("cleanup --dry-run", ">/dev/full", 1)]
    [InlineData("backup list", ">&- 2>&-", 0)]
    [InlineData("backup", ">/dev/full 2>/dev/full", 1)]
    [InlineData("serve", ">/dev/full 2>/dev/full", 1)]
    public async Task A_command_ends_with_a_code_that_says_whether_it_could_tell(string command, string redirection, int expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it needs bash");
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["migrate"])).Code);

        // A wrong setting makes the command serve fail.
        await File.WriteAllTextAsync(folder.File(".env"), "DURABILITY=sometimes\n", TestContext.Current.CancellationToken);
        var begin = command == "serve" ? "" : "DURABILITY=full ";
        using var process = await BeginAsync($"{begin}exec \"$@\" {command} {redirection}", 0);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, process.ExitCode);
    }

    [Fact]
    public async Task A_server_whose_terminal_is_closed_ends_as_by_SIGTERM()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it needs signals");
        var port = ServerProcess.FreePort();

        // The tests themselves may run under nohup, and the server would inherit that.
        using var process = await BeginAsync("exec env --default-signal=HUP \"$@\" serve >out 2>&1", port);
        Assert.True(await AnswersAsync(port));
        Assert.Equal(0, await EndAsync(process, "HUP"));
        Assert.False(File.Exists(Database + "-wal"));
        Assert.Contains("\"message\":\"Stopped; process", await File.ReadAllTextAsync(folder.File("logs/mcp_server.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_under_nohup_goes_on_when_the_terminal_is_closed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "it needs signals");
        var port = ServerProcess.FreePort();
        using var process = await BeginAsync("exec nohup \"$@\" serve >out 2>&1", port);
        Assert.True(await AnswersAsync(port));
        await Tool.RunAsync("kill", ["-HUP", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.False(process.HasExited);
        Assert.True(await AnswersAsync(port));
        Assert.Equal(0, await EndAsync(process, "TERM"));
    }

    /// <summary>Starts what bash makes of <paramref name="script"/>; the file "full" is a pipe that nobody reads and that holds no more.</summary>
    private async Task<Process> BeginAsync(string script, int port)
    {
        const string Fill = "mkfifo full; exec 7<>full; timeout 1 head -c 1000000 /dev/zero >&7; ";
        var start = new ProcessStartInfo("bash", ["-c", (script.Contains(">full", StringComparison.Ordinal) ? Fill : "") + script, "bash", .. ServerProcess.Words]) { WorkingDirectory = folder.Path };
        foreach (var name in start.Environment.Keys.Where(static name => name is not ("PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR")).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in new[] { ("BOT_CONTROL_PIN", TestServer.Pin), ("JWT_SECRET_KEY", TestServer.Secret), ("MCP_SERVER_PORT", port.ToString(CultureInfo.InvariantCulture)) })
        {
            start.Environment[name] = value;
        }

        await Task.Yield();
        return Process.Start(start)!;
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(20); await Task.Delay(50))
        {
            try
            {
                using var answer = await client.GetAsync("/health");
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
        }

        return false;
    }

    private static async Task<int> EndAsync(Process process, string signal)
    {
        await Tool.RunAsync("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail($"The server did not end by {signal}.");
        }

        return process.ExitCode;
    }
}
