using System.Globalization;
using System.Runtime.InteropServices;

namespace Pilothouse.Cli;

/// <summary>
/// Handles SIGHUP, which is sent when the terminal is closed: the program ends as it does on SIGTERM, unless it was started with that
/// signal ignored (nohup).
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

    /// <summary>Whether the signal is ignored. The kernel is asked, because registering a handler in .NET would end the ignoring.</summary>
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
