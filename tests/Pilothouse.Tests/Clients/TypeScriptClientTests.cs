using System.Diagnostics;
using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Clients;

/// <summary>The TypeScript client as docs/clients.md makes it: types from the served document, held to by the strict compiler, and run.</summary>
public sealed class TypeScriptClientTests
{
    private static string Folder => Repository.PathOf("clients", "typescript");

    /// <summary>The compiler also holds must-not-compile.ts to be wrong, line by line.</summary>
    [Fact]
    public async Task It_is_generated_from_the_document_compiled_with_strict_and_trades()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var key = (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "typescript", "--scopes", "read,write"])).Out.Trim();
        var (package, installed) = (new FileInfo(Path.Combine(Folder, "package-lock.json")), new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json")));
        Assert.DoesNotContain("\"resolved\"", await File.ReadAllTextAsync(package.FullName), StringComparison.Ordinal);
        if (!installed.Exists || installed.LastWriteTimeUtc < package.LastWriteTimeUtc)
        {
            await RunAsync("npm", ["ci", "--silent", "--no-audit", "--no-fund"]);
            File.SetLastWriteTimeUtc(installed.FullName, DateTime.UtcNow);
        }

        await File.WriteAllTextAsync(Path.Combine(Folder, "openapi.json"), await server.Client.GetStringAsync("/openapi/v1.json"));
        await RunAsync("npm", ["run", "--silent", "generate"]);
        await RunAsync("npm", ["run", "--silent", "build"]);
        var said = await RunAsync("node", [Path.Combine("build", "example.js")], ("PILOTHOUSE_URL", $"http://127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}"), ("PILOTHOUSE_API_KEY", key));
        Assert.Equal("pnl 14.93\ninvalid-input: signal_strength\n", said);
        Assert.Equal("1|1", await Tool.SqliteAsync(folder.File("trading_bot.db"), "SELECT (SELECT count(*) FROM signals), count(*) FROM trades WHERE signal_id = 1 AND status = 'closed';"));
    }

    private static async Task<string> RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await output}{await error}");
        return await output;
    }
}
