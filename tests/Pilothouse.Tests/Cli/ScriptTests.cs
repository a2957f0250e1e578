using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>start_mcp_server.sh where plain http, or the port of .env, leads elsewhere.</summary>
public sealed class ScriptTests
{
    [Fact]
    public async Task The_script_starts_shows_tries_and_stops_a_server_that_forces_HTTPS_and_has_no_door_for_agents()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the script needs bash");
        using var folder = new TemporaryFolder();
        File.Copy(Repository.PathOf("start_mcp_server.sh"), folder.File("start_mcp_server.sh"));
        var settings = MadeCertificate.MakeGood().WriteTo(folder).Concat(
        [
            ("FORCE_HTTPS", "true"), ("MCP_ENABLED", "false"), ("MCP_SERVER_PORT", ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture)),
            ("BOT_CONTROL_PIN", TestServer.Pin), ("JWT_SECRET_KEY", TestServer.Secret),
        ]).ToDictionary(static setting => setting.Item1, static setting => setting.Item2);
        await File.WriteAllLinesAsync(folder.File(".env"), settings.Select(static setting => $"{setting.Key}={setting.Value}"));
        try
        {
            var started = await RunAsync(folder, "start");
            Assert.Contains($"HTTPS     https://127.0.0.1:{settings["HTTPS_PORT"]}", started, StringComparison.Ordinal);
            Assert.Contains("\"status\":\"healthy\"", await RunAsync(folder, "status"), StringComparison.Ordinal);
            Assert.Contains("checks passed", await RunAsync(folder, "test"), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Contains("The server has stopped.", await RunAsync(folder, "stop"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_finds_the_running_server_after_the_port_was_changed_and_sends_no_key_to_another_program()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the script needs bash");
        using var folder = new TemporaryFolder();
        File.Copy(Repository.PathOf("start_mcp_server.sh"), folder.File("start_mcp_server.sh"));
        var port = ServerProcess.FreePort();
        using var other = new System.Net.HttpListener();
        var otherPort = ServerProcess.FreePort();
        other.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{otherPort}/"));
        other.Start();
        var asked = new List<string>();
        _ = Task.Run(async () =>
        {
            while (other.IsListening && await other.GetContextAsync() is { } got)
            {
                asked.Add($"{got.Request.Url!.AbsolutePath} {got.Request.Headers["X-Api-Key"]}{got.Request.Headers["Authorization"]}");
                got.Response.Close();
            }
        }, TestContext.Current.CancellationToken);
        async Task SetPortAsync(int number) => await File.WriteAllTextAsync(folder.File(".env"), string.Create(CultureInfo.InvariantCulture, $"MCP_SERVER_PORT={number}\nBOT_CONTROL_PIN={TestServer.Pin}\nJWT_SECRET_KEY={TestServer.Secret}\n"));
        await SetPortAsync(port);
        try
        {
            await RunAsync(folder, "start");
            await SetPortAsync(otherPort);
            Assert.Contains("runs already (process ", await RunAsync(folder, "start"), StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"on http://127.0.0.1:{port}."), await RunAsync(folder, "start"), StringComparison.Ordinal);
            Assert.Contains("checks passed", await RunAsync(folder, "test"), StringComparison.Ordinal);
            Assert.Empty(asked);
        }
        finally
        {
            await RunAsync(folder, "stop");
        }

        var (code, output, error) = await TryAsync(folder, "test");
        Assert.True(code == 1, output);
        Assert.Contains("Another program answers on", error, StringComparison.Ordinal);
        Assert.Equal(["/health "], asked.Distinct());
    }

    [Fact]
    public void The_README_shows_the_words_of_the_script_for_a_build_and_both_say_how_long_it_takes()
    {
        var script = File.ReadAllText(Repository.PathOf("start_mcp_server.sh"));
        var said = File.ReadLines(Repository.PathOf("README.md"))
            .Single(static line => line.StartsWith("Building the server", StringComparison.Ordinal));
        Assert.Contains($"say \"{said}\"", script, StringComparison.Ordinal);
        Assert.Contains("one to two minutes on two cores", said, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(TemporaryFolder folder, string command)
    {
        var (code, output, error) = await TryAsync(folder, command);
        Assert.True(code == 0, $"{command}: {output}{error}");
        return output;
    }

    private static async Task<(int Code, string Out, string Error)> TryAsync(TemporaryFolder folder, string command)
    {
        var start = new ProcessStartInfo("bash", [folder.File("start_mcp_server.sh"), command]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        start.Environment["PILOTHOUSE_BINARY"] = Environment.GetEnvironmentVariable("PILOTHOUSE_BINARY") is { Length: > 0 } binary ? binary : Path.Combine(AppContext.BaseDirectory, "pilothouse");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
