using Pilothouse.Storage.Files;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Migrations;

/// <summary>A file that may be our database. It is inspected without changing a byte, and refused if it is not ours.</summary>
internal sealed class DatabaseFile(string path)
{
    private static readonly byte[] Magic = "SQLite format 3\0"u8.ToArray();

    /// <summary>Inspects the file without changing it.</summary>
    /// <returns>The migrations that the file has, and whether any table of the bots has rows.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of our databases, or is of another version.</exception>
    public (IReadOnlySet<string> Applied, bool HasData) Inspect() => Look(OpenFor.Inspect);

    /// <exception cref="DatabaseRefusedException">The file exists, and this user may not write to it or to its folder.</exception>
    public void DemandRights() => DatabasePlace.DemandRights(path);

    /// <summary>Like <see cref="Inspect"/>, but creates no files beside the database, for a check without a start of the server.</summary>
    public (IReadOnlySet<string> Applied, bool HasData) Glance() => Look(OpenFor.Glance);

    private (IReadOnlySet<string> Applied, bool HasData) Look(OpenFor how)
    {
        RefuseUnsettled(path);
        DatabasePlace.Demand(path);
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
        {
            SqliteConnection.RefuseOrphanedLog(path);
            return (new HashSet<string>(), false);
        }

        RefuseOtherFiles(file);
        try
        {
            return Inspect(how);
        }
        catch (SqliteException error) when (how == OpenFor.Inspect && error.ExtendedCode == SQLitePCL.raw.SQLITE_READONLY_ROLLBACK)
        {
            // A bot was killed inside a transaction. The file cannot be read before that is rolled back.
            return Recover();
        }
        catch (SqliteException error)
        {
            throw Unreadable(error);
        }
    }

    /// <summary>
    /// Whether the file has the header of a SQLite database; SQLite must not open other files. This process must not have the file open.
    /// </summary>
    public static bool HasHeader(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        Span<byte> head = stackalloc byte[Magic.Length];
        using var file = PlainFile.Read(path, FileShare.ReadWrite, 0);
        return file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual(Magic);
    }

    /// <summary>The path of the marker that is beside a database while a restore replaces it.</summary>
    public static string RestoreMarker(string path) => Path.GetFullPath(path) + ".restore.json";

    /// <summary>
    /// The path of the marker that a server leaves if its database file was lost while it ran. It says what happened and what to do.
    /// </summary>
    public static string LostMarker(string path) => Path.GetFullPath(path) + ".lost";

    /// <exception cref="DatabaseRefusedException">A restore of this file was not finished, or the file was lost while a server used
    /// it.</exception>
    public static void RefuseUnsettled(string path)
    {
        if (File.Exists(LostMarker(path)))
        {
            using var marker = new StreamReader(PlainFile.Read(LostMarker(path), block: 4096));
            throw new DatabaseRefusedException($"{marker.ReadToEnd().Trim()} To use the files as they are now instead, remove {LostMarker(path)} first.");
        }

        if (File.Exists(RestoreMarker(path)))
        {
            throw new DatabaseRefusedException($"A restore of {path} was interrupted, and the file may be the old one, the new one, or missing. Finish it with `pilothouse backup restore`.");
        }
    }

    private (IReadOnlySet<string> Applied, bool HasData) Recover()
    {
        try
        {
            return Inspect(OpenFor.Recover);
        }
        catch (SqliteException error)
        {
            throw Unreadable(error);
        }
    }

    private (IReadOnlySet<string> Applied, bool HasData) Inspect(OpenFor use)
    {
        var hasData = false;
        using var connection = new SqliteConnection(path, use);
        foreach (var (table, columns) in SeedSchema.Tables)
        {
            hasData |= CheckTable(connection, table, columns);
        }

        return (Applied(connection), hasData);
    }

    private DatabaseRefusedException Unreadable(SqliteException error) => SqliteErrors.Translate(error) switch
    {
        DatabaseBusyException busy => new($"{path} cannot be opened now. {busy.Message}"),
        DatabaseFullException => new($"{path} cannot be opened. The disk that holds the database is full: SQLite needs some kilobytes beside the file. Make room and try again; it was not touched."),
        _ when error.IsDamage => new($"{path} cannot be read as a database ({error.Message}). It was not touched. Restore a backup with `pilothouse backup restore`, or set DATABASE_PATH to another file."),
        _ => new($"{path} cannot be read ({error.Message}). It was not touched. Look at the rights of the file and its folder, and at its disk (`dmesg`); if the file itself is damaged, restore a backup with `pilothouse backup restore`."),
    };

    private static void RefuseOtherFiles(FileInfo file)
    {
        if (OpenDatabases.ServedAt(file.FullName) is { } served)
        {
            // This process has the file open, and opening and closing it here would release SQLite's locks. The open descriptors are
            // checked instead.
            served.DemandForOpening();
            return;
        }

        try
        {
            if (HasHeader(file.FullName))
            {
                return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException($"{file.FullName} cannot be read: {error.Message} Check the rights of the file and its folder.");
        }

        throw new DatabaseRefusedException(
            $"{file.FullName} is not a SQLite database. It was not touched. Set DATABASE_PATH to the database, or to a name that does not exist yet; if this was the database, it is damaged: restore a backup with `pilothouse backup restore`.");
    }

    /// <summary>Refuses a table that has a known name but not the expected columns.</summary>
    /// <returns>Whether the table has rows.</returns>
    private bool CheckTable(SqliteConnection connection, string table, string[] columns)
    {
        var found = Columns(connection, table);
        if (found.Count == 0)
        {
            return false;
        }

        string[] lacking = [.. columns.Except(found, StringComparer.OrdinalIgnoreCase)];
        if (lacking.Length > 0)
        {
            throw new DatabaseRefusedException(
                $"{path}: table {table} has no column {string.Join(", ", lacking)}, so this file was made by another variant of the bot (see docs/upgrade.md). It was not touched. Set DATABASE_PATH to another file.");
        }

        return connection.Scalar($"SELECT 1 FROM {table} LIMIT 1") is not null;
    }

    private HashSet<string> Applied(SqliteConnection connection)
    {
        if (Columns(connection, "schema_migrations").Count == 0)
        {
            return [];
        }

        HashSet<string> applied = [.. connection.Column("SELECT version FROM schema_migrations")];
        if (applied.FirstOrDefault(version => version.StartsWith(Migrator.Prefix, StringComparison.Ordinal) && !Migrator.Known.Contains(version)) is { } newer)
        {
            throw new DatabaseRefusedException(
                $"{path} was migrated by a newer Pilothouse ({newer}); this version cannot read it safely. It was not touched. Start the newer version, or restore the backup made before the upgrade.");
        }

        return applied;
    }

    private static IReadOnlyList<string> Columns(SqliteConnection connection, string table) => connection.Column($"SELECT name FROM pragma_table_info('{table}')");
}
