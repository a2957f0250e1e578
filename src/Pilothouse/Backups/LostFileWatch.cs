using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>
/// Checks every second that the database files on the disk are still the ones that the server has open. If only a log was removed whose
/// content is already in the database file, nothing is lost and the database is opened again. If data would be lost, the content of the
/// open files is saved as a backup, and the server ends with an error, so that nobody goes on with a file that lacks acknowledged writes.
/// </summary>
internal sealed partial class LostFileWatch(Database database, BackupMaker maker, FatalEnd end, ILogger<LostFileWatch> logger) : SteadyService(logger), IWatched
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly FileUpkeep? files = database.Upkeep.Files;
    private volatile FilesFound found = FilesFound.Intact;

    public Condition Look() => files is null
        ? new("files", ConditionState.Ok, "The database is no file of this machine.")
        : found.State == FilesState.Intact
        ? new("files", ConditionState.Ok, "The database's files are those that the server has open.")
        : new("files", ConditionState.Failed, "A file of the database was moved, removed or overwritten under the running server, and nothing is written. The log names it and says what to do.");

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        if (files is null)
        {
            return;
        }

        // The machine's own time is used, because a lost file does not depend on the server's clock, which tests can stop.
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = found;
            found = files.LookAtFiles();
            if (found.State == FilesState.Moved && before.State != FilesState.Moved)
            {
                Moved(logger, found.Message);
            }
            else if (found.State == FilesState.LogRemoved && await IsOpenedAnewAsync(found, stoppingToken))
            {
                found = FilesFound.Intact;
            }
            else if (found.State is FilesState.LogRemoved or FilesState.Removed or FilesState.Overwritten)
            {
                if (end.Reason is null)
                {
                    End(found, stoppingToken);
                }

                return;
            }
        }
    }

    private async Task<bool> IsOpenedAnewAsync(FilesFound what, CancellationToken cancel)
    {
        try
        {
            if (await files!.TryOpenAnewAsync(cancel))
            {
                OpenedAnew(logger, what.Message);
                return true;
            }

            return false;
        }
        catch (DatabaseBrokenException broken)
        {
            end.End($"{what.Message} Nothing was lost, but the database could not be opened anew: {broken.Message} Start the server again.");
            return false;
        }
    }

    private void End(FilesFound what, CancellationToken cancel)
    {
        var sentence = $"{what.Message} {(what.State == FilesState.Overwritten ? Overwritten() : Rescued(cancel))}";
        try
        {
            files!.MarkLost(sentence);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            NotMarked(logger, error.Message);
        }

        end.End(sentence);
    }

    private string Rescued(CancellationToken cancel)
    {
        try
        {
            var backup = maker.Rescue(cancel);
            return $"All that was acknowledged is in the backup {backup.Name}. Restore that one with `pilothouse backup restore {backup.Name}`; it sets the files that are there now aside and removes none.";
        }
        catch (Exception error) when (error is BackupFailedException or BackupRunningException or DatabaseRefusedException or OperationCanceledException)
        {
            return $"What the server had open could not be saved ({error.Message}). {Overwritten()}";
        }
    }

    private static string Overwritten() =>
        "Do not remove the files beside it: the log may hold the last writes. If this was meant to restore a backup, or to get one back, run `pilothouse backup restore`, which sets the files that are there now aside and removes none.";

    [LoggerMessage(Level = LogLevel.Error, Message = "{Sentence}")]
    private static partial void Moved(ILogger logger, string sentence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Sentence} All of it was in the file already: the database was opened anew, and nothing is lost")]
    private static partial void OpenedAnew(ILogger logger, string sentence);

    [LoggerMessage(Level = LogLevel.Error, Message = "That the database was lost could not be noted beside it: {Problem}")]
    private static partial void NotMarked(ILogger logger, string problem);
}
