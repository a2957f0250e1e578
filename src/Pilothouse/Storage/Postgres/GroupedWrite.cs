namespace Pilothouse.Storage.Postgres;

/// <summary>A write of a group, and the session in which its work runs: each of its statements waits for the next round of the group.</summary>
/// <param name="queued">The write; null for what the writes of the group have left to its end.</param>
/// <param name="place">Its place in the order of the group.</param>
/// <param name="rounds">The rounds of the group.</param>
internal sealed class GroupedWrite(QueuedWrite? queued, int place, WriteRounds rounds) : Session(rounds.States), IStatementRunner
{
    private readonly List<PostgresSql> statements = [];

    public QueuedWrite? Queued => queued;

    public int Place => place;

    /// <summary>The work as it runs; it completes with the work.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Whether one of its statements has stored, changed or removed a row.</summary>
    public bool HasChanged { get; set; }

    /// <summary>Whether it must run again, alone, after the other writes of the group.</summary>
    public bool IsPostponed { get; private set; }

    /// <summary>Whether the group has ended without it: it can run no more statements.</summary>
    public bool IsEnded { get; set; }

    public override Statement Prepare(Sql sql) => new PostgresStatement(sql.ForPostgres, this);

    /// <summary>Runs the work up to its first statement.</summary>
    public void Start(Func<Session, ValueTask> work)
    {
        try
        {
            Running = work(this).AsTask();
        }
        catch (Exception error)
        {
            Running = Task.FromException(error);
        }
    }

    public ValueTask<T> RunAsync<T>(PostgresStatement statement, RowTaker<T> taker)
    {
        if (IsEnded || IsPostponed)
        {
            return ValueTask.FromException<T>(new GroupLeftException());
        }

        if (rounds.MustRunAlone(this, statement.Sql))
        {
            IsPostponed = true;
            rounds.Withdraw(this);
            return ValueTask.FromException<T>(new GroupLeftException());
        }

        statements.Add(statement.Sql);
        return rounds.Add(new WaitingStatement<T>(this, statement, taker));
    }

    /// <summary>
    /// Remembers by the first statement with which it has changed something that writes of this kind must run alone, so that the next one
    /// is kept back before that.
    /// </summary>
    public void Learn()
    {
        if (statements.Find(static sql => sql.Uses.Any(static use => use.Use != TableUse.Read)) is { } first)
        {
            first.MustBeAlone = true;
        }
    }
}

/// <summary>A write runs no more statements in its group; it runs again.</summary>
internal sealed class GroupLeftException() : Exception("The write runs again, alone.");
