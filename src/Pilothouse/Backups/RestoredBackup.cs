using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>The result of a restore.</summary>
/// <param name="Backup">The backup that is now the database.</param>
/// <param name="Facts">What it contains.</param>
/// <param name="SetAside">The new paths of the files that were there before.</param>
/// <param name="Revocations">How many API keys, sessions and webhooks that were revoked since the backup stay revoked; null if the old file cannot be
/// read.</param>
internal sealed record RestoredBackup(Backup Backup, DatabaseFacts Facts, IReadOnlyList<string> SetAside, long? Revocations, string? Note = null);
