using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Bots;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Bots;

/// <summary>A bot that falls silent or comes back is one event, found by the server's clock.</summary>
public sealed class BotSilenceTests
{
    [Fact]
    public async Task A_bot_that_does_not_report_is_one_event_and_another_when_it_comes_back()
    {
        await using var server = await TestServer.StartAsync();
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        await PassAsync(server, 175);
        Assert.Equal("", Events(server));
        await PassAsync(server, 5);
        await UntilAsync(server, "alpha silent");
        await PassAsync(server, 3600);
        Assert.Equal("alpha silent", Events(server));

        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        await UntilAsync(server, "alpha silent,alpha back");
    }

    [Fact]
    public async Task The_live_stream_tells_of_it_with_the_mode_and_the_last_report()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=bot.silent,bot.back");
        await ReportAsync(server, "alpha", ""","mode":"paper","expected_every_seconds":10""");
        await PassAsync(server, 4);
        await PassAsync(server, 40);
        var silent = (await stream.NextAsync())!;
        Assert.Equal(("bot.silent", "alpha", "paper", true, "2026-03-02T12:00:00+00:00", 10), (
            silent.Name, (string?)silent.Data["bot_name"], (string?)silent.Data["mode"], (bool)silent.Data["silent"]!, (string?)silent.Data["last_report_at"],
            (int)silent.Data["expected_every_seconds"]!));
        await ReportAsync(server, "alpha", ""","mode":"paper" """);
        await PassAsync(server, 4);
        Assert.Equal("bot.back", (await stream.NextAsync())!.Name);
    }

    [Fact]
    public async Task Two_servers_on_one_database_make_one_event_of_it()
    {
        var cluster = await PostgresCluster.SharedAsync();
        var url = await cluster.CreateDatabaseAsync();
        await using var one = await TestServer.StartAsync(("DATABASE_URL", url));
        await using var two = await TestServer.StartAsync(("DATABASE_URL", url));
        var name = url[(url.LastIndexOf('/') + 1)..];
        for (var round = 1; round <= 3; round++)
        {
            await ReportAsync(round % 2 == 0 ? one : two, "alpha", $$""","timestamp":"{{one.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ}}" """);
            foreach (var seconds in new[] { 4, 100, 100, 10, 10 })
            {
                one.Clock.Advance(TimeSpan.FromSeconds(seconds));
                two.Clock.SetUtcNow(one.Clock.GetUtcNow());
                await Task.Delay(300);
            }

            var expected = string.Join(',', Enumerable.Repeat("silent,back", round))[..^5];
            Assert.Equal(expected, await cluster.ExecuteAsync(name, "SELECT string_agg(kind, ',' ORDER BY seq) FROM changes WHERE table_name = 'bot_presence'"));
        }
    }

    [Fact]
    public async Task Three_missed_reports_count_for_a_bot_that_says_how_often_it_reports()
    {
        await using var server = await TestServer.StartAsync();
        await ReportAsync(server, "quick", ""","expected_every_seconds":10""");
        await ReportAsync(server, "slow", ""","expected_every_seconds":600""");
        await PassAsync(server, 28);
        Assert.Equal("", Events(server));
        await PassAsync(server, 6);
        await UntilAsync(server, "quick silent");
        await PassAsync(server, 1700);
        Assert.Equal("quick silent", Events(server));
        await PassAsync(server, 100);
        await UntilAsync(server, "quick silent,slow silent");
    }

    [Fact]
    public async Task Three_missed_reports_by_the_median_count_for_a_bot_that_reports_seldom()
    {
        await using var server = await TestServer.StartAsync();
        for (var hour = 4; hour >= 0; hour--)
        {
            await ReportAsync(server, "hourly", $""","timestamp":"2026-03-02T{8 + (4 - hour):00}:00:00Z" """);
        }

        await PassAsync(server, 4);
        await PassAsync(server, (3 * 3600) - 30);
        Assert.Equal("", Events(server));
        await PassAsync(server, 60);
        await UntilAsync(server, "hourly silent");
    }

    [Fact]
    public async Task A_bot_that_said_that_it_stops_is_not_silent()
    {
        await using var server = await TestServer.StartAsync();
        await ReportAsync(server, "alpha");
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"stopped"}""");
        await PassAsync(server, 4);
        await PassAsync(server, 4000);
        Assert.Equal("", Events(server));
    }

    [Fact]
    public async Task An_imported_history_is_no_heartbeat()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"old","status":"running","timestamp":"2026-02-02T12:00:00Z"}""");
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        await PassAsync(server, 200);
        await UntilAsync(server, "alpha silent");
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","timestamp":"2026-03-02T11:00:00Z"}""");
        await server.PostAsync("/api/bot-status", """{"bot_name":"old","status":"running","timestamp":"2026-02-02T13:00:00Z"}""");
        await PassAsync(server, 10);
        Assert.Equal("alpha silent", Events(server));
    }

    [Fact]
    public async Task A_row_that_another_program_writes_is_a_heartbeat()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2026-03-02 12:00:00', 'python', 'running')");
        await PassAsync(server, 4);
        await PassAsync(server, 180);
        await UntilAsync(server, "python silent");
        server.Sql("UPDATE bot_status SET timestamp = '2026-03-02 12:03:04' WHERE bot_name = 'python'");
        await PassAsync(server, 4);
        await UntilAsync(server, "python silent,python back");
    }

    [Fact]
    public async Task A_restart_neither_repeats_nor_forgets_a_silence_and_gives_each_bot_its_time()
    {
        var server = await TestServer.StartAsync();
        await ReportAsync(server, "dead");
        await PassAsync(server, 4);
        await PassAsync(server, 190);
        await UntilAsync(server, "dead silent");
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        await server.StopAsync();
        server.Clock.Advance(TimeSpan.FromHours(1));
        await using var second = await TestServer.StartAsync(server.Folder, server.Clock);
        await PassAsync(second, 100);
        Assert.Equal("dead silent", Events(second));
        await PassAsync(second, 100);
        await UntilAsync(second, "dead silent,alpha silent");
        await using var third = await second.RestartAsync();
        await PassAsync(third, 400);
        Assert.Equal("dead silent,alpha silent", Events(third));
        await ReportAsync(third, "dead");
        await PassAsync(third, 4);
        await UntilAsync(third, "dead silent,alpha silent,dead back");
    }

    [Fact]
    public async Task A_clock_that_jumps_makes_no_bot_silent_and_hides_none()
    {
        var clock = new JumpingClock(TestServer.Start);
        await using var server = await TestServer.StartAsync(new TemporaryFolder(), clock);
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        clock.Jump = TimeSpan.FromHours(5);
        await PassAsync(server, 100);
        Assert.Equal("", Events(server));
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);

        // Back again: the last report has a time that is still to come.
        clock.Jump = TimeSpan.Zero;
        await PassAsync(server, 190);
        await UntilAsync(server, "alpha silent");
        await ReportAsync(server, "alpha");
        await PassAsync(server, 4);
        await UntilAsync(server, "alpha silent,alpha back");
    }

    [Fact]
    public async Task A_mode_that_a_bot_has_left_is_not_silent_but_one_of_two_that_ends_is()
    {
        await using var server = await TestServer.StartAsync();
        await ReportAsync(server, "changed", ""","mode":"paper" """);
        for (var i = 0; i < 10; i++)
        {
            await PassAsync(server, 60);
            await ReportAsync(server, "changed", ""","mode":"auto" """);
            await ReportAsync(server, "twice", ""","mode":"auto" """);
            if (i < 3)
            {
                await ReportAsync(server, "twice", ""","mode":"paper" """);
            }
        }

        await UntilAsync(server, "twice silent");
        Assert.Equal("paper", server.Sql("SELECT mode FROM bot_presence WHERE silent = 1"));
        Assert.Equal("twice silent", Events(server));
    }

    [Theory]
    [InlineData(null, null, 180)]
    [InlineData(10L, 500.0, 30)]
    [InlineData(600L, 5.0, 1800)]
    [InlineData(null, 5.0, 180)]
    [InlineData(null, 3600.0, 10_800)]
    public void A_bot_may_be_quiet_for_three_reports_or_for_the_setting(long? own, double? median, double seconds) =>
        Assert.Equal(seconds, Pulse.LongestQuiet(own, median, TimeSpan.FromSeconds(180)).TotalSeconds);

    /// <summary>Intervals by hand: 60, 60, 120 has the median 60; 60, 60, 120, 600 the mean of the two in the middle, 90.</summary>
    [Theory]
    [InlineData("0 60 120", null)]
    [InlineData("0 60 120 240", 60.0)]
    [InlineData("0 60 120 240 840", 90.0)]
    public void The_median_needs_three_intervals(string times, double? expected) => Assert.Equal(
        expected, Pulse.MedianSeconds([.. times.Split(' ').Select(static text => TestServer.Start.AddSeconds(int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))).Reverse()]));

    internal static async Task ReportAsync(TestServer server, string bot, string more = "") =>
        await server.PostAsync("/api/bot-status", $$"""{"bot_name":"{{bot}}","status":"running"{{more}}}""");

    /// <summary>Lets time pass and the watch look in its steps, as a clock would: each look reads what the one before left.</summary>
    internal static async Task PassAsync(TestServer server, int seconds)
    {
        await Task.Delay(50);
        server.Clock.Advance(TimeSpan.FromSeconds(seconds));
        await Task.Delay(150);
    }

    internal static async Task UntilAsync(TestServer server, string expected)
    {
        var began = Stopwatch.GetTimestamp();
        while (Events(server) != expected && Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20))
        {
            // The next look may be needed, where the last one was still busy.
            server.Clock.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(50);
        }

        Assert.Equal(expected, Events(server));
    }

    internal static string? Events(TestServer server) => server.Sql($"""
        SELECT coalesce({(TestEngine.IsPostgres ? "string_agg" : "group_concat")}(what, ','), '') FROM (
          SELECT bot_name || ' ' || kind AS what FROM changes JOIN bot_presence ON bot_presence.id = row_id WHERE table_name = 'bot_presence' ORDER BY seq) AS events
        """);

    /// <summary>A clock whose time of day can jump, while the time that passes does not.</summary>
    private sealed class JumpingClock(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
