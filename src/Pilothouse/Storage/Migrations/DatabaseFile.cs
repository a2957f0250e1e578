using Pilothouse.Storage.Files;
using Pilothouse.Storage.Sqlite;

namespace Pilothouse.Storage.Migrations;

/// <summary>A file that may be our database: looked at, and refused where it is another's, without changing a byte.</summary>
internal sealed class DatabaseFile(string path)
{
    private static readonly byte[] Magic = "SQLite format 3\0"u8.ToArray();

    /// <summary>Looks at the file without changing it.</summary>
    /// <returns>The migrations that the file says it has, and whether a seed table has rows.</returns>
    /// <exception cref="DatabaseRefusedException">It is not one of ours, or not of this version.</exception>
    public (IReadOnlySet<string> Applied, bool HasData) Inspect() => Look(OpenFor.Inspect);

    /// <exception cref="DatabaseRefusedException">It is there, and this user may not write to it or beside it.</exception>
    public void DemandRights() => DatabasePlace.DemandRights(path);

    /// <summary>The same, and leaves nothing beside it: for a look that no start follows.</summary>
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
            // A bot was killed inside a transaction. Nobody can read the file before that is rolled back.
            return Recover();
        }
        catch (SqliteException error)
        {
            throw Unreadable(error);
        }
    }

    /// <summary>Whether it begins as every SQLite database does; of another file SQLite must not be asked. Nobody may have it open in this process.</summary>
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

    /// <summary>What stands beside a database while a restore changes it for another.</summary>
    public static string RestoreMarker(string path) => Path.GetFullPath(path) + ".restore.json";

    /// <summary>What a server leaves beside a database that was lost under it: a sentence that says what became of it and what to do.</summary>
    public static string LostMarker(string path) => Path.GetFullPath(path) + ".lost";

    /// <exception cref="DatabaseRefusedException">A restore of this file was begun and not finished, or the file was lost under a server.</exception>
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
            // This process has it open: to open and close it here would give up SQLite's locks. Its own descriptors tell as much.
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

    /// <summary>Refuses a table that has another's columns under the seed's name.</summary>
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
