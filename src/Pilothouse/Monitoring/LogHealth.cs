using System.Diagnostics;
using Serilog.Core;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// Reports whether log lines reach their files. If they do not (the disk is full or the folder cannot be written), the server goes on
/// without a log and reports this in its conditions.
/// </summary>
internal sealed class LogHealth : IWatched, ILoggingFailureListener
{
    public const string Name = "logs";
    private static readonly TimeSpan TellOfFolderFor = TimeSpan.FromDays(1);
    private volatile bool failing;
    private volatile bool gone;
    private long madeAgainAt;

    public Condition Look() => gone
        ? new(Name, ConditionState.Failed, "The log folder was removed and cannot be made again: log lines are lost. See to LOG_DIR; nothing else is touched.")
        : failing ? new(Name, ConditionState.Failed, "Log lines are lost: the log folder is full, or cannot be written. See to LOG_DIR; nothing else is touched.")
        : Interlocked.Read(ref madeAgainAt) is > 0 and var at && Stopwatch.GetElapsedTime(at) < TellOfFolderFor
        ? new(Name, ConditionState.Warning, "The log folder was removed while the server ran. It was made again and the log goes on; the lines of before are gone with it.")
        : new(Name, ConditionState.Ok, "The log is written.");

    public bool IsFolderGone => gone;

    /// <summary>The folder was removed and cannot be created again.</summary>
    public void FolderIsGone() => gone = true;

    /// <summary>The folder was removed and has been created again. It is empty.</summary>
    public void FolderWasMadeAgain()
    {
        gone = false;
        Interlocked.Exchange(ref madeAgainAt, Stopwatch.GetTimestamp());
    }

    /// <summary>Lines were written to a file.</summary>
    public void Written() => failing = false;

    /// <summary>Lines were lost.</summary>
    public void Lost() => failing = true;

    public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception) => Lost();
}
