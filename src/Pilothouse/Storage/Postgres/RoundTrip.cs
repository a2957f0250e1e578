using System.Diagnostics;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>Sends the statements of a round to PostgreSQL, all at once.</summary>
/// <param name="connection">The connection.</param>
/// <param name="metrics">Receives how long the first round of a transaction takes.</param>
internal sealed class RoundTrip(NpgsqlConnection connection, EngineMetrics metrics)
{
    /// <summary>The command with which a transaction begins.</summary>
    public const string Begin = "BEGIN";

    private readonly List<string> before = [];
    private readonly PostgresRow row = new();

    /// <summary>Adds a command that is sent before the next statements.</summary>
    public void AddBefore(string command) => before.Add(command);

    /// <summary>Takes the commands back that were added and not sent.</summary>
    public void Clear() => before.Clear();

    /// <summary>Sends the commands that were added, without statements.</summary>
    public void Send()
    {
        using var batch = Fill([]);
        batch.ExecuteNonQuery();
    }

    /// <summary>Sends statements in one round trip, and gives each its result.</summary>
    /// <exception cref="HalfDoneWriteException">One of them failed, and PostgreSQL has aborted the transaction.</exception>
    public void Send(List<WaitingStatement> statements)
    {
        var began = before is [Begin, ..] ? Stopwatch.GetTimestamp() : 0;
        using var batch = Fill(statements);
        var commands = batch.BatchCommands.Count - statements.Count;
        Exception? unreadable = null;
        try
        {
            using var reader = batch.ExecuteReader();
            row.Reader = reader;
            var isFirst = true;
            foreach (var statement in statements.Where(static statement => statement.Statement.Sql.ReturnsRows))
            {
                _ = isFirst || reader.NextResult();
                isFirst = false;
                while (reader.Read())
                {
                    unreadable = unreadable is null ? Take(statement) : unreadable;
                }
            }

            while (reader.NextResult())
            {
            }
        }
        catch (PostgresException error) when (batch.BatchCommands.IndexOf(error.BatchCommand!) >= commands)
        {
            throw new HalfDoneWriteException(error);
        }

        if (began != 0)
        {
            metrics.Locked(began);
        }

        if (unreadable is not null)
        {
            throw new HalfDoneWriteException(unreadable);
        }

        foreach (var (i, statement) in statements.Index())
        {
            var changed = batch.BatchCommands[commands + i].RecordsAffected;
            statement.Write.HasChanged |= changed > 0 && statement.Statement.Sql.Uses.Any(static use => use.Use != TableUse.Read);
            statement.Finish(changed);
        }
    }

    private Exception? Take(WaitingStatement statement)
    {
        try
        {
            statement.Take(row);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private NpgsqlBatch Fill(List<WaitingStatement> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var command in before)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(command));
        }

        before.Clear();
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Statement.Sql.Text);
            statement.Statement.AddTo(command.Parameters);
            batch.BatchCommands.Add(command);
        }

        return batch;
    }
}
