using System.Runtime.InteropServices;

namespace Pilothouse.Storage;

/// <summary>
/// A thread of its own for work of seconds or minutes: a backup, a check of the whole file, a long read. From <see cref="GiveWay"/> on it leaves
/// the processor to whoever has less to do; on a small machine such work would else take half of it from those who wait for milliseconds.
/// </summary>
internal static partial class PatientThread
{
    /// <summary>A thirtieth of what others get where all are busy, and all that is left where they are not.</summary>
    private const int Niceness = 15;

    private const int OfOneThread = 0;
    private const int Calling = 0;

    [ThreadStatic]
    private static bool isMine;

    /// <summary>Runs the work to its end.</summary>
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

    /// <summary>
    /// From here on nobody waits for this work: it holds no lock and no state of the database. On a thread that others use too this does
    /// nothing, because what it gives away cannot be taken back.
    /// </summary>
    public static void GiveWay()
    {
        if (isMine)
        {
            // Linux knows the niceness of each thread. Where the system does not, the work is only less patient.
            _ = SetPriority(OfOneThread, Calling, Niceness);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
