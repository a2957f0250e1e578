using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Retention;

/// <summary>With a clock that is days ahead, nothing is deleted for a day, in which a person can notice it. A restart does not change that.</summary>
public sealed class ClockGuardTests
{
    private const string Row = "INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES";
    private const int DaysOff = 60;

    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("DELETE FROM maintenance_runs")] // As a file that no server of this version has had.
    public async Task A_machine_that_wakes_60_days_later_deletes_nothing_before_the_next_night(string change)
    {
        var server = await StartWithSignalsAsync(days: 28);
        server.Sql(change);
        var (folder, clock) = (server.Folder, server.Clock);
        await server.StopAsync();
        clock.AdjustTime(clock.GetUtcNow().AddDays(DaysOff));
        server = await TestServer.StartAsync(folder, clock);

        // A bot that starts with the machine writes with the same wrong clock.
        server.Sql($"{Row} ('{RetentionTests.Stored(server, 0)}', 'A/B', 'BUY', 1, 1)");
        Assert.Equal(ConditionState.Warning, Look(server).State);
        await PassAsync(server, TimeSpan.FromMinutes(20), () => Look(server).State != ConditionState.Warning || server.Sql("SELECT count(*) FROM maintenance_runs WHERE task = 'nightly' AND message LIKE '%deleted nothing%'") == "1");
        Assert.Equal("29", server.Sql("SELECT count(*) FROM signals"));
        Assert.Contains("60 days ahead of the last time that the database knows (2026-03-02 1", Look(server).Message, StringComparison.Ordinal);
        Assert.Equal("degraded", (string?)(await server.GetAsync("/health/ready"))["status"]);

        // The doubt remains after another restart and after a second check on the same day.
        server = await server.RestartAsync();
        server.Clock.Advance(TimeSpan.FromHours(20));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("29", server.Sql("SELECT count(*) FROM signals"));

        // Nobody corrected the clock, so it is believed: the machine was really off for so long.
        server.Clock.Advance(TimeSpan.FromHours(4));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ConditionState.Ok, "1"), (Look(server).State, server.Sql("SELECT count(*) FROM signals")));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_clock_that_is_set_right_again_is_believed_at_once_and_nothing_was_lost()
    {
        await using var server = await StartWithSignalsAsync(days: 40);
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddDays(DaysOff));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ConditionState.Warning, "40"), (Look(server).State, server.Sql("SELECT count(*) FROM signals")));
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddDays(-DaysOff));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ConditionState.Ok, "30"), (Look(server).State, server.Sql("SELECT count(*) FROM signals")));
    }

    [Fact]
    public async Task A_server_that_was_off_for_a_weekend_doubts_nothing()
    {
        var server = await StartWithSignalsAsync(days: 40);
        await server.StopAsync();
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddDays(2).AddHours(-1));
        server = await TestServer.StartAsync(server.Folder, server.Clock);
        Assert.Equal(ConditionState.Ok, Look(server).State);
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual("40", server.Sql("SELECT count(*) FROM signals"));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task The_command_asks_for_a_word_before_it_deletes_by_such_a_clock()
    {
        using var folder = new TemporaryFolder();
        var now = TimeProvider.System.GetUtcNow();
        await using (var server = await TestServer.StartAsync(folder, new FakeTimeProvider(now.AddDays(-DaysOff))))
        {
            for (var day = 1; day <= 20; day++)
            {
                server.Sql($"{Row} ('{RetentionTests.Stored(server, -day)}', 'A/B', 'BUY', 1, 1)");
            }

            // The schema of a copied database is as young as the tests.
            server.Sql($"UPDATE schema_migrations SET applied_at = '{RetentionTests.Stored(server, 0)}'");
            await server.StopAsync();
            var (code, _, error) = await ServerProcess.RunAsync(folder, ["cleanup"], await TestEngine.CommandAsync(folder));
            Assert.Equal(1, code);
            Assert.Contains("Nothing was deleted. This machine's clock says", error, StringComparison.Ordinal);
            Assert.Contains("`pilothouse cleanup --clock-is-right`", error, StringComparison.Ordinal);
            (code, var output, error) = await ServerProcess.RunAsync(folder, ["cleanup", "--dry-run"], await TestEngine.CommandAsync(folder));
            Assert.Equal(0, code);
            Assert.Contains("Note: Retention deletes nothing until", error, StringComparison.Ordinal);
            Assert.Matches(@"(?m)^signals +30 days +20 +0$", output);
            Assert.Equal("20", server.Sql("SELECT count(*) FROM signals"));
            (code, _, error) = await ServerProcess.RunAsync(folder, ["cleanup", "--clock-is-right"], await TestEngine.CommandAsync(folder));
            Assert.True(code == 0, error);
            Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));

            // It is remembered.
            Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["cleanup"], await TestEngine.CommandAsync(folder))).Code);
        }
    }

    private static async Task<TestServer> StartWithSignalsAsync(int days)
    {
        var server = await TestServer.StartAsync();
        for (var day = 0; day < days; day++)
        {
            server.Sql($"{Row} ('{RetentionTests.Stored(server, -day, -60)}', 'A/B', 'BUY', 1, 1)");
        }

        await PassAsync(server, TimeSpan.FromMinutes(2), () => server.Sql("SELECT count(*) FROM maintenance_runs WHERE task = 'clock'") == "1");
        return server;
    }

    private static NightlyMaintenance Maintenance(TestServer server) => server.Services.GetRequiredService<NightlyMaintenance>();

    private static Condition Look(TestServer server) => server.Services.GetServices<IWatched>().Select(static part => part.Look()).Single(static found => found.Name == "maintenance");

    private static async Task PassAsync(TestServer server, TimeSpan most, Func<bool> isSo)
    {
        var end = server.Clock.GetUtcNow() + most;
        for (var late = 0; !isSo(); server.Clock.Advance(TimeSpan.FromSeconds(late == 0 ? 30 : 1)))
        {
            // A busy machine lags behind such a clock.
            late += server.Clock.GetUtcNow() < end ? 0 : 1;
            Assert.True(late < 200, "it did not happen");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
