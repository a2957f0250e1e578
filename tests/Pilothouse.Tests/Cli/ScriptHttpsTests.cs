using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Cli;

/// <summary>start_mcp_server.sh where plain http leads elsewhere.</summary>
public sealed class ScriptHttpsTests
{
    [Fact]
    public async Task The_script_starts_shows_tries_and_stops_a_server_that_forces_HTTPS()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the script needs bash");
        using var folder = new TemporaryFolder();
        File.Copy(Repository.PathOf("start_mcp_server.sh"), folder.File("start_mcp_server.sh"));
        var settings = MadeCertificate.MakeGood().WriteTo(folder).Concat(
        [
            ("FORCE_HTTPS", "true"), ("MCP_SERVER_PORT", ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture)),
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

    private static async Task<string> RunAsync(TemporaryFolder folder, string command)
    {
        var start = new ProcessStartInfo("bash", [folder.File("start_mcp_server.sh"), command]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        start.Environment["PILOTHOUSE_BINARY"] = Environment.GetEnvironmentVariable("PILOTHOUSE_BINARY") is { Length: > 0 } binary ? binary : Path.Combine(AppContext.BaseDirectory, "pilothouse");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{command}: {await output}{await error}");
        return await output;
    }
}
