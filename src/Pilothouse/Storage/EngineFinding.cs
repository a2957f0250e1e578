namespace Pilothouse.Storage;

/// <summary>What was found about the server of a database.</summary>
/// <param name="Name">A stable name in kebab-case.</param>
/// <param name="Gravity">How grave it is.</param>
/// <param name="Found">One sentence.</param>
/// <param name="ToDo">What to do about it; null if nothing.</param>
internal sealed record EngineFinding(string Name, EngineGravity Gravity, string Found, string? ToDo = null);

/// <summary>How grave a finding is.</summary>
internal enum EngineGravity
{
    /// <summary>All is well.</summary>
    Well,

    /// <summary>Somebody should look at it.</summary>
    Doubtful,

    /// <summary>Acknowledged writes may be lost.</summary>
    Grave,
}
