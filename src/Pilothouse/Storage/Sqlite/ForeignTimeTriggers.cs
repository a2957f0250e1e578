namespace Pilothouse.Storage.Sqlite;

/// <summary>
/// The triggers that read the naive times of other programs as local ones, and what these triggers look into: the offsets of the zone, and
/// whether it is the server that writes. They are there only where FOREIGN_TIME_ZONE was ever set: elsewhere no write pays for them.
/// </summary>
internal static class ForeignTimeTriggers
{
    private static readonly Sql Offsets = new(
        "SELECT local_from, offset_seconds, again_seconds FROM foreign_time_offsets ORDER BY local_from");

    private static readonly Sql Forget = new("DELETE FROM foreign_time_offsets");

    private static readonly Sql Store = new(
        "INSERT INTO foreign_time_offsets(local_from, offset_seconds, again_seconds, zone) VALUES (@local_from, @offset, @again, @zone)");

    private static readonly Sql Mark = new("INSERT INTO server_writes(is_writing) VALUES (1)");

    private static readonly Sql Unmark = new("DELETE FROM server_writes");

    /// <summary>Makes the triggers and offsets match the setting (null if it is not set). Writes nothing if they match already.</summary>
    /// <exception cref="DatabaseRefusedException">Another program holds the file.</exception>
    public static void Apply(SqliteConnection connection, TimeZoneInfo? zone, DateTimeOffset now)
    {
        var offsets = zone is null ? [] : LocalTimes.Of(zone, now);
        if (zone is null ? !AreThere(connection) : IsSo(connection, offsets))
        {
            return;
        }

        using var writeLock = new WriteLock(connection);
        try
        {
            writeLock.Take();
            Apply(connection, zone, offsets);
            writeLock.Finish();
            connection.Execute("COMMIT");
        }
        catch (SqliteException error)
        {
            if (!connection.AutoCommit)
            {
                connection.Execute("ROLLBACK");
            }

            throw new DatabaseRefusedException(
                $"FOREIGN_TIME_ZONE could not be put into the database, and nothing was changed: {SqliteErrors.Translate(error).Message}");
        }
    }

    /// <summary>Whether the triggers exist. Then the server must mark its own transactions.</summary>
    public static bool AreThere(SqliteConnection connection) => Find(connection, Inserted(ForeignTimes.Tables[0])) is not null;

    /// <summary>Marks the running transaction as the server's own. The mark is never committed, so no other program sees it.</summary>
    public static void MarkAsOurs(SqliteConnection connection) => connection.Get(Mark).Renew().Run();

    /// <summary>Removes the mark before the commit.</summary>
    public static void Finish(SqliteConnection connection) => connection.Get(Unmark).Renew().Run();

    private static void Apply(SqliteConnection connection, TimeZoneInfo? zone, List<LocalTimes> offsets)
    {
        var stored = Stored(connection);
        if (zone is not null && stored.Count == 0)
        {
            // Rows that are in the file now are converted later (ForeignTimeTable.ConvertSomeAsync).
            foreach (var table in ForeignTimes.Tables)
            {
                connection.Execute($"""
                    INSERT OR REPLACE INTO foreign_time_backlog(table_name, done_id, last_id)
                    SELECT '{table.Name}', coalesce(min(id) - 1, 0), coalesce(max(id), 0) FROM {table.Name}
                    """);
            }
        }

        if (!stored.SequenceEqual(offsets))
        {
            connection.Get(Forget).Renew().Run();
            foreach (var piece in offsets)
            {
                var store = connection.Get(Store).Renew();
                store.Set("local_from", piece.From).Set("offset", (long)piece.OffsetSeconds).Set("again", (long?)piece.AgainSeconds)
                    .Set("zone", zone!.Id);
                store.Run();
            }
        }

        foreach (var table in ForeignTimes.Tables)
        {
            Put(connection, Inserted(table), zone is null ? null : OnInsert(table));

            // It stays where the setting is gone: a time that is written anew must not keep the UTC of the one before.
            Put(connection, Changed(table), OnUpdate(table));
        }
    }

    private static bool IsSo(SqliteConnection connection, List<LocalTimes> offsets) => Stored(connection).SequenceEqual(offsets)
        && ForeignTimes.Tables.All(table => Find(connection, Inserted(table)) == OnInsert(table) && Find(connection, Changed(table)) == OnUpdate(table));

    private static List<LocalTimes> Stored(SqliteConnection connection)
    {
        var stored = new List<LocalTimes>();
        var statement = connection.Get(Offsets).Renew();
        while (statement.Step())
        {
            stored.Add(new(statement.Row.Text(0) ?? "", (int)statement.Row.Id(1), (int?)statement.Row.Whole(2)));
        }

        statement.Renew();
        return stored;
    }

    private static string? Find(SqliteConnection connection, string trigger) =>
        connection.Scalar($"SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = '{trigger}'");

    private static string Inserted(ForeignTimeTable table) => $"ph_{table.Name}_local_inserted";

    private static string Changed(ForeignTimeTable table) => $"ph_{table.Name}_local_changed";

    private static void Put(SqliteConnection connection, string trigger, string? sql)
    {
        if (Find(connection, trigger) == sql)
        {
            return;
        }

        connection.Execute($"DROP TRIGGER IF EXISTS {trigger}");
        if (sql is not null)
        {
            connection.Execute(sql);
        }
    }

    private static string OnInsert(ForeignTimeTable table) => $"""
        CREATE TRIGGER {Inserted(table)} AFTER INSERT ON {table.Name}
        WHEN NOT EXISTS (SELECT 1 FROM server_writes) AND ({Join(" OR ", table, static column => IsLocal($"NEW.{column}"))})
        BEGIN
          UPDATE {table.Name} SET {Join(", ", table, static column => $"{column}{ForeignTimes.Suffix} = CASE {WhereLocal(column)} END")}
          WHERE id = NEW.id;
          {RemoveFromLog(table)}
        END
        """;

    private static string OnUpdate(ForeignTimeTable table) => $"""
        CREATE TRIGGER {Changed(table)} AFTER UPDATE OF {string.Join(", ", table.Columns)} ON {table.Name}
        WHEN NOT EXISTS (SELECT 1 FROM server_writes) AND ({Join(" OR ", table, static column => $"NEW.{column} IS NOT OLD.{column}")})
        BEGIN
          UPDATE {table.Name} SET {Join(", ", table, static column => $"{column}{ForeignTimes.Suffix} = CASE {WhereSame(column)} {WhereLocal(column)} END")}
          WHERE id = NEW.id;
          {RemoveFromLog(table)}
        END
        """;

    /// <summary>Whether the time is local. A time that SQLite itself wrote in this statement (a column default) is in UTC.</summary>
    private static string IsLocal(string time) => $"({ForeignTimes.IsNaive(time)} AND NOT {ForeignTimes.IsSqliteNow(time)})";

    private static string WhereLocal(string column) => $"WHEN {IsLocal($"NEW.{column}")} THEN {ForeignTimes.ToUtc($"NEW.{column}")}";

    private static string WhereSame(string column) => $"WHEN NEW.{column} IS OLD.{column} THEN {column}{ForeignTimes.Suffix}";

    private static string Join(string between, ForeignTimeTable table, Func<string, string> make) => string.Join(between, table.Columns.Select(make));

    /// <summary>
    /// The row that the trigger's own UPDATE has just left there: what the program wrote is in the log already, and this is no change of it.
    /// </summary>
    private static string RemoveFromLog(ForeignTimeTable table) => $"""
        DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)
            AND table_name = '{table.Name}' AND row_id = NEW.id AND kind = 'changed';
        """;
}
