using System.Diagnostics;
using Pilothouse.Storage.Files;
using Serilog.Core;
using Serilog.Events;

namespace Pilothouse.Monitoring;

/// <summary>
/// The files of the log. If somebody removes or moves them or their folder while the server runs, they are opened again: otherwise lines
/// would go to files that nobody can find any more.
/// </summary>
internal sealed class LogFiles : ILogEventSink, IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OpenAgainEvery = TimeSpan.FromSeconds(10);
    private readonly string folder;
    private readonly Func<(Logger Files, CurrentLogFile[] Names)> open;
    private readonly LogHealth health;
    private readonly Lock gate = new();
    private readonly Timer timer;
    private (Logger Files, CurrentLogFile[] Names) current;
    private long openedAt = Stopwatch.GetTimestamp();
    private bool closed;

    public LogFiles(string folder, Func<(Logger Files, CurrentLogFile[] Names)> open, LogHealth health)
    {
        (this.folder, this.open, this.health) = (folder, open, health);
        current = open();
        timer = new Timer(static state => ((LogFiles)state!).Look(), this, LookEvery, LookEvery);
    }

    public void Emit(LogEvent logEvent)
    {
        lock (gate)
        {
            current.Files.Write(logEvent);
        }
    }

    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            closed = true;
            current.Files.Dispose();
        }
    }

    private void Look()
    {
        lock (gate)
        {
            var folderIsGone = !Directory.Exists(folder);
            if (!closed && (folderIsGone || health.IsFolderGone || Array.Exists(current.Names, static file => file.IsGone)))
            {
                OpenAnew(folderIsGone);
            }
            else if (!closed && health.IsUnopened && Stopwatch.GetElapsedTime(openedAt) > OpenAgainEvery)
            {
                Open();
                current.Files.Warning("A file of the log could not be opened for a while; the lines since then are missing in it");
            }
        }
    }

    private void OpenAnew(bool folderIsGone)
    {
        try
        {
            DurableFile.MakeFolder(folder, DurableFile.FolderThatTheGroupReads);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            health.FolderIsGone();
            return;
        }

        Open();
        if (folderIsGone || health.IsFolderGone)
        {
            health.FolderWasMadeAgain();
            current.Files.Warning("The log folder was removed while the server ran. It was made again; the lines of before are gone with it, and some of the last second");
        }
        else
        {
            current.Files.Warning("A file of the log was removed or moved while the server ran. It was begun anew; some lines of the last second are lost");
        }
    }

    private void Open()
    {
        var before = current.Files;
        current = open();
        before.Dispose();
        openedAt = Stopwatch.GetTimestamp();
    }
}
