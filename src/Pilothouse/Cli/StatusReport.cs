using System.Text.Json.Serialization;

namespace Pilothouse.Cli;

/// <summary>
/// The output of <c>pilothouse status --json</c>. A figure that is unknown is null. Existing names stay; new ones may be added.
/// </summary>
/// <param name="Ok">True if no finding is failed. The exit code says the same.</param>
/// <param name="Running">Whether a server uses the database of these settings.</param>
internal sealed record StatusReport(
    bool Ok,
    bool Running,
    ServerPart? Server,
    HealthPart? Health,
    RequestPart? Requests,
    LoginPart? Logins,
    StoragePart Storage,
    RowPart? Rows,
    IReadOnlyList<BotPart> Bots,
    BackupPart Backups,
    IReadOnlyList<StatusFinding> Findings);

/// <summary>The process of the server, and its address.</summary>
internal sealed record ServerPart(string Address, int ProcessId, string? Version, [property: JsonPropertyName("sqlite")] string? EngineVersion, double? UptimeSeconds, double? MemoryBytes);

/// <summary>The answer of /health/ready: healthy, degraded or unhealthy; null if the server did not answer.</summary>
internal sealed record HealthPart(string? Status, IReadOnlyList<CheckPart> Checks);

internal sealed record CheckPart(string Name, string State, string Message);

/// <summary>
/// Requests since the start. Latencies are of /api, as the upper bound of the histogram's bucket; null also above the last bucket.
/// </summary>
internal sealed record RequestPart(double? Total, double? ClientErrors, double? ServerErrors, double? RateLimited, double? WithoutCredential, double? P50Ms, double? P95Ms, double? P99Ms);

/// <summary>Login attempts since the start.</summary>
internal sealed record LoginPart(double? Right, double? Wrong, double? Refused);

/// <summary>The database and its disk. The queue and the writes are those of the running server.</summary>
internal sealed record StoragePart(
    string Database, long? DatabaseBytes, long? WalBytes, long? DiskFreeBytes, long? DiskBytes, double? WriteQueue, double? WriteQueueLimit, double? Writes, double? Commits, double? FailedTransactions);

/// <summary>Rows of the main tables.</summary>
internal sealed record RowPart(long? Signals, long? OpenTrades, long? ClosedTrades, long? BotReports);

/// <summary>A bot by its newest report. What is asked of it is paused, stopped, or null if it may run.</summary>
internal sealed record BotPart(string Name, string? Status, DateTimeOffset? ReportedAt, double? AgeSeconds, bool Silent, string? Asked, bool EmergencyClose);

/// <summary>The backups in BACKUP_DIR: the newest verified one, and how many there are, good or not.</summary>
internal sealed record BackupPart(string? LastGood, DateTimeOffset? LastSuccessAt, double? AgeSeconds, long? LastSizeBytes, int Count);

/// <summary>Something that needs attention: "failed" now, "warning" soon; a "note" may stay. The sentence says what to do.</summary>
internal sealed record StatusFinding(string Level, string Message)
{
    public const string Failed = "failed";
    public const string Warning = "warning";
    public const string Note = "note";

    /// <summary>The order of the level: the lowest is shown first.</summary>
    [JsonIgnore]
    public int Urgency => Level switch { Failed => 0, Warning => 1, _ => 2 };
}

/// <summary>The fields of /health/ready that are shown.</summary>
internal sealed record ReadyAnswer(string? Status, string? Version, IReadOnlyList<CheckPart>? Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class StatusJson : JsonSerializerContext;
