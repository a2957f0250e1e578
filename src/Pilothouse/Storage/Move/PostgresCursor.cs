using System.Data;
using Npgsql;

namespace Pilothouse.Storage.Move;

/// <summary>Reads a table of PostgreSQL. Its columns have types, so every value means something to the server.</summary>
internal sealed class PostgresCursor : MoveCursor
{
    private readonly MovedTable table;
    private readonly NpgsqlCommand command;
    private readonly NpgsqlDataReader reader;
    private bool isAtEnd;

    public PostgresCursor(NpgsqlConnection connection, MovedTable table)
    {
        this.table = table;
        var columns = string.Join(", ", table.Columns.Select(static column => MovedTable.Quote(column.Name) + Cast(column.Kind)));
        command = new NpgsqlCommand($"SELECT {columns} FROM {table.Name} ORDER BY {table.Order}", connection) { CommandTimeout = 0 };
        reader = command.ExecuteReader(CommandBehavior.SequentialAccess);
    }

    public override long Place => 0;

    public override bool Next() => !(isAtEnd = !reader.Read());

    public override void Read(Span<MovedValue> values, List<string> problems)
    {
        for (var at = 0; at < values.Length; at++)
        {
            values[at] = reader.IsDBNull(at) ? MovedValue.Null : table.Columns[at].Kind switch
            {
                MovedKind.Whole => MovedValue.OfWhole(reader.GetInt64(at)),
                MovedKind.Number => MovedValue.OfNumber(reader.GetDouble(at)),
                MovedKind.Money => MovedValue.OfMoney(reader.GetDecimal(at)),
                MovedKind.Time => MovedValue.OfMicroseconds(reader.GetFieldValue<long>(at)),
                _ => MovedValue.OfText(reader.GetString(at)),
            };
        }
    }

    public override void Dispose()
    {
        try
        {
            if (!isAtEnd)
            {
                // The reader would else read the rest of the table. The work has failed or was cancelled, so the transaction may fail too.
                command.Cancel();
            }

            reader.Dispose();
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            // This is what was asked for.
        }

        command.Dispose();
    }

    /// <summary>Amounts and JSON have types that the driver does not read by itself.</summary>
    private static string Cast(MovedKind kind) => kind switch { MovedKind.Money => "::numeric", MovedKind.Json => "::text", _ => "" };
}
