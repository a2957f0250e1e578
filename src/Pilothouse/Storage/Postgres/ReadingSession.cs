using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>A connection that is lent to one read. Each statement is sent when it is run.</summary>
internal sealed class ReadingSession(NpgsqlConnection connection, int timeoutSeconds, CancellationToken cancel) : Session, IStatementRunner
{
    private readonly PostgresRow row = new();

    public override Statement Prepare(Sql sql) => new PostgresStatement(sql.ForPostgres, this);

    public async ValueTask<T> RunAsync<T>(PostgresStatement statement, RowTaker<T> taker)
    {
        await using var command = new NpgsqlCommand(statement.Sql.Text, connection) { CommandTimeout = timeoutSeconds };
        statement.AddTo(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        row.Reader = reader;
        while (await reader.ReadAsync(cancel))
        {
            taker.Take(row);
        }

        return taker.Finish(reader.RecordsAffected);
    }
}
