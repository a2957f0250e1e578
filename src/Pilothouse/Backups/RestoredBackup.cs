using Pilothouse.Storage.Files;

namespace Pilothouse.Backups;

/// <summary>What a restore did.</summary>
/// <param name="Backup">What is now the database.</param>
/// <param name="Facts">What is in it.</param>
/// <param name="SetAside">Where the files that were there before are now.</param>
/// <param name="Revocations">How many API keys and sessions that were ended since the backup are ended still; null where the old file cannot be read.</param>
internal sealed record RestoredBackup(Backup Backup, DatabaseFacts Facts, IReadOnlyList<string> SetAside, int? Revocations);
