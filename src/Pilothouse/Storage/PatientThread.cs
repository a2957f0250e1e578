using System.Runtime.InteropServices;

namespace Pilothouse.Storage;

/// <summary>
/// Runs work of seconds or minutes on a thread of its own: a backup, a check of the whole file, a long read. After <see cref="GiveWay"/>
/// or <see cref="GiveWayToAll"/> the thread has a low priority; otherwise, on a small machine, it would take half of the CPU time from requests that need only
/// milliseconds.
/// </summary>
internal static partial class PatientThread
{
    /// <summary>
    /// With this niceness the thread gets about a thirtieth of the CPU time of a normal one if all cores are busy, and all idle time
    /// otherwise.
    /// </summary>
    private const int Niceness = 15;

    private const int OfOneThread = 0;

    /// <summary>SCHED_IDLE of sched(7).</summary>
    private const int OnlyIdleTime = 5;
    private const int Calling = 0;

    [ThreadStatic]
    private static bool isMine;

    /// <summary>Runs the work to its end and returns its result.</summary>
    public static Task<T> Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            isMine = true;
            try
            {
                done.SetResult(work());
            }
            catch (OperationCanceledException ended)
            {
                done.SetCanceled(ended.CancellationToken);
            }
            catch (Exception error)
            {
                done.SetException(error);
            }

            NativeMemoryPool.GiveBack();
        })
        { IsBackground = true, Name = "patient" }.Start();
        return done.Task;
    }

    /// <summary>Runs works beside each other, each to its end on a thread of its own, and returns their results in the same order.</summary>
    public static Task<T[]> RunAll<T>(params Func<Task<T>>[] works) => Task.WhenAll(works.Select(static work => Run(() => work().GetAwaiter().GetResult())));

    /// <summary>
    /// Lowers the priority of this thread for the rest of its work. Call it when the work holds no lock and no snapshot that others wait
    /// for. It does nothing on a shared thread, because the priority cannot be raised again.
    /// </summary>
    public static void GiveWay()
    {
        if (isMine)
        {
            // Linux has a niceness per thread. On other systems, the priority stays as it was.
            _ = SetPriority(OfOneThread, Calling, Niceness);
        }
    }

    /// <summary>
    /// Lets this thread run only when a core has nothing else to do, for work that may take hours on a busy machine. A thread that only has
    /// a low priority may finish its turn of some milliseconds before one that wakes up gets the core.
    /// </summary>
    public static void GiveWayToAll()
    {
        GiveWay();
        if (isMine && OperatingSystem.IsLinux())
        {
            // Linux applies the policy to the calling thread. Its parameter, a priority, must be 0.
            var priority = 0;
            _ = SetScheduler(Calling, OnlyIdleTime, in priority);
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int who, int policy, in int priority);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
