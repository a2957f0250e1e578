namespace Pilothouse.Monitoring;

/// <summary>How well one part of the server is.</summary>
internal enum ConditionState
{
    Ok,

    /// <summary>Somebody should look at it soon.</summary>
    Warning,

    /// <summary>Somebody must look at it now; the server works on as far as it can.</summary>
    Failed,
}

/// <summary>What one part says of itself.</summary>
/// <param name="Name">Stable, kebab-case: "backups", "disk".</param>
/// <param name="State">How well it is.</param>
/// <param name="Message">One sentence for an operator, and what to do. Anybody may read it: no path, no secret.</param>
internal sealed record Condition(string Name, ConditionState State, string Message);

/// <summary>A part that can be unwell while the server works: shown by /health/ready, /metrics and <c>pilothouse status</c>.</summary>
internal interface IWatched
{
    /// <summary>Answers from memory, at once.</summary>
    Condition Look();
}
