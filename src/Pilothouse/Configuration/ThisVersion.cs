using System.Reflection;

namespace Pilothouse.Configuration;

/// <summary>The version of this program.</summary>
internal static class ThisVersion
{
    private static readonly string[] Parts =
        (typeof(ThisVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+', 2);

    /// <summary>The version, such as 1.2.3.</summary>
    public static string Text { get; } = Parts[0];

    /// <summary>The beginning of the hash of its commit; null if it was built without git.</summary>
    public static string? Commit { get; } = Parts.Length > 1 ? Parts[1][..Math.Min(12, Parts[1].Length)] : null;

    /// <summary>The date of its commit, YYYY-MM-DD; null if it was built without git.</summary>
    public static string? Date { get; } =
        typeof(ThisVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static one => one.Key == "CommitDate")?.Value;
}
