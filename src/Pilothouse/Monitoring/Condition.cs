namespace Pilothouse.Monitoring;

/// <summary>The state of one part of the server.</summary>
internal enum ConditionState
{
    Ok,

    /// <summary>Somebody should look at it soon.</summary>
    Warning,

    /// <summary>Somebody must look at it now. The server goes on as far as it can.</summary>
    Failed,
}

/// <summary>The condition of one part of the server.</summary>
/// <param name="Name">A stable name in kebab-case, such as "backups" or "disk".</param>
/// <param name="State">Its state.</param>
/// <param name="Message">One sentence for an operator that says what to do. Anybody may read it, so it contains no path and no
/// secret.</param>
internal sealed record Condition(string Name, ConditionState State, string Message);

/// <summary>
/// A part that can have a problem while the server works. /health/ready, /metrics and <c>pilothouse status</c> show its condition.
/// </summary>
internal interface IWatched
{
    /// <summary>Returns the condition from memory, without waiting.</summary>
    Condition Look();
}
