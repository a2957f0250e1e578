using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// Whether log lines reach their files. Where they cannot (the folder is full, or not to be written) the server works on without them,
/// and says so where it still can.
/// </summary>
internal sealed class LogHealth : IWatched, ILoggingFailureListener
{
    public const string Name = "logs";
    private volatile bool failing;

    public Condition Look() => failing
        ? new(Name, ConditionState.Failed, "Log lines are lost: the log folder is full, or cannot be written. See to LOG_DIR; nothing else is touched.")
        : new(Name, ConditionState.Ok, "The log is written.");

    /// <summary>Lines reached a file.</summary>
    public void Written() => failing = false;

    /// <summary>Lines were lost.</summary>
    public void Lost() => failing = true;

    public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception) => Lost();
}
