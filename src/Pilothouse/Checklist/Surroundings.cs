using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilothouse.Checklist;

/// <summary>What the checklist knows of the machine.</summary>
/// <param name="Now">The time of its clock.</param>
/// <param name="ClockIsKept">Whether the kernel says that something keeps the clock right; null where it does not say.</param>
/// <param name="PythonLibrary">The library of the database that python3 brings, which bots use; null where there is none.</param>
/// <param name="Mounts">Its file systems.</param>
/// <param name="EnvFile">Where .env is.</param>
internal sealed partial record Surroundings(DateTimeOffset Now, bool? ClockIsKept, string? PythonLibrary, Mounts Mounts, string EnvFile)
{
    private const int NotSynchronised = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<Surroundings> LookAsync(TimeProvider clock) =>
        new(clock.GetUtcNow(), AskKernel(), await AskPythonAsync(), Mounts.Look(), Path.GetFullPath(".env"));

    private static bool? AskKernel()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // struct timex, which is smaller than this everywhere; all zeros ask and change nothing.
        var answer = AdjustTime(new byte[512]);
        return answer < 0 ? null : answer != NotSynchronised;
    }

    private static async Task<string?> AskPythonAsync()
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-I", "-c", "import sqlite3; print(sqlite3.sqlite_version)"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (python is null)
            {
                return null;
            }

            using var patience = new CancellationTokenSource(Patience);
            try
            {
                var text = await python.StandardOutput.ReadToEndAsync(patience.Token);
                await python.WaitForExitAsync(patience.Token);
                return python.ExitCode == 0 ? text.Trim() : null;
            }
            catch (OperationCanceledException)
            {
                python.Kill();
                return null;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AdjustTime([In, Out] byte[] timex);
}
