namespace Pilothouse.Monitoring;

/// <summary>
/// Checks every condition once a minute and logs each change, so that a problem is in the log even if nobody asks /health/ready.
/// </summary>
internal sealed partial class ConditionWatch(IEnumerable<IWatched> watched, TimeProvider clock, ILogger<ConditionWatch> logger) : SteadyService(logger)
{
    private readonly Dictionary<string, ConditionState> known = [];

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var part in watched)
            {
                Note(part.Look());
            }
        }
    }

    private void Note(Condition now)
    {
        var before = known.GetValueOrDefault(now.Name, ConditionState.Ok);
        known[now.Name] = now.State;
        if (now.State == before)
        {
            return;
        }

        switch (now.State)
        {
            case ConditionState.Failed:
                Failed(logger, now.Name, now.Message);
                break;
            case ConditionState.Warning:
                Doubtful(logger, now.Name, now.Message);
                break;
            default:
                Well(logger, now.Name, now.Message);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Condition {Condition} is failed: {Words}")]
    private static partial void Failed(ILogger logger, string condition, string words);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Condition {Condition} is a warning: {Words}")]
    private static partial void Doubtful(ILogger logger, string condition, string words);

    [LoggerMessage(Level = LogLevel.Information, Message = "Condition {Condition} is well again: {Words}")]
    private static partial void Well(ILogger logger, string condition, string words);
}
