using System.Text.Json.Serialization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>The marker file beside a database while a restore changes it.</summary>
/// <param name="Backup">The backup that is restored.</param>
/// <param name="Stamp">The time stamp in the names of the files that were set aside.</param>
internal sealed record RestoreMarker(string Backup, string Stamp)
{
    public string AsideName(string database) => $"{database}.before_restore_{Stamp}";

    public IReadOnlyList<string> Aside(string database) => Files(AsideName(database));

    /// <summary>Returns the files of a database that exist.</summary>
    public static IReadOnlyList<string> Files(string database) => [.. FileHolders.Suffixes.Select(suffix => database + suffix).Where(File.Exists)];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RestoreMarker))]
internal sealed partial class RestoreJson : JsonSerializerContext;
