namespace Pilothouse.Performance;

/// <summary>
/// Lets one reading of the trades run at a time. A million of them take seconds: a few such requests at once would hold every
/// connection that reads, and the credentials of each write are read too.
/// </summary>
internal sealed class ReadingTurn : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);

    public async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> read, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            return await read();
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
