namespace Pilothouse.Backups;

/// <summary>Receives the progress of long work, for example for a progress bar in a terminal.</summary>
internal interface IBackupProgress : IProgress<double>
{
    /// <summary>A step begins. The values of <see cref="IProgress{T}.Report"/>, from 0 to 1, then concern this step.</summary>
    /// <param name="step">The step as a participle, such as "Copying".</param>
    /// <param name="known">Whether its progress will be reported.</param>
    void Begin(string step, bool known);
}

/// <summary>Ignores all progress.</summary>
internal sealed class NoProgress : IBackupProgress
{
    public static readonly NoProgress Instance = new();

    public void Begin(string step, bool known)
    {
    }

    public void Report(double value)
    {
    }
}
