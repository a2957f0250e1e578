using Pilothouse.Storage;

namespace Pilothouse.Tests.Storage;

/// <summary>Long work leaves the processor to others, on its own thread only.</summary>
public sealed class PatientThreadTests
{
    [Fact]
    public async Task Work_that_gives_way_is_nice_and_threads_that_others_use_are_not()
    {
        var (before, after) = await PatientThread.Run(static () =>
        {
            var was = Niceness();
            PatientThread.GiveWay();
            return (was, Niceness());
        });
        Assert.True(after > before && after >= 10, $"{before}, then {after}");
        await Task.Run(static () =>
        {
            var was = Niceness();
            PatientThread.GiveWay();
            Assert.Equal(was, Niceness());
        }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Work_that_gives_way_to_all_runs_in_idle_time_only_and_threads_that_others_use_do_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have no such policy.");
        Assert.Equal((0, 5), await PatientThread.Run(static () =>
        {
            var was = Policy();
            PatientThread.GiveWayToAll();
            return (was, Policy());
        }));
        await Task.Run(static () =>
        {
            PatientThread.GiveWayToAll();
            Assert.Equal(0, Policy());
        }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_the_work_throws_and_its_end_come_to_who_waits()
    {
        await Assert.ThrowsAsync<InvalidDataException>(static () => PatientThread.Run<int>(static () => throw new InvalidDataException("x")));
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var ended = PatientThread.Run(() =>
        {
            cancel.Token.ThrowIfCancellationRequested();
            return 1;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ended);
        Assert.True(ended.IsCanceled);
    }

    /// <summary>proc_pid_stat(5): the 19th field. The name, which is the second and may have spaces, ends with the last bracket.</summary>
    private static int Niceness() => Field(19);

    /// <summary>The 41st field: 0 is the usual policy, 5 is SCHED_IDLE.</summary>
    private static int Policy() => Field(41);

    private static int Field(int number)
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[number - 3], System.Globalization.CultureInfo.InvariantCulture);
    }
}
