using System.Globalization;
using System.Runtime.InteropServices;

namespace Pilothouse.Cli;

/// <summary>
/// SIGHUP: the terminal was closed. The program ends as by SIGTERM, unless whoever started it had it ignore that signal (nohup).
/// </summary>
internal sealed class Hangup : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration? registration;

    public Hangup() => registration = OperatingSystem.IsWindows() || IsIgnored() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        registration?.Dispose();
        source.Dispose();
    }

    private void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        source.Cancel();
    }

    /// <summary>The kernel's own word: the runtime would take the signal over, and with it what nohup is for.</summary>
    private static bool IsIgnored()
    {
        const string Name = "SigIgn:";
        try
        {
            return File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal)) is { } line
                && ulong.TryParse(line[Name.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var signals) && (signals & 1) == 1;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
