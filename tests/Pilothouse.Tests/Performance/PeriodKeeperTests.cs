using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Performance;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>The stored figures of days, weeks and months. The clock of the tests stands at Monday, 2 March 2026, noon.</summary>
public sealed class PeriodKeeperTests
{
    [Fact]
    public async Task Every_ended_period_since_the_first_close_has_one_row_with_the_figures_of_its_bounds()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('2026-02-01 00:00:00', 'a', 'running', 1000)");
        Trade(server, "2026-02-10 10:00:00", 100);
        Trade(server, "2026-02-10 23:59:59", -40);
        Trade(server, "2026-02-11 00:00:00", -10);
        Trade(server, "2026-02-28 12:00:00", 7);
        Trade(server, "2026-03-02 09:00:00", 1000);

        // From 10 February on there are 20 days until 1 March, the weeks from 9 February on are three, and February is a month.
        Assert.Equal(24, await RunAsync(server));
        Assert.Equal("daily 20 monthly 1 weekly 3", Counts(server));
        foreach (var (period, from, to) in new[] { ("daily", "2026-02-10", "2026-02-10"), ("daily", "2026-02-11", "2026-02-11"), ("daily", "2026-02-20", "2026-02-20"),
            ("weekly", "2026-02-09", "2026-02-15"), ("weekly", "2026-02-23", "2026-03-01"), ("monthly", "2026-02-01", "2026-02-28") })
        {
            var row = (await server.GetAsync($"/api/performance/history?period={period}&limit=500"))["data"]!.AsArray().Single(one => ((string)one!["period_start"]!).StartsWith(from, StringComparison.Ordinal))!;
            var figures = (await server.GetAsync($"/api/performance?from_date={from}&to_date={to}"))["data"]!;
            foreach (var field in new[] { "total_trades", "winning_trades", "losing_trades", "win_rate", "total_pnl", "avg_win", "avg_loss", "max_loss", "sharpe_ratio", "risk_reward_ratio", "max_drawdown", "profit_factor" })
            {
                Assert.True((figures[field] is null && row[field] is null) || Math.Abs((double)figures[field]! - (double)row[field]!) <= 1e-12, $"{period} {from} {field}: {row[field]} is stored, {figures[field]} is so");
            }
        }

        var first = (await server.GetAsync("/api/performance/history?period=daily&limit=500"))["data"]!.AsArray()[^1]!;
        Assert.Equal(("2026-02-10T00:00:00+00:00", "2026-02-11T00:00:00+00:00", 60m, 40m, 2), ((string?)first["period_start"], (string?)first["timestamp"], (decimal)first["total_pnl"]!, (decimal)first["max_drawdown"]!, (int)first["total_trades"]!));
    }

    [Fact]
    public async Task No_period_has_two_rows_after_a_restart_by_two_at_once_and_at_the_next_turn()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "2026-02-25 10:00:00", 100);
        await Task.WhenAll(RunAsync(server), RunAsync(server));
        Assert.Equal("daily 5 monthly 1 weekly 1", Counts(server));
        Assert.Equal(0, await RunAsync(server));
        await using var again = await server.RestartAsync();
        Assert.Equal(0, await RunAsync(again));

        // What other programs store is theirs, and may be there twice.
        again.Sql("INSERT INTO performance_metrics(timestamp, period, total_trades) VALUES ('2026-02-26 00:00:00', 'daily', 5), ('2026-02-26 00:00:00', 'Daily', 5)");
        Assert.Equal(0, await RunAsync(again));
        Assert.Equal(7, (await again.GetAsync("/api/performance/history?period=DAILY"))["data"]!.AsArray().Count);
        again.Sql("DELETE FROM performance_metrics WHERE period_start IS NULL");

        again.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 3, 0, 0, 5, TimeSpan.Zero));
        await RunAsync(again);
        await ExpectAsync(again, "daily 6 monthly 1 weekly 1");
        Assert.Equal(8, (await again.GetAsync("/api/performance/history"))["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_trade_that_comes_late_puts_the_row_right_for_a_week_and_then_no_more()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "2026-02-05 10:00:00", 100);
        await RunAsync(server);
        Trade(server, "2026-02-26 10:00:00", 8);
        Trade(server, "2026-02-06 10:00:00", 9);
        Assert.Equal(3, await RunAsync(server));
        Assert.Equal("8", Pnl(server, "daily", "2026-02-26"));
        Assert.Equal("8", Pnl(server, "weekly", "2026-02-23"));
        Assert.Equal("117", Pnl(server, "monthly", "2026-02-01"));
        Assert.Equal("0", Pnl(server, "daily", "2026-02-06"));
        server.Sql("UPDATE trades SET status = 'voided' WHERE pnl = 8");
        await RunAsync(server);
        Assert.Equal("0", Pnl(server, "daily", "2026-02-26"));
    }

    [Fact]
    public async Task Years_that_were_missed_are_made_up_only_so_far_back()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "2020-01-05 10:00:00", 100);
        Trade(server, "2023-01-05 10:00:00", 100);
        Assert.Equal(0, await RunAsync(server));
        Trade(server, "2024-03-05 10:00:00", 100);
        Assert.Equal(24, await RunAsync(server));
        Assert.Equal("monthly 24", Counts(server));
    }

    [Fact]
    public async Task The_job_runs_by_itself_after_the_start_and_at_the_turn_of_the_day()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "2026-03-01 10:00:00", 100);
        server.Clock.Advance(PeriodKeeper.BeginsAfter);
        await ExpectAsync(server, "daily 1 weekly 1");

        // Every hour it looks again, and five seconds after midnight.
        for (var i = 0; i < 13; i++)
        {
            server.Clock.Advance(TimeSpan.FromHours(1));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        await ExpectAsync(server, "daily 2 weekly 1");
    }

    private static async Task ExpectAsync(TestServer server, string counts)
    {
        for (var i = 0; i < 100 && Counts(server) != counts; i++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(counts, Counts(server));
    }

    private static Task<int> RunAsync(TestServer server) =>
        server.Services.GetServices<IHostedService>().OfType<PeriodKeeper>().Single().RunAsync(TestContext.Current.CancellationToken);

    private static string Counts(TestServer server) => string.Join(' ', new[] { "daily", "monthly", "weekly" }
        .Select(period => (Period: period, Rows: server.Sql($"SELECT count(*) FROM performance_metrics WHERE period = '{period}' AND period_start IS NOT NULL")))
        .Where(static one => one.Rows != "0").Select(static one => $"{one.Period} {one.Rows}"));

    private static string Pnl(TestServer server, string period, string start) => server.Sql(
        $"SELECT round(total_pnl) FROM performance_metrics WHERE period = '{period}' AND period_start = '{start} 00:00:00'{(TestEngine.IsPostgres ? "::timestamptz" : "")}")!.Split('.', ',')[0];

    private static void Trade(TestServer server, string at, int pnl) =>
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at, bot_name) VALUES ('{at}', 'A/USDT', 'BUY', 10000, {10000 + pnl}, 1, {pnl}, 'closed', '{at}', 'a')");
}
