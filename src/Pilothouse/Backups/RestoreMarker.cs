using System.Text.Json.Serialization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>What is written beside a database while a restore changes it.</summary>
/// <param name="Backup">What is restored.</param>
/// <param name="Stamp">In the names of the files that were set aside.</param>
internal sealed record RestoreMarker(string Backup, string Stamp)
{
    public string AsideName(string database) => $"{database}.before_restore_{Stamp}";

    public IReadOnlyList<string> Aside(string database) => Files(AsideName(database));

    /// <summary>The files of a database that are there.</summary>
    public static IReadOnlyList<string> Files(string database) => [.. FileHolders.Suffixes.Select(suffix => database + suffix).Where(File.Exists)];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RestoreMarker))]
internal sealed partial class RestoreJson : JsonSerializerContext;
