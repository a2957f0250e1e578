using System.Globalization;
using Pilothouse.Storage;

namespace Pilothouse.Backups;

/// <summary>
/// The names of backups, which are those of the previous Python server: <c>trading_bot_backup_YYYYMMDD_HHMMSS.db</c> in local time, with
/// <c>.gz</c> at the end if it is compressed. Those of a database on a server end in <c>.dump</c> instead of <c>.db</c>. Copies from before
/// a migration are called <c>before_migration_...db</c>.
/// </summary>
internal static class BackupName
{
    public const string BeforeMigration = "before_migration_";
    private const string Prefix = "trading_bot_backup_";
    private const string Stamp = "yyyyMMdd_HHmmss";
    private const string Gzip = ".gz";

    /// <summary>Every ending, the longer of two that end alike first.</summary>
    private static readonly string[] Endings = [DatabaseCopies.OfFile + Gzip, DatabaseCopies.OfFile, DatabaseCopies.OfServer + Gzip, DatabaseCopies.OfServer];

    /// <summary>Returns the name of a backup made at this local time.</summary>
    /// <param name="local">The time.</param>
    /// <param name="ending">The ending of the copy in it.</param>
    /// <param name="compressed">Whether the copy is compressed.</param>
    public static string Of(DateTime local, string ending, bool compressed) =>
        $"{Prefix}{local.ToString(Stamp, CultureInfo.InvariantCulture)}{ending}{(compressed ? Gzip : "")}";

    /// <summary>
    /// Returns a backup's name in a form that no search for backups matches (the previous Python server looks for
    /// <c>trading_bot_backup_*</c>, others for <c>*.db*</c> or <c>*backup*</c>): <c>20261125_020000_db_gz</c> for
    /// <c>trading_bot_backup_20261125_020000.db.gz</c>.
    /// </summary>
    public static string Bare(string name) => (name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name).Replace('.', '_');

    /// <summary>
    /// Returns the backup's name from the form that <see cref="Bare"/> makes. Any other text gives a name that is not that of a backup.
    /// </summary>
    public static string FromBare(string bare)
    {
        var end = Array.Find(Endings, end => bare.EndsWith(end.Replace('.', '_'), StringComparison.Ordinal));
        return end is null ? "" : (bare.StartsWith(BeforeMigration, StringComparison.Ordinal) ? "" : Prefix) + bare[..^end.Length] + end;
    }

    public static bool IsCompressed(string name) => name.EndsWith(Gzip, StringComparison.Ordinal);

    /// <summary>
    /// Whether the text is the name of a backup: without a folder, and with a time that is not at an end of the calendar, where date
    /// arithmetic would overflow.
    /// </summary>
    public static bool TryParse(string name, out DateTime local) => TryRead(name, out local) && local.Year is >= 2000 and < 3000;

    private static bool TryRead(string name, out DateTime local)
    {
        local = default;
        var end = Array.Find(Endings, end => name.EndsWith(end, StringComparison.Ordinal))?.Length ?? 0;
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
