using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>
/// What stands beside a backup, under a name that nobody who looks for backups takes for one (<c>manifest_20261125_020000_db_gz.json</c>):
/// written only after the backup was verified, and all that is needed to verify it again.
/// </summary>
internal sealed record BackupManifest
{
    public required string File { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>schedule, command, api, or rescue: what a server still had open of a lost database.</summary>
    public required string MadeBy { get; init; }

    public required string PilothouseVersion { get; init; }

    [JsonPropertyName("sqlite_version")]
    public required string EngineVersion { get; init; }

    /// <summary>The last of our migrations that the database had; null where it had none.</summary>
    public string? SchemaVersion { get; init; }

    public required IReadOnlyList<string> Migrations { get; init; }

    /// <summary>Bytes of the file as it is stored.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>SHA-256 of the file as it is stored, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Bytes of the database in it.</summary>
    public required long DatabaseSizeBytes { get; init; }

    /// <summary>SHA-256 of the database in it.</summary>
    public required string DatabaseSha256 { get; init; }

    /// <summary>Rows of each table.</summary>
    public required SortedDictionary<string, long> Tables { get; init; }

    /// <summary>Rows that refer to a row that is not there, as in the database itself.</summary>
    public required long ForeignKeyViolations { get; init; }

    [JsonIgnore]
    public DatabaseFacts Facts => new(Tables, ForeignKeyViolations, Migrations);

    private const string Prefix = "manifest_";
    private const string Suffix = ".json";

    public static string PathFor(string backup) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(backup) ?? "", $"{Prefix}{BackupName.Bare(System.IO.Path.GetFileName(backup))}{Suffix}");

    /// <summary>Where older versions put it. The seed's restore takes a file of such a name for a backup.</summary>
    public static string OldPathFor(string backup) => backup + Suffix;

    /// <summary>The backup that a file is the manifest of, by its name, old or new; null where the name is no manifest's.</summary>
    public static string? BackupOf(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        if (!name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return null;
        }

        var backup = name.StartsWith(Prefix, StringComparison.Ordinal) ? BackupName.FromBare(name[Prefix.Length..^Suffix.Length]) : name[..^Suffix.Length];
        return BackupName.TryParse(backup, out _) ? System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", backup) : null;
    }

    /// <summary>The manifest beside a backup; null where there is none.</summary>
    /// <exception cref="JsonException">It is there but cannot be read.</exception>
    public static BackupManifest? Read(string backup)
    {
        // It may get its new name between two looks.
        return Array.Find([PathFor(backup), OldPathFor(backup), PathFor(backup)], System.IO.File.Exists) is { } path
            ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(PlainFile.Checked(path)), BackupManifestJson.Default.BackupManifest) is { IsSound: true } manifest ? manifest : throw new JsonException("It is no manifest.")
            : null;
    }

    /// <summary>The file may be anybody's: what is reckoned with must be there, and be a number of this world.</summary>
    [JsonIgnore]
    private bool IsSound => (object?)File is not null && !File.Any(char.IsControl) && (object?)Sha256 is not null && (object?)DatabaseSha256 is not null && (object?)Migrations is not null
        && (object?)Tables is not null && Tables.Count < 100_000 && Tables.Values.All(static rows => rows is >= 0 and < 1L << 40)
        && SizeBytes >= 0 && DatabaseSizeBytes >= 0 && MadeAt.Year is >= 2000 and < 3000;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupManifestJson.Default.BackupManifest);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupManifestJson : JsonSerializerContext;
