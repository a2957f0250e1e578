using System.Diagnostics;

namespace Pilothouse.Tests.Fixtures;

/// <summary>Runs other programs for tests.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Out, string Error)> RunAsync(string program, IEnumerable<string> arguments, string? input = null)
    {
        using var process = Start(program, arguments);
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    public static Process Start(string program, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Runs SQL in the sqlite3 program, which has a SQLite library of its own, as Python bots do.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> SqliteAsync(string database, string sql)
    {
        var (code, output, error) = await RunAsync("sqlite3", ["-bail", "-cmd", ".timeout 10000", database], sql);
        Assert.True(code == 0, $"sqlite3 failed: {error}");
        return output.Trim();
    }

    public static async Task<string> IntegrityAsync(string database) => await SqliteAsync(database, "PRAGMA integrity_check;");

    public static async Task PythonAsync(string script, params string[] arguments)
    {
        var (code, _, error) = await RunAsync("python3", ["-c", script, .. arguments]);
        Assert.True(code == 0, $"python3 failed: {error}");
    }

    /// <summary>Lets another program hold the file's write lock for some seconds.</summary>
    /// <returns>The running program, which holds the lock now.</returns>
    public static async Task<Process> HoldLockAsync(string database, double seconds, string begin = "BEGIN IMMEDIATE")
    {
        var script = $"""
            import sqlite3, sys, time
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute({Quote(begin)})
            db.execute("SELECT count(*) FROM sqlite_master").fetchall()
            print("held", flush=True)
            time.sleep({seconds.ToString(System.Globalization.CultureInfo.InvariantCulture)})
            db.execute("ROLLBACK")
            """;
        var process = Start("python3", ["-c", script, database]);
        Assert.Equal("held", await process.StandardOutput.ReadLineAsync());
        return process;
    }

    /// <summary>Compiles tests/tools/NAME.c to a library for LD_PRELOAD. Linux only.</summary>
    /// <returns>The path of the library.</returns>
    public static async Task<string> CompileAsync(string name)
    {
        var library = Path.Combine(AppContext.BaseDirectory, name + ".so");
        var (code, _, error) = await RunAsync("gcc", ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, Repository.PathOf("tests", "tools", name + ".c"), "-ldl"]);
        Assert.True(code == 0, error);
        return library;
    }

    private static string Quote(string text) => $"\"{text}\"";
}
