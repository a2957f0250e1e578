namespace Pilothouse.Monitoring;

/// <summary>Ends the server with exit code 1 when it would do harm by going on.</summary>
internal sealed partial class FatalEnd(IHostApplicationLifetime lifetime, ILogger<FatalEnd> logger)
{
    private volatile string? reason;

    /// <summary>Why the server ends, as a sentence; null if it ends because somebody stopped it.</summary>
    public string? Reason => reason;

    public void End(string sentence)
    {
        reason = sentence;
        Ending(logger, sentence);
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The server ends. {Sentence}")]
    private static partial void Ending(ILogger logger, string sentence);
}
