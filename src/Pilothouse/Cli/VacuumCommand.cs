using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Storage.Files;

namespace Pilothouse.Cli;

/// <summary>
/// The command <c>pilothouse vacuum</c>: rewrites the file without its free pages. Every write would have to wait for it, so it is refused
/// while a server uses the file.
/// </summary>
internal static class VacuumCommand
{
    public static Command Create()
    {
        var command = new Command("vacuum", "Give the file's free pages back to the disk. The server must be stopped.");
        command.SetAction(static (_, _) => Shell.ChangingAsync("vacuum", static (settings, log) => Task.FromResult(Run(settings, log))));
        return command;
    }

    private static int Run(Settings settings, CommandLog log)
    {
        if (!DatabaseEngine.IsFile(settings))
        {
            Shell.Say($"{DatabaseEngine.PlaceOf(settings)} is no file: its server uses the room of deleted rows again by itself (autovacuum). To give it back to the disk, run VACUUM FULL there while no server of Pilothouse runs.");
            return Shell.Failed;
        }

        if (!Shell.HasDatabase(settings))
        {
            return Shell.Failed;
        }

        var path = settings.DatabasePath;
        using var claim = FileClaim.Take(path);
        DatabaseEngine.MissingMigrations(settings);
        var use = DatabaseEngine.Use(path);

        // A copy of the used pages, the same again in the log until a checkpoint moves it into the file, and a tenth as a reserve.
        var needed = (long)(use.UsedBytes * 2.1);
        var free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace;
        Shell.Print($"{path} has {Sizes.Text(use.Bytes)}, of which {Sizes.Text(use.FreeBytes)} are free pages. The vacuum needs up to {Sizes.Text(needed)} on its disk, which has {Sizes.Text(free)}.");
        if (free < needed)
        {
            Shell.Say($"There is too little room: make {Sizes.Text(needed - free)} more, or move the file to another disk. Nothing was changed.");
            return Shell.Failed;
        }

        var started = Stopwatch.GetTimestamp();
        var before = new FileInfo(path).Length;
        DatabaseEngine.Vacuum(path);
        var after = new FileInfo(path).Length;
        var told = string.Create(CultureInfo.InvariantCulture, $"Done in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s: {Sizes.Text(before - after)} were freed, the file has {Sizes.Text(after)}.");
        Shell.Print(told);
        log.Done(told);
        if (DatabaseEngine.Use(path).Bytes < after)
        {
            Shell.Say("Another program reads the file; it becomes smaller when that program has closed it.");
        }

        return Shell.Good;
    }
}
