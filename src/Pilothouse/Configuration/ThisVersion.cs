using System.Reflection;

namespace Pilothouse.Configuration;

/// <summary>The version of this program.</summary>
internal static class ThisVersion
{
    public static string Text { get; } =
        typeof(ThisVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
