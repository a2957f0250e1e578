namespace Pilothouse.Mcp;

/// <summary>What a tool may do. None does more than one of these.</summary>
internal enum ToolKind
{
    /// <summary>It changes nothing.</summary>
    Read,

    /// <summary>It stores records.</summary>
    Write,

    /// <summary>It controls bots or the circuit breaker.</summary>
    Control,
}

/// <summary>A tool of the Model Context Protocol: a task, and the operations that carry it out.</summary>
/// <param name="Name">Its name, in snake case.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Kind">What it may do.</param>
/// <param name="Description">What it is for, for a model that decides whether to call it.</param>
/// <param name="Parts">The operations that it runs, each with its place in the answer.</param>
internal sealed record Tool(string Name, string Title, ToolKind Kind, string Description, params ToolPart[] Parts)
{
    /// <summary>Whether it may overwrite or end something, not only add.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>Whether the same call a second time changes nothing more. Every read is so.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>The field whose number, or whose length, is the size of the sample; the number of records if it is null.</summary>
    public string? Sample { get; init; }

    /// <summary>Whether its answers hold words of bots, feeds or web pages.</summary>
    public bool HoldsForeignText { get; init; } = true;

    /// <summary>Whether its answer begins with what somebody should look at (<see cref="Mcp.Alerts"/>).</summary>
    public bool HasAlerts { get; init; }

    /// <summary>Whether it is there only where CONSENT_FOR is set.</summary>
    public bool IsForConsent { get; init; }

    /// <summary>Arguments that their names do not explain, each with a short sentence.</summary>
    public IReadOnlyDictionary<string, string> Explains { get; init; } = new Dictionary<string, string>();
}

/// <summary>An operation that a tool runs.</summary>
/// <param name="Operation">Its name.</param>
internal sealed record ToolPart(string Operation)
{
    /// <summary>The field of the answer that holds its data; null if its own fields stand at the first level.</summary>
    public string? As { get; init; }

    /// <summary>
    /// The arguments that it takes as query parameters, each by its name or as <c>argument=parameter</c>; null for all of its parameters.
    /// </summary>
    public IReadOnlyList<string>? Takes { get; init; }

    /// <summary>Query parameters with a fixed value.</summary>
    public IReadOnlyDictionary<string, string> Fixed { get; init; } = new Dictionary<string, string>();

    /// <summary>The argument that stands in the path of the operation; null if the path has none.</summary>
    public string? Target { get; init; }

    /// <summary>It runs only if this argument is sent.</summary>
    public string? When { get; init; }

    /// <summary>It runs only if this argument is not sent.</summary>
    public string? Unless { get; init; }

    /// <summary>Whether it is left out of the answer if nothing is found.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>Whether its data only tells the age of the answer.</summary>
    public bool IsOnlyForAge { get; init; }

    /// <summary>The fields of its records that are shown; null for all.</summary>
    public IReadOnlyList<string>? Only { get; init; }
}
