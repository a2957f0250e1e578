using System.Globalization;

namespace Pilothouse.Backups;

/// <summary>
/// Names of backups, the seed's: <c>trading_bot_backup_YYYYMMDD_HHMMSS.db</c> in local time, with <c>.gz</c> behind it where it is
/// compressed. Copies from before a migration are called <c>before_migration_...db</c>.
/// </summary>
internal static class BackupName
{
    public const string BeforeMigration = "before_migration_";
    private const string Prefix = "trading_bot_backup_";
    private const string Stamp = "yyyyMMdd_HHmmss";
    private const string Plain = ".db";
    private const string Compressed = ".db.gz";

    /// <summary>The name of a backup made at a local time.</summary>
    public static string Of(DateTime local, bool compressed) =>
        $"{Prefix}{local.ToString(Stamp, CultureInfo.InvariantCulture)}{(compressed ? Compressed : Plain)}";

    /// <summary>
    /// A backup's name in words that no search for backups finds (the seed looks for <c>trading_bot_backup_*</c>, others for <c>*.db*</c> or
    /// <c>*backup*</c>): <c>20261125_020000_db_gz</c> for <c>trading_bot_backup_20261125_020000.db.gz</c>.
    /// </summary>
    public static string Bare(string name) => (name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name).Replace('.', '_');

    /// <summary>The backup that <see cref="Bare"/> had this from; where it was none, something that is no backup's name either.</summary>
    public static string FromBare(string bare)
    {
        var end = Array.Find([Compressed, Plain], end => bare.EndsWith(end.Replace('.', '_'), StringComparison.Ordinal));
        return end is null ? "" : (bare.StartsWith(BeforeMigration, StringComparison.Ordinal) ? "" : Prefix) + bare[..^end.Length] + end;
    }

    public static bool IsCompressed(string name) => name.EndsWith(Compressed, StringComparison.Ordinal);

    /// <summary>Whether it is a backup's name and nothing else: no folder, no other file, and no time at an end of the calendar, with which nobody could reckon.</summary>
    public static bool TryParse(string name, out DateTime local) => TryRead(name, out local) && local.Year is >= 2000 and < 3000;

    private static bool TryRead(string name, out DateTime local)
    {
        local = default;
        var end = IsCompressed(name) ? Compressed.Length : name.EndsWith(Plain, StringComparison.Ordinal) ? Plain.Length : 0;
        if (end == 0 || name.AsSpan().ContainsAny('/', '\\'))
        {
            return false;
        }

        if (name.StartsWith(BeforeMigration, StringComparison.Ordinal))
        {
            return DateTime.TryParseExact(name[BeforeMigration.Length..^end], Stamp + "_fff", CultureInfo.InvariantCulture, DateTimeStyles.None, out local);
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && DateTime.TryParseExact(name[Prefix.Length..^end], Stamp, CultureInfo.InvariantCulture, DateTimeStyles.None, out local);
    }
}
