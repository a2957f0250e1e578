namespace Pilothouse.Replay;

/// <summary>
/// The replay cannot go on. The message tells the user in one or two sentences what happened and what to do. The exit code is 1 (failed) or
/// 2 (wrong use).
/// </summary>
internal sealed class ReplayFailure(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
