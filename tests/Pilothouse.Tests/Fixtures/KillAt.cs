using System.Globalization;

namespace Pilothouse.Tests.Fixtures;

/// <summary>
/// Runs a command of the program repeatedly, and kills it (kill -9) just before its first change to a file, then before its second, and so
/// on until it runs to its end: see tests/tools/kill-at.c. Linux only.
/// </summary>
internal static class KillAt
{
    private static readonly Lazy<Task<string>> Library = new(() => Tool.CompileAsync("kill-at"));

    /// <summary>Kills the command before each of its changes under <paramref name="folder"/>.</summary>
    /// <param name="folder">The folder whose files count. The command runs in it.</param>
    /// <param name="command">The arguments after <c>pilothouse</c>.</param>
    /// <param name="environment">The settings.</param>
    /// <param name="prepare">Puts the folder into the state before the command. It is called before each run.</param>
    /// <param name="check">Checks what a killed run left behind. Its argument is the number of the step.</param>
    /// <param name="stride">Only every stride-th step is tried; 1 tries all.</param>
    /// <returns>How often the command was killed.</returns>
    public static async Task<int> EachStepAsync(
        TemporaryFolder folder, string[] command, (string Name, string Value)[] environment, Func<Task> prepare, Func<string, Task> check, int stride = 1)
    {
        var kills = 0;
        for (var step = 1; ; step += stride)
        {
            await prepare();
            using var notes = new TemporaryFolder();
            var log = notes.File("steps");
            var (code, _, error) = await ServerProcess.RunAsync(folder, command,
                [.. environment, ("LD_PRELOAD", await Library.Value), ("KILL_AT", step.ToString(CultureInfo.InvariantCulture)), ("KILL_AT_FOLDER", folder.Path), ("KILL_AT_LOG", log)]);
            if (code == 0)
            {
                return kills;
            }

            // 137 is 128 + SIGKILL.
            Assert.True(code == 137, $"{string.Join(' ', command)} ended with {code} at step {step}: {error}");
            kills++;
            await check($"killed before {(await File.ReadAllLinesAsync(log))[^1]}");
            Assert.True(kills < 2000, "The command has no end.");
        }
    }
}
