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

    /// <summary>
    /// Whether rows that are inserted into the same columns go as one statement. If that fails, nobody knows by which row, so the group is
    /// run again without.
    /// </summary>
    public bool MayCombine { get; set; }

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
        var sent = GroupsOf(statements);
        using var batch = Fill(sent);
        var commands = batch.BatchCommands.Count - sent.Count;
        Exception? unreadable = null;
        try
        {
            using var reader = batch.ExecuteReader();
            row.Reader = reader;
            var isFirst = true;
            foreach (var group in sent.Where(static group => group[0].Statement.Sql.ReturnsRows))
            {
                _ = isFirst || reader.NextResult();
                isFirst = false;
                var read = 0;
                for (; reader.Read(); read++)
                {
                    // Each row of a statement for many is that of the statement with this number.
                    unreadable ??= Take(group.Count == 1 ? group[0] : group[Math.Min(read, group.Count - 1)]);
                }

                unreadable ??= group.Count == 1 || read == group.Count ? null : new RowKeptAwayException();
            }

            while (reader.NextResult())
            {
            }
        }
        catch (PostgresException error) when (batch.BatchCommands.IndexOf(error.BatchCommand!) is var at && at >= commands)
        {
            if (sent[at - commands] is { Count: > 1 } group && error.SqlState == PostgresErrorCodes.DatatypeMismatch)
            {
                group[0].Statement.Sql.ForManyRows = null;
            }

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

        foreach (var (i, group) in sent.Index())
        {
            var changed = group.Count > 1 ? 1 : batch.BatchCommands[commands + i].RecordsAffected;
            foreach (var statement in group)
            {
                statement.Write.HasChanged |= changed > 0 && statement.Statement.Sql.Uses.Any(static use => use.Use != TableUse.Read);
                statement.Finish(changed);
            }
        }
    }

    /// <summary>Puts statements that follow each other and insert into the same columns together, as far as they may be combined.</summary>
    private List<List<WaitingStatement>> GroupsOf(List<WaitingStatement> statements)
    {
        var groups = new List<List<WaitingStatement>>(statements.Count);
        for (int from = 0, to; from < statements.Count; from = to)
        {
            to = from + 1;
            var sql = statements[from].Statement.Sql;
            while (MayCombine && sql.ForManyRows is not null && to < statements.Count && to - from < ManyRows.Most && statements[to].Statement.Sql == sql)
            {
                to++;
            }

            if (to - from >= ManyRows.Least)
            {
                groups.Add(statements.GetRange(from, to - from));
                continue;
            }

            to = from + 1;
            groups.Add([statements[from]]);
        }

        return groups;
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

    private static NpgsqlBatchCommand One(PostgresStatement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Sql.Text);
        statement.AddTo(command.Parameters);
        return command;
    }

    private NpgsqlBatch Fill(List<List<WaitingStatement>> groups)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var command in before)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(command));
        }

        before.Clear();
        foreach (var group in groups)
        {
            batch.BatchCommands.Add(group.Count > 1 ? ManyRows.Of(group) : One(group[0].Statement));
        }

        return batch;
    }
}
