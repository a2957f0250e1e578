namespace Pilothouse.Backups;

/// <summary>Is told how far long work has come: a progress bar on a terminal.</summary>
internal interface IBackupProgress : IProgress<double>
{
    /// <summary>A step begins; what <see cref="IProgress{T}.Report"/> is told, 0 to 1, is of this step.</summary>
    /// <param name="step">As a participle: "Copying".</param>
    /// <param name="known">Whether its progress will be told.</param>
    void Begin(string step, bool known);
}

/// <summary>Nobody looks.</summary>
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
