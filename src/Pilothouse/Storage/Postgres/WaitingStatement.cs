using System.Threading.Tasks.Sources;
using Npgsql;

namespace Pilothouse.Storage.Postgres;

/// <summary>A statement of a write that waits for the next round of its group.</summary>
internal abstract class WaitingStatement(GroupedWrite write, PostgresStatement statement)
{
    public GroupedWrite Write => write;

    public PostgresStatement Statement => statement;

    public abstract void Take(Row row);

    /// <summary>Keeps the result, which the write receives when it goes on.</summary>
    /// <param name="changed">How many rows the statement changed.</param>
    public abstract void Finish(int changed);

    /// <summary>Lets the write go on. It runs on the calling thread up to its next statement or its end.</summary>
    public abstract void GoOn();

    /// <summary>Lets the write go on with an exception.</summary>
    public abstract void Fail(Exception error);
}

/// <inheritdoc/>
internal sealed class WaitingStatement<T>(GroupedWrite write, PostgresStatement statement, RowTaker<T> taker)
    : WaitingStatement(write, statement), IValueTaskSource<T>
{
    // The continuation runs at once, on the thread of the writer, so that the work of a group is done by one thread.
    private ManualResetValueTaskSourceCore<T> source = new() { RunContinuationsAsynchronously = false };
    private T result = default!;

    public ValueTask<T> Task => new(this, source.Version);

    public override void Take(Row row) => taker.Take(row);

    public override void Finish(int changed) => result = taker.Finish(changed);

    public override void GoOn() => source.SetResult(result);

    public override void Fail(Exception error) => source.SetException(error);

    T IValueTaskSource<T>.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
