using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>
/// The file beside a backup that describes it, written only after the backup was verified, with everything that is needed to verify it
/// again. Its name does not look like a backup (<c>manifest_20261125_020000_db_gz.json</c>).
/// </summary>
internal sealed record BackupManifest
{
    public required string File { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>schedule, command, api, or rescue (made from the open files of a lost database).</summary>
    public required string MadeBy { get; init; }

    public required string PilothouseVersion { get; init; }

    /// <summary>sqlite or postgresql; null in manifests from before there were two, which are of files.</summary>
    public string? Engine { get; init; }

    /// <summary>The version of the engine; null in manifests from before there were two.</summary>
    public string? EngineVersion { get; init; }

    /// <summary>The version of the library that reads files; null in a backup of a server's database.</summary>
    [JsonPropertyName("sqlite_version")]
    public string? LibraryVersion { get; init; }

    /// <summary>The last migration of the database; null if it has none of ours.</summary>
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

    /// <summary>The number of rows whose foreign key refers to a missing row. The database itself has the same ones.</summary>
    public required long ForeignKeyViolations { get; init; }

    [JsonIgnore]
    public DatabaseFacts Facts => new(Tables, ForeignKeyViolations, Migrations);

    private const string Prefix = "manifest_";
    private const string Suffix = ".json";

    public static string PathFor(string backup) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(backup) ?? "", $"{Prefix}{BackupName.Bare(System.IO.Path.GetFileName(backup))}{Suffix}");

    /// <summary>
    /// Where older versions wrote the manifest. The restore of the previous Python server takes a file with such a name for a backup.
    /// </summary>
    public static string OldPathFor(string backup) => backup + Suffix;

    /// <summary>Returns the backup that a manifest file belongs to, by its old or new name; null if the file is not a manifest.</summary>
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

    /// <summary>Reads the manifest beside a backup; null if there is none.</summary>
    /// <exception cref="JsonException">The manifest exists but cannot be read.</exception>
    public static BackupManifest? Read(string backup)
    {
        // The first path is tried again at the end, because another process may rename the file between two attempts.
        return Array.Find([PathFor(backup), OldPathFor(backup), PathFor(backup)], System.IO.File.Exists) is { } path
            ? JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(PlainFile.Checked(path)), BackupManifestJson.Default.BackupManifest) is { IsSound: true } manifest ? manifest : throw new JsonException("It is no manifest.")
            : null;
    }

    /// <summary>Whether all values that are computed with are present and plausible. Anybody may have written this file.</summary>
    [JsonIgnore]
    private bool IsSound => (object?)File is not null && !File.Any(char.IsControl) && (object?)Sha256 is not null && (object?)DatabaseSha256 is not null && (object?)Migrations is not null
        && (object?)Tables is not null && Tables.Count < 100_000 && Tables.Values.All(static rows => rows is >= 0 and < 1L << 40)
        && SizeBytes >= 0 && DatabaseSizeBytes >= 0 && MadeAt.Year is >= 2000 and < 3000;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, BackupManifestJson.Default.BackupManifest);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupManifestJson : JsonSerializerContext;
