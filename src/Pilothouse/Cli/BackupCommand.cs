using System.CommandLine;
using System.Globalization;
using Pilothouse.Backups;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Serilog;
using Spectre.Console;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse backup</c>: makes, lists, verifies and restores backups. All but restore work while a server runs.
/// </summary>
internal static class BackupCommand
{
    /// <summary>How long to wait for another backup: that of a large database takes minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    public static Command Create()
    {
        var command = new Command("backup", "Make a backup now; or list, verify and restore backups.") { CreateOne(), ListAll(), Verify(), Restore(), Service() };
        command.SetAction(static (_, cancel) => MakeAsync(cancel));
        return command;
    }

    private static Command CreateOne()
    {
        var command = new Command("create", "Make a backup now and verify it.");
        command.SetAction(static (_, cancel) => MakeAsync(cancel));
        return command;
    }

    private static Task<int> MakeAsync(CancellationToken cancel) => Shell.ChangingAsync("backup", async (settings, log) =>
    {
        IReadOnlyList<string> kept = [];
        var backup = TerminalProgress.Run(progress => new BackupMaker(settings, TimeProvider.System).Make(Backup.ByCommand, Patience, progress, out kept, cancel, SayWaiting));
        var manifest = backup.Manifest!;
        var told = string.Create(CultureInfo.InvariantCulture, $"{backup.Path}: {Sizes.Text(backup.SizeBytes)}, {manifest.Tables.Values.Sum()} rows, verified.");
        Shell.Print(told);
        log.Done(told);
        SayOrphans(manifest.ForeignKeyViolations);
        foreach (var name in kept)
        {
            Shell.Say($"{name} is beyond MAX_BACKUPS but could not be removed; see to the rights of BACKUP_DIR.");
        }

        await CommandDatabase.RecordAsync(settings, AuditedWork.CreateBackup, BackupRow.ChangeOf(backup));
        return Shell.Good;
    });

    private static Command ListAll()
    {
        var command = new Command("list", "Every backup, the newest first.");
        command.SetAction(static (_, _) => Shell.WithSettingsAsync(static settings =>
        {
            var folder = new BackupFolder(settings.BackupDir, TimeProvider.System);
            var all = folder.List();
            if (all.Count == 0)
            {
                Shell.Say(folder.Obstacle() is { } obstacle
                    ? $"There is no backup, and none can be made: {folder.Path} {obstacle}. Make BACKUP_DIR a folder that this user can write to, or set another."
                    : $"There is no backup in {folder.Path}. `pilothouse backup` makes one.");
                return Task.FromResult(Shell.Good);
            }

            Shell.PrintTable(["name", "size", "rows", "state"], all.Select(static backup => new[]
            {
                backup.Name,
                Sizes.Text(backup.SizeBytes),
                backup.Manifest?.Tables.Values.Sum().ToString(CultureInfo.InvariantCulture) ?? "",
                backup.State switch { BackupState.Good => "good", BackupState.Unproven => "unproven", _ => $"BROKEN: {backup.Problem}" },
            }));
            if (all.Any(static backup => backup.State == BackupState.Unproven))
            {
                Shell.Say("unproven: it has no manifest (made by the previous server, or before a migration); `pilothouse backup verify NAME` checks one.");
            }

            return Task.FromResult(Shell.Good);
        }));
        return command;
    }

    private static Command Verify()
    {
        var name = new Argument<string>("NAME") { Description = "A name from `backup list`, latest, or all.", DefaultValueFactory = static _ => "latest" };
        var command = new Command("verify", "Unpack a backup, check all of it, and remove the unpacked file.") { name };
        command.SetAction((parsed, cancel) => Shell.WithSettingsAsync(settings =>
        {
            var folder = new BackupFolder(settings.BackupDir, TimeProvider.System);
            var verifier = new BackupVerifier(folder, settings);
            var which = parsed.GetRequiredValue(name);
            IReadOnlyList<Backup> chosen = which == "all" ? folder.List() : [folder.Find(which)];
            if (chosen.Count == 0)
            {
                folder.Find("latest");
            }

            return Task.FromResult(chosen.Count(backup => VerifyOne(verifier, backup, cancel)) == chosen.Count ? Shell.Good : Shell.Failed);
        }));
        return command;
    }

    private static bool VerifyOne(BackupVerifier verifier, Backup backup, CancellationToken cancel)
    {
        try
        {
            var verified = TerminalProgress.Run(progress => verifier.Verify(backup, Patience, progress, cancel, SayWaiting));
            Shell.Print(string.Create(CultureInfo.InvariantCulture,
                $"good  {backup.Name}  {Sizes.Text(verified.DatabaseSizeBytes)} unpacked, {verified.Facts.Tables.Values.Sum()} rows{(backup.Manifest is null ? ", no manifest to compare with" : "")}"));
            if (verified.Note is { } note)
            {
                Shell.Say($"Note: {note}");
            }

            return true;
        }
        catch (BackupFailedException failed)
        {
            Shell.Print($"BAD   {backup.Name}");
            Shell.Say(failed.Message);
            return false;
        }
    }

    private static Command Restore()
    {
        var name = new Argument<string>("NAME") { Description = "A name from `backup list`, or latest.", DefaultValueFactory = static _ => "latest" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("restore", "Put a backup in the place of the database. Nobody may have the database open; what is there today is set aside, not removed.") { name, yes };
        command.SetAction((parsed, cancel) => Shell.ChangingAsync("backup restore", (settings, log) => RestoreOneAsync(settings, log, parsed.GetRequiredValue(name), parsed.GetValue(yes), cancel)));
        return command;
    }

    private static async Task<int> RestoreOneAsync(Settings settings, CommandLog log, string name, bool yes, CancellationToken cancel)
    {
        var folder = new BackupFolder(settings.BackupDir, TimeProvider.System);
        var restorer = Restorer.Of(settings, TimeProvider.System);
        var backup = folder.Find(name);
        DatabaseEngine.RefuseOtherCopy(backup.Name, settings);
        restorer.RefuseIfHeld();
        var place = DatabaseEngine.PlaceOf(settings);
        if (!yes)
        {
            if (Console.IsInputRedirected)
            {
                Shell.Say($"This would put {backup.Name} in the place of {place}. There is no terminal to ask on: add --yes.");
                return Shell.WrongUse;
            }

            if (!AnsiConsole.Confirm(Markup.Escape($"Put {backup.Name} (made {backup.MadeAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}) in the place of {place}? What is there today is set aside."), defaultValue: false))
            {
                Shell.Say("Nothing was changed.");
                return Shell.Failed;
            }
        }

        var restored = TerminalProgress.Run(progress => restorer.Restore(backup, progress, cancel));
        var told = string.Create(CultureInfo.InvariantCulture, $"{place} is now {backup.Name} of {backup.MadeAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}: {restored.Facts.Tables.Values.Sum()} rows, verified.");
        Shell.Print(told);
        log.Done($"{told} What was there before: {string.Join(", ", restored.SetAside.DefaultIfEmpty("nothing"))}");
        foreach (var file in restored.SetAside)
        {
            Shell.Print($"What was there before: {file}");
        }

        if (restored.Note is { } note)
        {
            Shell.Say($"Note: {note}");
        }

        await CommandDatabase.RecordAsync(settings, AuditedWork.RestoreBackup, BackupRow.ChangeOf(backup));
        SayOrphans(restored.Facts.ForeignKeyViolations);
        Shell.Say(restored.Revocations is { } ended
            ? string.Create(CultureInfo.InvariantCulture, $"API keys, sessions and webhooks that were ended since then stay ended ({ended}). Keys made since then are gone: `pilothouse key list` shows those that there are.")
            : "There was no readable file that tells which API keys were ended since then: look at `pilothouse key list`, and revoke those that must not come back.");
        return Shell.Good;
    }

    private static Command Service()
    {
        var command = new Command("service", "Run the daily backups alone, without a server (BACKUP_SCHEDULE_HOUR and _MINUTE), until it is stopped.");
        command.SetAction(static (_, cancel) => Shell.WithSettingsAsync(async settings =>
        {
            await using var logger = new LoggerConfiguration().WriteTo.Console(outputTemplate: "{Timestamp:yyyy-MM-dd HH:mm:ss} {Level:u3} {Message:l}{NewLine}{Exception}", formatProvider: CultureInfo.InvariantCulture).CreateLogger();
            using var loggers = new SerilogLoggers(logger);
            var maker = new BackupMaker(settings, TimeProvider.System);
            var health = new BackupHealth(settings, maker.Folder, TimeProvider.System);
            await using var shared = DatabaseEngine.IsFile(settings) ? null : DatabaseEngine.OpenForCommand(settings, loggers);
            var schedule = new BackupSchedule(
                settings, maker, health, backup => CommandDatabase.RecordAsync(settings, AuditedWork.CreateBackup, BackupRow.ChangeOf(backup)), shared, TimeProvider.System, loggers.CreateLogger<BackupSchedule>());
            Shell.Print($"A backup of {DatabaseEngine.PlaceOf(settings)} to {maker.Folder.Path} each day at {settings.BackupScheduleHour:00}:{settings.BackupScheduleMinute:00}. {health.Look().Message}");
            try
            {
                await schedule.RunAsync(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                // It was stopped, which is how a service normally ends.
            }

            return Shell.Good;
        }));
        return command;
    }

    private static void SayWaiting() => Shell.Say("Another backup is being made; waiting for it to end.");

    private static void SayOrphans(long rows)
    {
        if (rows > 0)
        {
            Shell.Say(string.Create(CultureInfo.InvariantCulture, $"Note: {rows} rows refer to rows that do not exist. The database has the same ones (the Python bots leave such rows); nothing was lost."));
        }
    }
}
