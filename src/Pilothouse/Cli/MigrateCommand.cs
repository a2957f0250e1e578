using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Pilothouse.Storage;

namespace Pilothouse.Cli;

/// <summary>The command <c>pilothouse migrate</c>: migrates the database to this version's schema.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "Bring the database to this version's schema. A file with data is copied first.");
        command.SetAction(static (_, _) => Shell.ChangingAsync("migrate", static (settings, log) =>
        {
            var applied = DatabaseEngine.Migrate(settings, TimeProvider.System, NullLoggerFactory.Instance);
            foreach (var name in applied)
            {
                Shell.Print($"applied {name}");
            }

            var told = $"{DatabaseEngine.PlaceOf(settings)} is up to date ({DatabaseEngine.CountMigrations(settings)} migrations, {applied.Count} of them now).";
            Shell.Print(told);
            if (applied.Count > 0)
            {
                log.Done(told);
            }

            return Task.FromResult(Shell.Good);
        }));
        return command;
    }
}
