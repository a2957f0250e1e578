using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilothouse.Checklist;

/// <summary>What the checklist knows about the machine.</summary>
/// <param name="Now">The time of its clock.</param>
/// <param name="ClockIsKept">Whether the kernel says that the clock is synchronized; null if it does not say.</param>
/// <param name="PythonLibrary">The version of the database library in python3, which bots use; null if there is none.</param>
/// <param name="Mounts">Its file systems.</param>
/// <param name="EnvFile">The path of .env.</param>
/// <param name="SettingsFile">The path of the file that SETTINGS_FILE names; null if it names none.</param>
internal sealed partial record Surroundings(DateTimeOffset Now, bool? ClockIsKept, string? PythonLibrary, Mounts Mounts, string EnvFile, string? SettingsFile = null)
{
    private const int NotSynchronised = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<Surroundings> LookAsync(TimeProvider clock) =>
        new(clock.GetUtcNow(), AskKernel(), await AskPythonAsync(), Mounts.Look(), Path.GetFullPath(".env"), Environment.GetEnvironmentVariable("SETTINGS_FILE") is { Length: > 0 } path ? Path.GetFullPath(path) : null);

    private static bool? AskKernel()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // The struct timex is smaller than 512 bytes on every system. If it is all zeros, the call only reads.
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
