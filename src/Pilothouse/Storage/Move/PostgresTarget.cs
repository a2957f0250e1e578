using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;
using Pilothouse.Configuration;
using Pilothouse.Storage.Postgres;

namespace Pilothouse.Storage.Move;

/// <summary>A PostgreSQL database that receives everything in one transaction, by COPY.</summary>
/// <param name="url">Its address.</param>
internal sealed class PostgresTarget(DatabaseUrl url) : MoveTarget
{
    private PostgresPlace? place;
    private NpgsqlTransaction? transaction;

    public override string Place => url.ToString();

    private static string AllTables => string.Join(", ", MovedTables.All.Select(static table => table.Name));

    private PostgresPlace Open => place ?? throw new InvalidOperationException("The move was not begun.");

    public override string Look()
    {
        place ??= new PostgresPlace(url);
        RefuseRows();
        return Open.MissingMigrations().Count > 0
            ? $"{Place} has no rows, and not this version's schema; the move makes it."
            : $"{Place} has this version's schema and no rows.";
    }

    public override void Begin()
    {
        Look();
        new PostgresMigrator(Open.Address, NullLogger<PostgresMigrator>.Instance).Migrate();
        Open.RefuseServers();
        transaction = Open.Connection.BeginTransaction();
        Open.Connection.Do("SET LOCAL lock_timeout = '5s'");
        Open.Connection.Do("LOCK TABLE write_guard IN EXCLUSIVE MODE");
        Open.Connection.Do($"LOCK TABLE {AllTables} IN SHARE ROW EXCLUSIVE MODE");
        RefuseRows();

        // The log of changes is moved as it is, and gets no row for each row that is moved.
        ForAll("DISABLE TRIGGER USER");
    }

    public override string? Objection(MovedKind kind, in MovedValue value) =>
        kind == MovedKind.Text && value.Text.Contains('\0', StringComparison.Ordinal) ? "text with a NUL character" : null;

    public override void Store(RowBatch batch, Action<int, string> refuse) => Store(batch, 0, batch.Count, refuse);

    public override MoveCursor Read(MovedTable table) => new PostgresCursor(Open.Connection, table);

    public override void Finish(IReadOnlyList<(MovedTable Table, long Last)> lastNumbers)
    {
        foreach (var (table, last) in lastNumbers.Where(static one => one.Last > 0))
        {
            // Unlike setval, this is rolled back with the transaction.
            var next = (last == long.MaxValue ? last : last + 1).ToString(CultureInfo.InvariantCulture);
            var id = table.Columns[table.NumberOfId].Name;
            Open.Connection.Do($"ALTER TABLE {table.Name} ALTER COLUMN {id} RESTART WITH {next}");
        }

        ForAll("ENABLE TRIGGER USER");
        Open.Connection.Do($"ANALYZE {AllTables}");
    }

    public override void Commit() => transaction!.Commit();

    public override void Dispose()
    {
        transaction?.Dispose();
        place?.Dispose();
    }

    /// <summary>Whether the server refuses a value or a row, and not the whole work.</summary>
    private static bool IsOfRow(PostgresException error) =>
        error.SqlState[..2] is "22" or "23" or "54" && error.SqlState != PostgresErrorCodes.InvalidBinaryRepresentation;

    /// <summary>Stores rows with one COPY. If it is refused, each half is tried alone, down to the row that is the reason.</summary>
    private void Store(RowBatch batch, int first, int count, Action<int, string> refuse)
    {
        Open.Connection.Do("SAVEPOINT rows");
        try
        {
            Copy(batch, first, count);
            Open.Connection.Do("RELEASE SAVEPOINT rows");
            return;
        }
        catch (PostgresException error) when (IsOfRow(error))
        {
            Open.Connection.Do("ROLLBACK TO SAVEPOINT rows");
            Open.Connection.Do("RELEASE SAVEPOINT rows");
            if (count == 1)
            {
                refuse(first, error.MessageText);
                return;
            }
        }

        Store(batch, first, count / 2, refuse);
        Store(batch, first + (count / 2), count - (count / 2), refuse);
    }

    private void Copy(RowBatch batch, int first, int count)
    {
        var table = batch.Table;
        using var copy = Open.Connection.BeginBinaryImport($"COPY {table.Name} ({table.ColumnList}) FROM STDIN (FORMAT BINARY)");
        copy.Timeout = TimeSpan.Zero;
        for (var row = first; row < first + count; row++)
        {
            copy.StartRow();
            Write(copy, table, batch[row]);
        }

        copy.Complete();
    }

    private static void Write(NpgsqlBinaryImporter copy, MovedTable table, ReadOnlySpan<MovedValue> row)
    {
        for (var at = 0; at < row.Length; at++)
        {
            if (!row[at].HasValue)
            {
                copy.WriteNull();
                continue;
            }

            switch (table.Columns[at].Kind)
            {
                case MovedKind.Whole:
                    copy.Write(row[at].Whole, NpgsqlDbType.Bigint);
                    break;
                case MovedKind.Number:
                    copy.Write(row[at].Number, NpgsqlDbType.Double);
                    break;
                case MovedKind.Money:
                    copy.Write(row[at].Money, NpgsqlDbType.Numeric);
                    break;
                case MovedKind.Time:
                    copy.Write(row[at].Whole, NpgsqlDbType.TimestampTz);
                    break;
                case MovedKind.Json:
                    copy.Write(row[at].Text, NpgsqlDbType.Jsonb);
                    break;
                default:
                    copy.Write(row[at].Text, NpgsqlDbType.Text);
                    break;
            }
        }
    }

    private void ForAll(string change)
    {
        foreach (var table in MovedTables.All)
        {
            Open.Connection.Do($"ALTER TABLE {table.Name} {change}");
        }
    }

    private void RefuseRows()
    {
        if (Open.FirstFilled() is { } table)
        {
            throw new DatabaseRefusedException($"{Place} has rows in {table}. A move fills an empty database only. "
                + "Make a new database (createdb) and name that. Nothing was moved.");
        }
    }
}
