namespace Pilothouse.Checklist;

/// <summary>The state of a line of the checklist.</summary>
internal enum Light
{
    /// <summary>As it should be.</summary>
    Green,

    /// <summary>A risk that is acceptable if somebody has decided so.</summary>
    Yellow,

    /// <summary>Too dangerous for trading with real money.</summary>
    Red,
}

/// <summary>One line of the checklist.</summary>
/// <param name="Name">A stable name in kebab-case.</param>
/// <param name="Light">Its state.</param>
/// <param name="Found">What was found, as a sentence without secrets.</param>
/// <param name="ToDo">What to do if it is not green.</param>
internal sealed record Finding(string Name, Light Light, string Found, string? ToDo = null)
{
    public static Finding Green(string name, string found) => new(name, Light.Green, found);

    public static Finding Yellow(string name, string found, string todo) => new(name, Light.Yellow, found, todo);

    public static Finding Red(string name, string found, string todo) => new(name, Light.Red, found, todo);
}
