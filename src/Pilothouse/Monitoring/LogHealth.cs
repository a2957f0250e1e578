using System.Diagnostics;
using Serilog.Core;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// Reports whether log lines reach their files. If they do not (the disk is full or the folder cannot be written), the server goes on
/// without a log and reports this in its conditions.
/// </summary>
internal sealed class LogHealth : IWatched
{
    public const string Name = "logs";
    private static readonly TimeSpan TellOfFolderFor = TimeSpan.FromDays(1);
    private readonly LogFileHealth[] files = [new(), new()];
    private volatile bool gone;
    private long madeAgainAt;

    public Condition Look() => gone
        ? new(Name, ConditionState.Failed, "The log folder was removed and cannot be made again: log lines are lost. See to LOG_DIR; nothing else is touched.")
        : Array.Exists(files, static file => file.IsFailing) ? new(Name, ConditionState.Failed, "The log cannot be written: the log folder is full, or not writable. Up to 1 MB of lines waits, more is lost. See to LOG_DIR; nothing else is touched.")
        : Interlocked.Read(ref madeAgainAt) is > 0 and var at && Stopwatch.GetElapsedTime(at) < TellOfFolderFor
        ? new(Name, ConditionState.Warning, "The log folder was removed while the server ran. It was made again and the log goes on; the lines of before are gone with it.")
        : new(Name, ConditionState.Ok, "The log is written.");

    /// <summary>The file of all lines.</summary>
    public LogFileHealth AllLines => files[0];

    /// <summary>The file of warnings and errors.</summary>
    public LogFileHealth Errors => files[1];

    public bool IsFolderGone => gone;

    /// <summary>A file of the log could not be opened.</summary>
    public bool IsUnopened => Array.Exists(files, static file => file.IsUnopened);

    /// <summary>The folder was removed and cannot be created again.</summary>
    public void FolderIsGone() => gone = true;

    /// <summary>The folder was removed and has been created again. It is empty.</summary>
    public void FolderWasMadeAgain()
    {
        gone = false;
        Interlocked.Exchange(ref madeAgainAt, Stopwatch.GetTimestamp());
    }
}

/// <summary>Whether the lines of one file of the log reach it.</summary>
internal sealed class LogFileHealth : ILoggingFailureListener
{
    private volatile bool stuck;
    private volatile bool unopened;

    /// <summary>Lines do not reach the file.</summary>
    public bool IsFailing => stuck || unopened;

    /// <summary>The file could not be opened. Serilog itself would try again half an hour later.</summary>
    public bool IsUnopened => unopened;

    /// <summary>All lines that waited are in the file.</summary>
    public void Written() => (stuck, unopened) = (false, false);

    /// <summary>Lines could not be written to the open file.</summary>
    public void Stuck() => stuck = true;

    public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception) => unopened = true;
}
