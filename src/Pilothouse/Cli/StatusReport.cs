using System.Text.Json.Serialization;

namespace Pilothouse.Cli;

/// <summary>What <c>pilothouse status --json</c> prints; a figure that cannot be known now is null. Names stay, more may come.</summary>
/// <param name="Ok">No finding is failed: the exit code says the same.</param>
/// <param name="Running">Whether a server has the database of these settings.</param>
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

/// <summary>The process, and where it listens.</summary>
internal sealed record ServerPart(string Address, int ProcessId, string? Version, [property: JsonPropertyName("sqlite")] string? EngineVersion, double? UptimeSeconds, double? MemoryBytes);

/// <summary>What /health/ready answered: healthy, degraded, unhealthy, or null where it did not.</summary>
internal sealed record HealthPart(string? Status, IReadOnlyList<CheckPart> Checks);

internal sealed record CheckPart(string Name, string State, string Message);

/// <summary>Requests since the start. A latency is that of /api, the upper bound of its bucket in the histogram; null also beyond the last.</summary>
internal sealed record RequestPart(double? Total, double? ClientErrors, double? ServerErrors, double? RateLimited, double? WithoutCredential, double? P50Ms, double? P95Ms, double? P99Ms);

/// <summary>Attempts to log in since the start.</summary>
internal sealed record LoginPart(double? Right, double? Wrong, double? Refused);

/// <summary>The database on its disk; queue and writes are of the running server.</summary>
internal sealed record StoragePart(
    string Database, long? DatabaseBytes, long? WalBytes, long? DiskFreeBytes, long? DiskBytes, double? WriteQueue, double? WriteQueueLimit, double? Writes, double? Commits, double? FailedTransactions);

/// <summary>Rows of the main tables.</summary>
internal sealed record RowPart(long? Signals, long? OpenTrades, long? ClosedTrades, long? BotReports);

internal sealed record BotPart(string Name, string? Status, DateTimeOffset? ReportedAt, double? AgeSeconds);

/// <summary>What is in BACKUP_DIR: the newest backup that was made and verified, and how many there are, good or not.</summary>
internal sealed record BackupPart(string? LastGood, DateTimeOffset? LastSuccessAt, double? AgeSeconds, long? LastSizeBytes, int Count);

/// <summary>Something to look at: "failed" now, "warning" soon, "note" where it may stay so; the sentence says what to do.</summary>
internal sealed record StatusFinding(string Level, string Message)
{
    public const string Failed = "failed";
    public const string Warning = "warning";
    public const string Note = "note";

    /// <summary>The lowest comes first.</summary>
    [JsonIgnore]
    public int Urgency => Level switch { Failed => 0, Warning => 1, _ => 2 };
}

/// <summary>The part of /health/ready that is shown.</summary>
internal sealed record ReadyAnswer(string? Status, string? Version, IReadOnlyList<CheckPart>? Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class StatusJson : JsonSerializerContext;
