using System.Text.Json;
using Npgsql;
using Pilothouse.Configuration;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Storage.Move;

/// <summary>A PostgreSQL database that is moved. It is read in one transaction that sees one moment and cannot write.</summary>
/// <param name="url">Its address.</param>
internal sealed class PostgresSource(DatabaseUrl url) : MoveSource
{
    private PostgresPlace? place;
    private NpgsqlTransaction? snapshot;

    public override string Place => url.ToString();

    private PostgresPlace Open => place ?? throw new InvalidOperationException("The snapshot was not begun.");

    public override IReadOnlyList<string> Begin(bool dryRun)
    {
        place = new PostgresPlace(url);
        if (place.MissingMigrations().Count > 0)
        {
            throw new DatabaseRefusedException(
                $"{Place} does not have this version's schema. Run `pilothouse migrate` with its DATABASE_URL first. Nothing was moved.");
        }

        if (!dryRun)
        {
            place.RefuseServers();
        }

        var isUsed = place.HasServers;
        snapshot = place.Connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        place.Connection.Do("SET TRANSACTION READ ONLY");
        string[] users = isUsed ? [$"Another Pilothouse is connected to {Place}. Stop it before the move."] : [];
        return [.. users, .. NotMoved()];
    }

    public override long Count(MovedTable table) => Open.Connection.Number($"SELECT count(*) FROM {table.Name}");

    public override long LastNumber(MovedTable table)
    {
        var id = table.Columns[table.NumberOfId].Name;
        var sequence = Open.Connection.Text($"SELECT pg_get_serial_sequence('{table.Name}', '{id}')");
        var given = sequence is null ? 0 : Open.Connection.Number($"SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM {sequence}");
        return Math.Max(given, Open.Connection.Number($"SELECT coalesce(max({id}), 0) FROM {table.Name}"));
    }

    public override MoveCursor Read(MovedTable table) => new PostgresCursor(Open.Connection, table);

    public override void WriteValues(Utf8JsonWriter json, RowBatch batch, int row)
    {
        json.WriteStartObject();
        for (var at = 0; at < batch.Table.Columns.Count; at++)
        {
            json.WritePropertyName(batch.Table.Columns[at].Name);
            Write(json, batch.Table.Columns[at].Kind, batch[row][at]);
        }

        json.WriteEndObject();
    }

    /// <summary>What another program writes cannot be seen from here. A server that was started meanwhile can.</summary>
    public override void DemandUnchanged()
    {
        // PostgreSQL shows the same connections to all of a transaction, unless it is told to look again.
        Open.Connection.Do("SELECT pg_stat_clear_snapshot()");
        if (Open.HasServers)
        {
            throw new DatabaseRefusedException($"A Pilothouse connected to {Place} while it was moved, and what it wrote may be missing. "
                + "Nothing of the move stays. Stop it and run this again.");
        }
    }

    public override void Dispose()
    {
        snapshot?.Dispose();
        place?.Dispose();
    }

    private static void Write(Utf8JsonWriter json, MovedKind kind, in MovedValue value)
    {
        switch (kind)
        {
            case var _ when !value.HasValue:
                json.WriteNullValue();
                break;
            case MovedKind.Whole:
                json.WriteNumberValue(value.Whole);
                break;
            case MovedKind.Money:
                json.WriteNumberValue(value.Money);
                break;
            case MovedKind.Number when double.IsFinite(value.Number):
                json.WriteNumberValue(value.Number);
                break;
            default:
                json.WriteStringValue(value.ToString(kind));
                break;
        }
    }

    /// <summary>What other programs have added to the database, for which the target has no place.</summary>
    private IEnumerable<string> NotMoved()
    {
        foreach (var table in MovedTables.All)
        {
            var present = Open.Connection.Column($"""
                SELECT column_name::text FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name = '{table.Name}' ORDER BY 1
                """);
            foreach (var column in present.Except(table.Columns.Select(static column => column.Name)))
            {
                yield return $"Not moved: the column {column} of {table.Name}, which is not of this version.";
            }
        }

        var known = MovedTables.All.Select(static table => table.Name).Concat(MovedTables.OnlyOnServers);
        var tables = Open.Connection.Column("""
            SELECT table_name::text FROM information_schema.tables
            WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1
            """);
        foreach (var name in tables.Except(known))
        {
            yield return $"Not moved: the table {name}, which is not of this version.";
        }
    }
}
