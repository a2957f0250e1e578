namespace Pilothouse.Checklist;

/// <summary>How a line of the checklist is.</summary>
internal enum Light
{
    /// <summary>As it should be.</summary>
    Green,

    /// <summary>It may stay so if somebody decided it.</summary>
    Yellow,

    /// <summary>Do not trade real money like this.</summary>
    Red,
}

/// <summary>One line of the checklist.</summary>
/// <param name="Name">Stable, kebab-case.</param>
/// <param name="Light">How it is.</param>
/// <param name="Found">What was found, as a sentence; no secret.</param>
/// <param name="ToDo">What to do where it is not green.</param>
internal sealed record Finding(string Name, Light Light, string Found, string? ToDo = null)
{
    public static Finding Green(string name, string found) => new(name, Light.Green, found);

    public static Finding Yellow(string name, string found, string todo) => new(name, Light.Yellow, found, todo);

    public static Finding Red(string name, string found, string todo) => new(name, Light.Red, found, todo);
}
