using System.Threading.Channels;

namespace Pilothouse.Storage;

/// <summary>
/// The queue of writes in front of the one thread that stores them. It takes what is waiting (up to <see cref="MostInOneCommit"/>) and
/// passes it on, so that many waiting clients share one commit.
/// </summary>
internal sealed class WriteQueue : IDisposable
{
    public const int MostInOneCommit = 512;
    public const int MostWaiting = 8192;

    private readonly Channel<QueuedWrite> queue = Channel.CreateBounded<QueuedWrite>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Action<List<QueuedWrite>> store;
    private readonly Action<QueuedWrite> runOutside;
    private readonly Action atEnd;
    private readonly Thread thread;

    /// <param name="name">The name of the thread.</param>
    /// <param name="store">Stores a group of writes and completes each. It never throws.</param>
    /// <param name="runOutside">Runs work that is not a write, between two transactions.</param>
    /// <param name="atEnd">Runs on the thread before it ends.</param>
    public WriteQueue(string name, Action<List<QueuedWrite>> store, Action<QueuedWrite> runOutside, Action atEnd)
    {
        this.store = store;
        this.runOutside = runOutside;
        this.atEnd = atEnd;
        thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>The number of writes that wait for their transaction.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Whether the queue is ending and takes no more writes.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>Starts the thread.</summary>
    public void Start() => thread.Start();

    /// <exception cref="DatabaseBusyException">Too many writes are waiting.</exception>
    public Task<T> AddAsync<T>(QueuedWrite<T> item)
    {
        if (!queue.Writer.TryWrite(item))
        {
            throw new DatabaseBusyException("Too many writes are waiting. Send this one again in a moment.");
        }

        return item.Task;
    }

    /// <summary>Refuses all waiting writes for a reason that holds for each of them.</summary>
    public void RefuseWaiting(Exception reason)
    {
        for (var count = queue.Reader.Count; count > 0 && queue.Reader.TryRead(out var item); count--)
        {
            item.Fail(reason);
        }
    }

    /// <summary>Stops accepting writes, finishes the waiting ones, and ends the thread.</summary>
    public void Dispose()
    {
        IsEnding = true;
        queue.Writer.TryComplete();
        thread.Join();
    }

    private void Run()
    {
        var batch = new List<QueuedWrite>(MostInOneCommit);
        var outside = new List<QueuedWrite>();
        while (WaitForItem())
        {
            while (batch.Count < MostInOneCommit && queue.Reader.TryRead(out var item))
            {
                if (!item.Cancelled())
                {
                    (item.IsOutside ? outside : batch).Add(item);
                }
            }

            if (batch.Count > 0)
            {
                store(batch);
                batch.Clear();
            }

            outside.ForEach(runOutside);
            outside.Clear();
        }

        atEnd();
    }

    private bool WaitForItem()
    {
        var more = queue.Reader.WaitToReadAsync();
        return more.IsCompleted ? more.Result : more.AsTask().GetAwaiter().GetResult();
    }
}
