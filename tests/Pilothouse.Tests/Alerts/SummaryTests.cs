using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Alerts;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Alerts;

/// <summary>The daily summary, and what becomes of old alerts.</summary>
public sealed class SummaryTests
{
    [Fact]
    public async Task The_day_is_told_once_at_its_hour_with_each_mode_and_currency_by_itself()
    {
        await using var target = await TestTarget.StartAsync();

        // The clock begins at 12:00 UTC, which is 13:00 in Berlin; the first summary is due at 13:30 there, and ends a day of which the server saw half an hour.
        (string, string)[] settings = [.. target.Telegram, ("ALERT_SUMMARY_AT", "13:30"), ("ALERT_TIME_ZONE", "Europe/Berlin"), ("ALERT_QUIET_HOURS", "13:00-15:00"), ("ALERT_EVENTS", "breaker")];
        var server = await StartAsync(settings);
        Close(server, "auto", "SUI/USDC", 3, 3.5m, "2026-03-02T12:10:00Z");
        Close(server, "auto", "SUI/USDC", 3, 2.9m, "2026-03-02T12:29:59.999Z");
        Close(server, "auto", "BTC/EUR", 100, 101, "2026-03-02T12:20:00Z");
        Close(server, "paper", "SUI/USDC", 3, 1003, "2026-03-02T12:20:00Z");

        // These two are of another day.
        Close(server, "auto", "SUI/USDC", 3, 9999, "2026-03-01T12:29:59Z");
        Close(server, "auto", "SUI/USDC", 3, 13, "2026-03-02T12:30:00Z");
        await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha","mode":"auto"}""");
        await server.PostAsync("/api/cost-analytics", """{"api_name":"openai","operation_type":"decision","estimated_cost":1.25,"api_calls":1}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1, 30);
        Assert.InRange(server.Clock.GetUtcNow(), TestServer.Start.AddMinutes(30), TestServer.Start.AddMinutes(40));
        Assert.Equal(
            [
                "Pilothouse. The day from 2026-03-01 13:30 to 2026-03-02 13:30 (Europe/Berlin).", "auto: 3 closed, 2 won, 1 lost, result +1 EUR, +0.4 USDC", "paper: 1 closed, 1 won, 0 lost, result +1,000 USDC",
                "Open now: 1 auto.", "Trading is not stopped.", "No bot is silent.", "Outside APIs: 1.25 dollars.",
            ],
            target.Texts[0].Split('\n'));

        // Told once: not again by a server that starts anew.
        server = await server.RestartAsync(settings);
        await using var _ = server;
        await PassAsync(server, TimeSpan.FromHours(1));
        Assert.Single(target.Got);

        // The next day has the trade that closed at the very end of the first.
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test","bot_name":"alpha"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 3, 1200);
        var next = target.Texts[2].Split('\n');
        Assert.Equal("Pilothouse. The day from 2026-03-02 13:30 to 2026-03-03 13:30 (Europe/Berlin).", next[0]);
        Assert.Equal("auto: 1 closed, 1 won, 0 lost, result +10 USDC", next[1]);
        Assert.Equal("Trading is stopped: alpha.", next[3]);
    }

    [Fact]
    public async Task The_summary_agrees_with_the_figures_of_performance()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([.. target.Telegram, ("ALERT_SUMMARY_AT", "13:00"), ("ALERT_EVENTS", "breaker")]);
        for (var i = 0; i < 60; i++)
        {
            Close(server, "auto", "SUI/USDC", 3 + (i % 7), 3.1m + (i % 5), $"2026-03-02T12:{i:00}:00Z");
        }

        await TestTarget.UntilAsync(server, () => target.Got.Count == 1, 60);
        var figures = (await server.GetAsync("/api/performance?from=2026-03-01T13:00:00Z&to=2026-03-02T12:59:59.999Z&mode=auto"))["data"]!;
        var total = decimal.Parse((string?)figures["total_pnl"]?.ToString() ?? "", CultureInfo.InvariantCulture);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"auto: {figures["total_trades"]} closed, {figures["winning_trades"]} won, {figures["losing_trades"]} lost, result {total:+#,0.########;-#,0.########} USDC"), target.Texts[0], StringComparison.Ordinal);
    }

    [Theory]

    // Before and after the hour, in the zone.
    [InlineData("Europe/Berlin", "08:00", "2026-03-02T06:59:59Z", "2026-03-01T07:00:00Z")]
    [InlineData("Europe/Berlin", "08:00", "2026-03-02T07:00:00Z", "2026-03-02T07:00:00Z")]

    // 02:30 is left out in the night of the change to summer time, and is there twice in that of the change back.
    [InlineData("Europe/Berlin", "02:30", "2026-03-29T00:59:59Z", "2026-03-28T01:30:00Z")]
    [InlineData("Europe/Berlin", "02:30", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("Europe/Berlin", "02:30", "2026-10-25T02:00:00Z", "2026-10-25T00:30:00Z")]

    // A zone whose day begins twelve hours before that of UTC.
    [InlineData("Pacific/Auckland", "00:00", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z")]
    [InlineData("Pacific/Auckland", "00:00", "2026-07-01T11:59:59Z", "2026-06-30T12:00:00Z")]
    public void A_day_ends_at_its_hour_by_the_clock_on_the_wall(string zone, string hour, string now, string expected)
    {
        using var folder = new TemporaryFolder();
        var settings = TestServer.SettingsFor(folder, ("ALERT_SUMMARY_AT", hour), ("ALERT_TIME_ZONE", zone)).Alerts;
        Assert.Equal(Time(expected), new AlertHours(settings, TimeProvider.System).SummaryDueAt(Time(now)));
    }

    [Fact]
    public void The_word_summary_asks_for_it_too()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(new TimeOnly(8, 0), TestServer.SettingsFor(folder, ("ALERT_EVENTS", "breaker,summary")).Alerts.SummaryAt);
        Assert.Null(TestServer.SettingsFor(folder, ("ALERT_EVENTS", "breaker")).Alerts.SummaryAt);
    }

    [Fact]
    public async Task Old_alerts_are_removed_with_their_deliveries_and_what_waits_for_a_target_that_is_gone_is_given_up()
    {
        await using var target = await TestTarget.StartAsync();
        target.Answer = static http => { http.Response.StatusCode = 500; return Task.CompletedTask; };
        await using var other = await TestTarget.StartAsync();
        (string, string)[] discord = [("DISCORD_WEBHOOK_URL", $"{other.Url}/hook"), ("ALERT_ALLOW_PRIVATE_TARGETS", "true")];
        var server = await AlertTests.StartAsync([.. target.Telegram, discord[0]]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => other.Got.Count == 1 && target.Got.Count == 1);
        server = await server.RestartAsync([.. discord, ("ALERTS_RETENTION_DAYS", "10")]);
        await using var _ = server;

        // Not before a day: until then the setting may come back, or another server may have it.
        Assert.Equal(0, await PurgeAsync(server));
        Assert.Equal("waiting", (string?)(await server.GetAsync("/api/alerts?topic=breaker"))["data"]![0]!["state"]);
        server.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(0, await PurgeAsync(server));
        var alert = (await server.GetAsync("/api/alerts?topic=breaker"))["data"]![0]!;
        Assert.Equal("dead", (string?)alert["state"]);
        Assert.Equal("This target is no longer set.", (string?)alert["deliveries"]!.AsArray().Single(static one => (string?)one!["target"] == "telegram")!["problem"]);

        // The hourly job, which the clock wakes as well, may be the quicker of the two.
        server.Clock.Advance(TimeSpan.FromDays(10));
        await PurgeAsync(server);
        Assert.Equal(("0", "0"), (
            server.Sql("SELECT count(*) FROM alerts WHERE topic = 'breaker'"), server.Sql("SELECT count(*) FROM alert_deliveries WHERE alert_id NOT IN (SELECT id FROM alerts)")));
    }

    private static Task<int> PurgeAsync(TestServer server) => server.Services.GetServices<IPurge>().OfType<AlertPurge>().Single().PurgeAsync(TestContext.Current.CancellationToken);

    /// <summary>A server that has looked at the log and at the days once.</summary>
    private static async Task<TestServer> StartAsync((string, string)[] settings)
    {
        var server = await TestServer.StartAsync(settings);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_positions") == "2");
        return server;
    }

    private static async Task PassAsync(TestServer server, TimeSpan time)
    {
        for (var i = 0; i < 10; i++)
        {
            server.Clock.Advance(time / 10);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static void Close(TestServer server, string mode, string pair, decimal entry, decimal exit, string closedAt) => server.Sql(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, status, pnl, closed_at, bot_name, mode)
        VALUES ('2026-03-01 10:00:00', '{pair}', 'BUY', {entry}, {exit}, 1, 'closed', {exit - entry}, '{closedAt[..19].Replace('T', ' ')}{closedAt[19..].TrimEnd('Z')}', 'alpha', '{mode}')
        """));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
