namespace Pilothouse.Tests.Fixtures;

/// <summary>Programs from npm, in the versions of tests/tools/package-lock.json.</summary>
internal static class NodeTools
{
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    public static string Folder { get; } = Repository.PathOf("tests", "tools");

    /// <summary>Runs a script or a package's program with bun, which the package of that name brings along.</summary>
    /// <param name="script">Its path under tests/tools.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">What it reads from its standard input; null for nothing.</param>
    public static async Task<(int Code, string Out, string Error)> BunAsync(string script, IEnumerable<string> arguments, string? input = null)
    {
        await Installed.Value;
        return await Tool.RunAsync(Path.Combine(Folder, "node_modules", ".bin", "bun"), [Path.Combine(Folder, script), .. arguments], input);
    }

    /// <summary>Installs what is missing or older than the lock file; check-openapi.sh does the same.</summary>
    private static async Task InstallAsync()
    {
        const string script = "cd \"$0\" && exec 9>.npm-lock && flock 9 && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund; }";
        var (code, output, error) = await Tool.RunAsync("bash", ["-c", script, Folder]);
        Assert.True(code == 0, $"npm ci in tests/tools failed: {output}{error}");
    }
}
