using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>
/// Runs the writes of one transaction. Each sends its next statement together with those of the others, so that a group of writes needs
/// as many round trips as its longest write. The result is that of running the writes one after the other, in the order of the group:
/// a statement that would make it another one keeps its write for the end, where it runs alone (docs/decisions/0029).
/// </summary>
internal sealed class WriteRounds(NpgsqlConnection connection, EngineMetrics metrics)
{
    private readonly RoundTrip trip = new(connection, metrics);
    private readonly TableOrder order = new();
    private List<WaitingStatement> waiting = [];
    private bool isTogether;

    /// <summary>What the writes of the transaction share.</summary>
    public CommitStates States { get; } = new();

    /// <summary>Adds a command that is sent before the statements of the next round.</summary>
    public void AddBefore(string command) => trip.AddBefore(command);

    /// <summary>Runs the writes, and then what they left to the end of the transaction.</summary>
    /// <returns>How many of them failed on their own.</returns>
    /// <exception cref="HalfDoneWriteException">
    /// A statement failed, or a write failed after it had changed something. The transaction must be rolled back.
    /// </exception>
    public int Run(IReadOnlyList<QueuedWrite> writes)
    {
        States.Drop();
        order.Clear();
        GroupedWrite[] group = [.. writes.Select((write, place) => new GroupedWrite(write, place, this))];
        isTogether = group.Length > 1;
        trip.MayCombine = true;
        Run(group);
        isTogether = false;
        for (var place = 0; place < group.Length; place++)
        {
            if (group[place].IsPostponed)
            {
                group[place] = new GroupedWrite(group[place].Queued, place, this);
                Run([group[place]]);
            }
        }

        var refused = group.Count(Settle);
        Finish();
        return refused;
    }

    /// <summary>Runs each write within a savepoint, with what it left to the end of the transaction.</summary>
    /// <returns>How many of them failed on their own.</returns>
    public int RunOneByOne(IReadOnlyList<QueuedWrite> writes)
    {
        var refused = 0;
        isTogether = false;
        trip.MayCombine = false;
        foreach (var write in writes)
        {
            States.Drop();
            AddBefore("SAVEPOINT item");
            var alone = new GroupedWrite(write, 0, this);
            try
            {
                Run([alone]);
                refused += Settle(alone) ? 1 : 0;
                Finish();
            }
            catch (HalfDoneWriteException error)
            {
                write.Refuse(PostgresErrors.Translate(error.InnerException!));
                refused++;
                trip.Clear();
                AddBefore("ROLLBACK TO item");
            }

            AddBefore("RELEASE item");
        }

        States.Drop();
        return refused;
    }

    /// <summary>Sends the commands that were added, without statements.</summary>
    public void Send() => trip.Send();

    public ValueTask<T> Add<T>(WaitingStatement<T> statement)
    {
        waiting.Add(statement);
        return statement.Task;
    }

    /// <summary>
    /// Whether a write must run alone because of its next statement. It must if a write behind it in the group has used a table before it
    /// in a way that does not go with what this statement does with it.
    /// </summary>
    /// <exception cref="HalfDoneWriteException">It must, and has changed something.</exception>
    public bool MustRunAlone(GroupedWrite write, PostgresSql next)
    {
        if (!isTogether || (!next.MustBeAlone && order.Note(write.Place, next)))
        {
            return false;
        }

        if (write.HasChanged)
        {
            write.Learn();
            throw new HalfDoneWriteException(new GroupLeftException());
        }

        return true;
    }

    /// <summary>Takes back the statements of a write that were not sent yet. A write may begin several before it waits for one.</summary>
    public void Withdraw(GroupedWrite write)
    {
        var withdrawn = waiting.FindAll(statement => statement.Write == write);
        waiting.RemoveAll(statement => statement.Write == write);
        withdrawn.ForEach(static statement => statement.Fail(new GroupLeftException()));
    }

    /// <summary>Runs these writes to their ends.</summary>
    private void Run(GroupedWrite[] writes)
    {
        try
        {
            foreach (var write in writes)
            {
                write.Start(write.Queued!.RunAsync);
            }

            RunRounds();
        }
        catch
        {
            End(writes);
            throw;
        }
    }

    private void RunRounds()
    {
        while (waiting.Count > 0)
        {
            var sent = waiting;
            waiting = [];
            trip.Send(sent);
            foreach (var statement in sent)
            {
                statement.GoOn();
            }
        }
    }

    /// <summary>Runs what the writes left to the end of the transaction.</summary>
    private void Finish()
    {
        var end = new GroupedWrite(null, int.MaxValue, this);
        end.Start(States.FinishAsync);
        RunRounds();
        if (!end.Running.IsCompletedSuccessfully)
        {
            throw new HalfDoneWriteException(ErrorOf(end));
        }
    }

    /// <summary>Lets the writes that wait go on with an exception, so that their work ends.</summary>
    private void End(GroupedWrite[] writes)
    {
        foreach (var write in writes)
        {
            write.IsEnded = true;
        }

        foreach (var statement in waiting)
        {
            statement.Fail(new GroupLeftException());
        }

        waiting.Clear();
    }

    /// <summary>Keeps the failure of a write that has changed nothing.</summary>
    /// <returns>Whether the write failed.</returns>
    private static bool Settle(GroupedWrite write)
    {
        if (write.Running.IsCompletedSuccessfully)
        {
            return false;
        }

        // A write that waited for what another one reads for both fails with it if that one is kept back.
        var error = ErrorOf(write);
        if (write.HasChanged || error is GroupLeftException)
        {
            throw new HalfDoneWriteException(error);
        }

        write.Queued!.Refuse(PostgresErrors.Translate(error));
        return true;
    }

    private static Exception ErrorOf(GroupedWrite write) => write.Running.Exception?.InnerException
        ?? new InvalidOperationException("Work given to a write may only await its session.");
}
