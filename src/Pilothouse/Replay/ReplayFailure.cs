namespace Pilothouse.Replay;

/// <summary>
/// The replay cannot go on: the message is one sentence or two for whoever typed the command, with what to do about it.
/// The exit code is 1 (failed) or 2 (wrong use).
/// </summary>
internal sealed class ReplayFailure(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
