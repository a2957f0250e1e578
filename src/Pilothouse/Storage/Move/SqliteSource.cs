using System.Globalization;
using System.Text;
using System.Text.Json;
using Pilothouse.Storage.Files;
using Pilothouse.Storage.Migrations;
using Pilothouse.Storage.Sqlite;
using SQLitePCL;

namespace Pilothouse.Storage.Move;

/// <summary>A SQLite file that is moved. It is read in one transaction of a connection that cannot write.</summary>
/// <param name="path">The file.</param>
internal sealed class SqliteSource(string path) : MoveSource
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private FileClaim? claim;
    private SqliteConnection? snapshot;
    private SqliteConnection? watch;
    private long version;

    public override string Place => Path.GetFullPath(path);

    private SqliteConnection Snapshot => snapshot ?? throw new InvalidOperationException("The snapshot was not begun.");

    public override IReadOnlyList<string> Begin(bool dryRun)
    {
        if (!File.Exists(path))
        {
            throw new DatabaseRefusedException($"There is no file {Place}. Nothing was moved.");
        }

        // A server could write rows that the target would lack. It cannot start while the claim is held.
        claim = dryRun ? null : FileClaim.Take(path);
        var users = Users();
        if (users.Count > 0 && !dryRun)
        {
            throw new DatabaseRefusedException($"{Place} is open in {string.Join("; ", users)}. "
                + "What it writes from now on would be missing in the target. Stop it and run this again.");
        }

        DemandSchema(dryRun);
        watch = new SqliteConnection(path, dryRun ? OpenFor.Glance : OpenFor.Inspect);
        version = watch.DataVersion();
        snapshot = new SqliteConnection(path, dryRun ? OpenFor.Glance : OpenFor.Inspect);
        SqliteSnapshot.Begin(snapshot);
        RefuseUnreadLocalTimes();
        return [.. users.Select(user => $"{Place} is open in {user}. Stop it before the move."), .. NotMoved()];
    }

    public override long Count(MovedTable table) => Whole($"SELECT count(*) FROM {table.Name}");

    /// <summary>Where a table has no sequence, SQLite itself goes on behind the highest number that is there.</summary>
    public override long LastNumber(MovedTable table)
    {
        var id = MovedTable.Quote(table.Columns[table.NumberOfId].Name);
        var noted = Whole($"SELECT max(seq) FROM sqlite_sequence WHERE name = '{table.Name}'");
        return Math.Max(noted, Math.Max(0, Whole($"SELECT max({id}) FROM {table.Name}")));
    }

    public override MoveCursor Read(MovedTable table) => new SqliteCursor(Snapshot, table);

    public override void WriteValues(Utf8JsonWriter json, RowBatch batch, int row)
    {
        using var statement = new SqliteStatement(Snapshot, $"SELECT * FROM {batch.Table.Name} WHERE rowid = @place");
        statement.Set("place", batch.Places[row]);
        statement.Step();
        json.WriteStartObject();
        for (var at = 0; at < raw.sqlite3_column_count(statement.Handle); at++)
        {
            json.WritePropertyName(raw.sqlite3_column_name(statement.Handle, at).utf8_to_string());
            Write(json, statement.Row, at);
        }

        json.WriteEndObject();
    }

    public override void DemandUnchanged()
    {
        if (watch!.DataVersion() != version)
        {
            throw new DatabaseRefusedException($"Another program wrote to {Place} while it was moved, and what it wrote is missing. "
                + "Nothing of the move stays. Stop that program and run this again.");
        }
    }

    public override void Dispose()
    {
        snapshot?.Dispose();
        watch?.Dispose();
        claim?.Dispose();
    }

    /// <summary>Writes a value as it is stored. What JSON has no word for is an object that says what it is.</summary>
    private static void Write(Utf8JsonWriter json, SqliteRow row, int at)
    {
        switch (row.Type(at))
        {
            case raw.SQLITE_NULL:
                json.WriteNullValue();
                break;
            case raw.SQLITE_INTEGER:
                json.WriteNumberValue(row.Id(at));
                break;
            case raw.SQLITE_FLOAT when double.IsFinite(row.Double(at)):
                json.WriteNumberValue(row.Double(at));
                break;
            case raw.SQLITE_FLOAT:
                Write(json, "number", row.Double(at) > 0 ? "Infinity" : "-Infinity");
                break;
            case raw.SQLITE_BLOB:
                Write(json, "bytes", Convert.ToHexString(row.Bytes(at)));
                break;
            default:
                WriteText(json, row.Utf8(at));
                break;
        }
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        try
        {
            json.WriteStringValue(Strict.GetString(text));
        }
        catch (DecoderFallbackException)
        {
            Write(json, "text", Convert.ToHexString(text));
        }
    }

    private static void Write(Utf8JsonWriter json, string what, string value)
    {
        json.WriteStartObject();
        json.WriteString(what, value);
        json.WriteEndObject();
    }

    private List<string> Users()
    {
        List<string> users = [.. FileHolders.Find(Place)
            .Select(static holder => string.Create(CultureInfo.InvariantCulture, $"process {holder.ProcessId} ({holder.Command})"))];
        if (users.Count == 0 && claim is null && ServingProcess.Find(path) is { } server)
        {
            users.Add(string.Create(CultureInfo.InvariantCulture, $"the server of process {server.ProcessId}"));
        }

        return users;
    }

    private void DemandSchema(bool dryRun)
    {
        var file = new DatabaseFile(path);
        var applied = (dryRun ? file.Glance() : file.Inspect()).Applied;
        if (Migrator.Known.Except(applied).Any())
        {
            throw new DatabaseRefusedException($"{Place} does not have this version's schema yet. Run `pilothouse migrate` with "
                + $"DATABASE_PATH={path} first: it makes a copy of the file before it changes anything. Nothing was moved.");
        }
    }

    /// <summary>
    /// Local times that were in the file before FOREIGN_TIME_ZONE was set are read in the background. Until then the server takes them for
    /// UTC, and their true moment would be lost.
    /// </summary>
    private void RefuseUnreadLocalTimes()
    {
        if (Whole("SELECT count(*) FROM foreign_time_offsets") == 0)
        {
            return;
        }

        foreach (var table in ForeignTimes.Tables)
        {
            var waiting = Whole($"""
                SELECT EXISTS (SELECT 1 FROM {table.Name} JOIN foreign_time_backlog
                ON table_name = '{table.Name}' AND id > done_id AND id <= last_id)
                """);
            if (waiting != 0)
            {
                throw new DatabaseRefusedException($"{Place} has local times in {table.Name} that are not read by FOREIGN_TIME_ZONE yet. "
                    + "Start the server, which reads them in its first minutes, stop it and run this again. Nothing was moved.");
            }
        }
    }

    /// <summary>What other programs have added to the file, for which the target has no place.</summary>
    private IEnumerable<string> NotMoved()
    {
        foreach (var table in MovedTables.All)
        {
            var times = ForeignTimes.Tables.FirstOrDefault(one => one.Name == table.Name)?.Columns ?? [];
            var ours = table.Columns.Select(static column => column.Name)
                .Concat(times.Select(static column => column + ForeignTimes.Suffix));
            var present = Snapshot.Column($"SELECT name FROM pragma_table_info('{table.Name}')");
            foreach (var column in present.Except(ours, StringComparer.OrdinalIgnoreCase))
            {
                if (Snapshot.Scalar($"SELECT 1 FROM {table.Name} WHERE {MovedTable.Quote(column)} IS NOT NULL LIMIT 1") is not null)
                {
                    yield return $"Not moved: the column {column} of {table.Name}, which is not of this version.";
                }
            }
        }

        var known = MovedTables.All.Select(static table => table.Name).Concat(MovedTables.OnlyInFiles);
        foreach (var name in Snapshot.Column(SqliteTarget.AllTables).Except(known))
        {
            yield return $"Not moved: the table {name}, which is not of this version.";
        }
    }

    private long Whole(string sql) => long.Parse(Snapshot.Scalar(sql) ?? "0", CultureInfo.InvariantCulture);
}
