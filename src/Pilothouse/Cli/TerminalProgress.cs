using Pilothouse.Backups;
using Spectre.Console;

namespace Pilothouse.Cli;

/// <summary>Shows the steps of long work as bars on standard error if that is a terminal; otherwise shows nothing.</summary>
internal sealed class TerminalProgress : IBackupProgress
{
    private readonly ProgressContext context;
    private ProgressTask? task;

    private TerminalProgress(ProgressContext context) => this.context = context;

    /// <summary>Runs work and shows its progress.</summary>
    public static T Run<T>(Func<IBackupProgress, T> work)
    {
        if (Console.IsErrorRedirected || !Shell.Errors.Profile.Capabilities.Interactive)
        {
            return work(NoProgress.Instance);
        }

        return Bars().Start(context =>
        {
            var progress = new TerminalProgress(context);
            var result = work(progress);
            progress.End();
            return result;
        });
    }

    /// <summary>Runs work and shows its progress.</summary>
    public static async Task RunAsync(Func<IBackupProgress, Task> work)
    {
        if (Console.IsErrorRedirected || !Shell.Errors.Profile.Capabilities.Interactive)
        {
            await work(NoProgress.Instance);
            return;
        }

        await Bars().StartAsync(async context =>
        {
            var progress = new TerminalProgress(context);
            await work(progress);
            progress.End();
        });
    }

    public void Begin(string step, bool known)
    {
        End();
        task = context.AddTask(step, maxValue: 1);
        task.IsIndeterminate = !known;
    }

    public void Report(double value) => task?.Value(value);

    private static Progress Bars() => Shell.Errors.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());

    private void End()
    {
        if (task is not null)
        {
            task.IsIndeterminate = false;
            task.Value(1);
            task.StopTask();
        }
    }
}
