using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;

namespace Pilothouse.Backups;

/// <summary>A backup as the API shows it.</summary>
/// <param name="State">good: made and verified by this program; unproven: without a manifest; broken: not the file that was made.</param>
internal sealed record BackupRow(string Name, DateTimeOffset MadeAt, string? MadeBy, long SizeBytes, long? DatabaseSizeBytes, string State, string? Problem, string? Sha256, string? SchemaVersion,
    long? ForeignKeyViolations, IReadOnlyDictionary<string, long>? Tables)
{
    public static BackupRow Of(Backup backup) => new(
        backup.Name, backup.MadeAt, backup.Manifest?.MadeBy, backup.SizeBytes, backup.Manifest?.DatabaseSizeBytes,
        backup.State switch { BackupState.Good => "good", BackupState.Unproven => "unproven", _ => "broken" }, backup.Problem,
        backup.Manifest?.Sha256, backup.Manifest?.SchemaVersion, backup.Manifest?.ForeignKeyViolations, backup.Manifest?.Tables);

    /// <summary>Returns the change for the audit log.</summary>
    public static Changed ChangeOf(Backup backup) => new("backups", null, null, _ => new(JsonText.Of(Of(backup), BackupJson.Default.BackupRow)));
}

internal sealed record BackupList(bool Success, int Count, IReadOnlyList<BackupRow> Data, string? NextCursor);

internal sealed record BackupCreated(bool Success, string Message, string BackupName, BackupRow Data);

internal sealed record BackupVerified(bool Success, string Message, string BackupName, long DatabaseSizeBytes, long ForeignKeyViolations, IReadOnlyDictionary<string, long> Tables, string? Note);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(BackupList))]
[JsonSerializable(typeof(BackupCreated))]
[JsonSerializable(typeof(BackupVerified))]
[JsonSerializable(typeof(BackupRow))]
internal sealed partial class BackupJson : JsonSerializerContext;
