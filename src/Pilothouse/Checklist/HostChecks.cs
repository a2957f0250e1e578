using System.Globalization;

namespace Pilothouse.Checklist;

/// <summary>Checks the machine: its clock, and the limits of a process.</summary>
internal static class HostChecks
{
    private const int FewFiles = 4096;

    /// <param name="here">The machine.</param>
    /// <param name="limits">The lines of /proc/PID/limits of the running server, or of this process if no server runs.</param>
    public static IEnumerable<Finding> Look(Surroundings here, string limits) => [Clock(here), Files(limits), CoreDumps(limits)];

    private static Finding Clock(Surroundings here) => here.Now.Year is < 2025 or > 2099
            ? Finding.Red("clock", string.Create(CultureInfo.InvariantCulture, $"It says {here.Now:yyyy-MM-dd HH:mm} UTC."), "Set it right before anything is stored.")
        : here.ClockIsKept == false
            ? Finding.Yellow("clock", "Nothing keeps the clock right: signals and trades would get wrong times.", "Turn NTP on (timedatectl set-ntp true), or see that the machine's host keeps it.")
        : Finding.Green("clock", here.ClockIsKept is null ? "It has a sane year; whether something keeps it right cannot be seen here." : "The kernel says that it is kept right.");

    private static Finding Files(string limits) => Limit(limits, "Max open files") is { } most && most < FewFiles
        ? Finding.Yellow("open-files", string.Create(CultureInfo.InvariantCulture, $"A process may have {most} files and connections open."), "Raise it: LimitNOFILE=65536 in the unit, or ulimit -n.")
        : Finding.Green("open-files", "Enough files and connections may be open.");

    private static Finding CoreDumps(string limits) => Limit(limits, "Max core file size") is > 0
        ? Finding.Yellow("core-dumps", "A crash may write the process's memory to disk, with the PIN and the secret in it.", "LimitCORE=0 in the unit, or ulimit -c 0.")
        : Finding.Green("core-dumps", "Off.");

    /// <summary>
    /// Returns the soft limit. For open files it returns the hard limit, because the program raises its soft limit to that.
    /// </summary>
    private static long? Limit(string limits, string name)
    {
        var line = limits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var parts = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts is not { Length: >= 2 } ? null : (name == "Max open files" ? parts[1] : parts[0]) is var text && text == "unlimited" ? long.MaxValue
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
