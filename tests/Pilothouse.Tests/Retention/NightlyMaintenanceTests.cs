using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Retention;

/// <summary>The nightly work runs at its time, reports its result, and does not trust a clock that jumps.</summary>
public sealed class NightlyMaintenanceTests
{
    private const string Row = "INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES";

    [Fact]
    public async Task It_runs_an_hour_after_the_backup_and_a_missed_night_is_made_up_after_the_start()
    {
        await using var server = await TestServer.StartAsync(("BACKUP_SCHEDULE_HOUR", "23"), ("BACKUP_SCHEDULE_MINUTE", "30"));
        Assert.Equal("The nightly work has not run yet.", Look(server).Message);

        // The server did not run last night. The work is made up for a quarter of an hour after its start.
        var old = RetentionTests.Stored(server, -40);
        server.Sql($"{Row} ('{old}', 'A/B', 'BUY', 1, 1)");
        await UntilAsync(server, TimeSpan.FromMinutes(16), () => Look(server).Message.Contains("deleted 1 rows", StringComparison.Ordinal));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
        Assert.InRange(server.Clock.GetUtcNow(), TestServer.Start + NightlyMaintenance.MakeUpAfter, TestServer.Start.AddHours(1.5));

        // The next run is at 00:30, an hour after the backup at 23:30.
        server.Sql($"{Row} ('{old}', 'A/B', 'BUY', 1, 1), ('{old}', 'A/B', 'BUY', 1, 1)");
        await UntilAsync(server, TestServer.Start.Date.AddDays(1).AddMinutes(30) - server.Clock.GetUtcNow().UtcDateTime, () => server.Sql("SELECT count(*) FROM signals") == "0");
        Assert.InRange(server.Clock.GetUtcNow(), TestServer.Start.Date.AddDays(1).AddMinutes(30), TestServer.Start.Date.AddDays(1).AddMinutes(90));
        await UntilAsync(server, TimeSpan.FromMinutes(5), () => Look(server).Message.Contains("deleted 2 rows", StringComparison.Ordinal));
        Assert.Contains("Retention deleted 2 rows", await LogAsync(server), StringComparison.Ordinal);
        Assert.Equal(ConditionState.Ok, Look(server).State);
        Assert.StartsWith("The database was whole on ", Look(server, "integrity").Message, StringComparison.Ordinal);

        // After a restart the server knows of the run and does not repeat it.
        var finished = server.Sql("SELECT finished_at FROM maintenance_runs WHERE task = 'nightly'");
        var again = await server.RestartAsync(("BACKUP_SCHEDULE_HOUR", "23"), ("BACKUP_SCHEDULE_MINUTE", "30"));
        await UntilAsync(again, TimeSpan.FromMinutes(1), () => Look(again).Message.Contains("deleted 2 rows", StringComparison.Ordinal));
        for (var i = 0; i < 20; i++)
        {
            again.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(finished, again.Sql("SELECT finished_at FROM maintenance_runs WHERE task = 'nightly'"));
        await again.StopAsync();
    }

    /// <summary>Tables and triggers of other programs must not keep retention from working for ever.</summary>
    [Fact]
    public async Task A_row_that_somebody_elses_table_or_trigger_holds_stays_and_the_others_go()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 1; i <= 40; i++)
        {
            server.Sql($"{Row} ('{RetentionTests.Stored(server, -40)}', 'A/B', 'BUY', 1, 1)");
        }

        server.Sql("CREATE TABLE my_notes(signal_id INTEGER REFERENCES signals(id)); INSERT INTO my_notes VALUES (7), (23)");
        server.Sql(TestEngine.BeforeDelete("mine", "old.id = 31", "SELECT RAISE(ABORT, 'mine');", "RAISE EXCEPTION 'mine';"));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal((ConditionState.Ok, true), (Look(server).State, Look(server).Message.Contains("deleted 37 rows", StringComparison.Ordinal)));
        Assert.Equal("7,23,31", server.Sql(TestEngine.Joined("id", "SELECT id FROM signals ORDER BY id")));
    }

    [Fact]
    public async Task A_night_that_fails_is_red_in_health_and_is_tried_again()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"{Row} ('{RetentionTests.Stored(server, -40)}', 'A/B', 'BUY', 1, 1)");
        server.Sql(TestEngine.BeforeDelete("stuck", "true", "SELECT json('{');", "PERFORM '{'::json;"));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ConditionState.Failed, Look(server).State);
        var ready = await server.GetAsync("/health/ready");
        Assert.Equal("degraded", (string?)ready["status"]);
        Assert.Contains("\"name\":\"maintenance\",\"state\":\"failed\"", ready.ToJsonString(), StringComparison.Ordinal);

        // The other parts of the night were done.
        Assert.Contains("was whole on", ready.ToJsonString(), StringComparison.Ordinal);
        if (!TestEngine.IsPostgres)
        {
            Assert.NotEqual("0", server.Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"));
        }

        server.Sql(TestEngine.IsPostgres ? "DROP TRIGGER stuck ON signals" : "DROP TRIGGER stuck");
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.True(Look(server).State == ConditionState.Ok, Look(server).Message);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_clock_set_back_an_hour_makes_nothing_go_that_is_young()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"{Row} ('{RetentionTests.Stored(server, -30, -1800)}', 'A/B', 'BUY', 1, 1)");
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddHours(-1));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));
        Assert.Equal(ConditionState.Ok, Look(server).State);
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddHours(1));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_is_believed_a_night_later_only()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"{Row} ('{RetentionTests.Stored(server, 0)}', 'A/B', 'BUY', 1, 1)");
        server.Clock.AdjustTime(server.Clock.GetUtcNow().AddYears(3));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));
        Assert.Contains("clock had been set ahead", Look(server).Message, StringComparison.Ordinal);

        // The clock was right after all.
        server.Clock.Advance(TimeSpan.FromDays(1));
        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [OnlyOnSqlite("is about the write-ahead log of a file")]
    [Fact]
    public async Task The_log_is_in_the_database_afterwards_and_readers_are_not_waited_for()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000) {Row.Replace("VALUES", "", StringComparison.Ordinal)} SELECT '{RetentionTests.Stored(server, -40)}', 'A/B', 'BUY', 1, 1 FROM n");
        using (var reader = await Tool.HoldLockAsync(server.DatabasePath, 3, "BEGIN"))
        {
            await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
            Assert.Equal(ConditionState.Ok, Look(server).State);
            Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
            reader.Kill();
            await reader.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await Maintenance(server).RunAsync(TestContext.Current.CancellationToken);
        File.Copy(server.DatabasePath, server.Folder.File("alone.db"));
        Assert.Equal("0", await Tool.SqliteAsync(server.Folder.File("alone.db"), "SELECT count(*) FROM signals;"));
    }

    private static NightlyMaintenance Maintenance(TestServer server) => server.Services.GetRequiredService<NightlyMaintenance>();

    private static Condition Look(TestServer server, string name = "maintenance") => server.Services.GetServices<IWatched>().Select(static part => part.Look()).Single(found => found.Name == name);

    /// <summary>Moves the clock by minutes until the condition holds. After the given time it moves slowly, because a busy machine lags behind.</summary>
    private static async Task UntilAsync(TestServer server, TimeSpan most, Func<bool> isSo)
    {
        var end = server.Clock.GetUtcNow() + most;
        for (var late = 0; !isSo(); server.Clock.Advance(TimeSpan.FromMinutes(1)))
        {
            late += server.Clock.GetUtcNow() < end ? 0 : 1;
            Assert.True(late < 55, "it did not happen");
            await Task.Delay(late == 0 ? 10 : 500, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> LogAsync(TestServer server)
    {
        await Task.Delay(600, TestContext.Current.CancellationToken);
        return string.Concat(Directory.GetFiles(server.Folder.File("logs"), "mcp_server-*").Select(static path =>
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }));
    }
}
