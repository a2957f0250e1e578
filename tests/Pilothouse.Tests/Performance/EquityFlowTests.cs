using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Performance;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Deposits and withdrawals in the equity (docs/metrics.md), by hand, and the thinned curve.</summary>
public sealed class EquityFlowTests
{
    [Fact]
    public async Task A_deposit_changes_only_what_later_returns_are_divided_by()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "2026-02-01 00:00:00", 1000);
        Trade(server, "2026-02-02 00:00:00", -100);
        await FlowAsync(server, "2026-02-03 00:00:00", 9100);
        Trade(server, "2026-02-04 00:00:00", -1000);
        Report(server, "2026-02-05 00:00:00", 9100);

        // 1,000 falls to 900, a tenth; then 10,000 falls to 9,000, a tenth: 0.9 × 0.9 is a fall of 19 %.
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(19, (double)data["max_drawdown_percent"]!, 1e-9);
        Assert.Equal((1000m, 1, 100m, 1100m), ((decimal)data["basis"]!["starting_balance"]!, (int)data["basis"]!["flows"]!, (decimal)data["basis"]!["unexplained"]!, (decimal)data["max_drawdown"]!));
        var points = (await server.GetAsync("/api/performance/equity"))["data"]!["points"]!.AsArray();
        Assert.Equal("1000 900 10000 9000", string.Join(' ', points.Select(static point => Whole(point!["equity"]!))));
        Assert.Equal("0 0 9100 9100", string.Join(' ', points.Select(static point => Whole(point!["flows"]!))));

        // A window that begins later begins with the equity of then; a window until then has no other fall.
        var later = (await server.GetAsync("/api/performance?from_date=2026-02-03T12:00:00"))["data"]!;
        Assert.Equal((10000m, 0), ((decimal)later["basis"]!["starting_balance"]!, (int)later["basis"]!["flows"]!));
        Assert.Equal(10, (double)later["max_drawdown_percent"]!, 1e-9);
        var fixedBalance = (await server.GetAsync("/api/performance?starting_balance=2000"))["data"]!;
        Assert.Equal(55, (double)fixedBalance["max_drawdown_percent"]!, 1e-9);
        Assert.Equal(0, (int)fixedBalance["basis"]!["flows"]!);
    }

    [Fact]
    public async Task Money_that_is_taken_out_and_brought_back_ends_nothing()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "2026-02-01 00:00:00", 1000);
        Trade(server, "2026-02-02 00:00:00", 100);
        await FlowAsync(server, "2026-02-03 00:00:00", -1100);
        await FlowAsync(server, "2026-02-04 00:00:00", 500);
        Trade(server, "2026-02-05 00:00:00", -50);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(10, (double)data["max_drawdown_percent"]!, 1e-9);

        // A trade with nothing in the account has no return.
        await FlowAsync(server, "2026-02-06 00:00:00", -450);
        Trade(server, "2026-02-07 00:00:00", 5);
        data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((100.0, "equity fell to 0 or below"), ((double)data["max_drawdown_percent"]!, (string?)data["undefined"]!["cagr"]));
    }

    [Fact]
    public async Task The_kept_figures_follow_flows_that_come_late_are_changed_or_removed()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "2026-02-01 00:00:00", 1000);
        Trade(server, "2026-02-02 00:00:00", -100);
        Trade(server, "2026-02-04 00:00:00", -90);
        async Task<(double Fall, int Flows)> Now()
        {
            var data = (await server.GetAsync("/api/performance"))["data"]!;
            return (Math.Round((double)data["max_drawdown_percent"]!, 9), (int)data["basis"]!["flows"]!);
        }

        Assert.Equal((19, 0), await Now());
        await FlowAsync(server, "2026-02-03 00:00:00", 900);
        Assert.Equal((14.5, 1), await Now());
        server.Sql("UPDATE cash_flows SET amount = 9000");
        Assert.Equal(1, (await Now()).Flows);
        Assert.Equal(Math.Round(100 - (90 * (1 - (90 / 9900.0))), 9), (await Now()).Fall);
        server.Sql("DELETE FROM cash_flows");
        Assert.Equal((19, 0), await Now());

        // One after the last close counts from the next close on.
        await FlowAsync(server, "2026-02-05 00:00:00", 190);
        Assert.Equal((19, 1), await Now());
        Trade(server, "2026-02-06 00:00:00", -100);
        Assert.Equal((27.1, 1), await Now());

        // Before the first report it was in the balance; before the account opened it was in what it opened with.
        await FlowAsync(server, "2026-01-31 00:00:00", 50);
        Assert.Equal((27.1, 1), await Now());
    }

    [Fact]
    public async Task A_flow_in_another_currency_than_the_trades_makes_percent_figures_unknown_and_no_other()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "2026-02-01 00:00:00", 1000);
        Trade(server, "2026-02-02 00:00:00", -100);
        await server.PostAsync("/api/cash-flows", """{"timestamp":"2026-02-03T00:00:00Z","bot_name":"a","amount":1,"asset":"BTC"}""");
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal("1 cash flow in BTC has no price in USD", (string?)data["undefined"]!["max_drawdown_percent"]);
        Assert.Equal(-100m, (decimal)data["total_pnl"]!);
    }

    /// <summary>23 hours on 29 March 2026 in Berlin, 25 on 26 October 2025.</summary>
    [Theory]
    [InlineData("2026-03-28 22:59:59", "2026-03-28")]
    [InlineData("2026-03-28 23:00:00", "2026-03-29")]
    [InlineData("2026-03-29 21:59:59", "2026-03-29")]
    [InlineData("2026-03-29 22:00:00", "2026-03-30")]
    [InlineData("2025-10-25 22:00:00", "2025-10-26")]
    [InlineData("2025-10-26 22:59:59", "2025-10-26")]
    [InlineData("2025-10-26 23:00:00", "2025-10-27")]
    public async Task A_day_lasts_from_midnight_to_midnight_of_the_zone(string closed, string day)
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, closed, 5);
        var data = (await server.GetAsync("/api/performance/daily?tz=Europe/Berlin"))["data"]!;
        Assert.Equal((day, 5m, 1), ((string?)data["days"]![0]!["date"], (decimal)data["days"]![0]!["pnl"]!, (int)data["total_days"]!));
        var hour = TimeZoneInfo.ConvertTime(DateTimeOffset.Parse(closed + "Z", CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Hour;
        var groups = (await server.GetAsync("/api/performance/by?by=hour&tz=Europe/Berlin"))["data"]!["groups"]!;
        Assert.Equal(hour.ToString(CultureInfo.InvariantCulture), (string?)groups[0]!["key"]);
    }

    [Theory]
    [InlineData("/api/performance/by?by=colour", "by")]
    [InlineData("/api/performance/by?starting_balance=5", "starting_balance")]
    [InlineData("/api/performance/daily?tz=Nowhere/City", "tz")]
    [InlineData("/api/performance/equity?from_date=2026-02-02&to_date=2026-02-01", "from_date")]
    [InlineData("/api/performance/equity?period=yearly", "period")]
    [InlineData("/api/performance/distribution?tz=UTC", "tz")]
    public async Task A_wrong_parameter_is_named(string path, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("GET", path);
        Assert.Equal((400, field), (status, (string?)refusal["details"]?[0]?["field"]));
    }

    [Fact]
    public async Task Other_words_for_a_split_are_taken_and_a_pair_is_one_in_any_case()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "2026-02-01 00:00:00", 5, "sui/usdc");
        Trade(server, "2026-02-02 00:00:00", -2, "SUI/USDC");
        Trade(server, "2026-02-03 00:00:00", 1, "BTC/USDT");
        var pairs = (await server.GetAsync("/api/performance/by?by=trading_pair"))["data"]!;
        Assert.Equal("pair sui/usdc 2 BTC/USDT 1", $"{pairs["by"]} {string.Join(' ', pairs["groups"]!.AsArray().Select(static group => $"{group!["key"]} {group["total_trades"]}"))}");
        Assert.Equal("a", (string?)(await server.GetAsync("/api/performance/by?by=BOT_NAME"))["data"]!["groups"]![0]!["key"]);
    }

    [Fact]
    public async Task There_are_at_most_500_groups_and_the_others_are_one()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 503; i++)
        {
            Trade(server, "2026-02-01 00:00:00", i - 250, $"P{i}/USDT");
        }

        var data = (await server.GetAsync("/api/performance/by"))["data"]!;
        Assert.Equal((500, 3L), (data["groups"]!.AsArray().Count, (long)data["others"]!["total_trades"]!));
        Assert.Equal(Enumerable.Range(0, 503).Sum(static i => i - 250), data["groups"]!.AsArray().Append(data["others"]).Sum(static group => (int)(decimal)group!["total_pnl"]!));
    }

    /// <summary>A long curve of a random walk with flows: every point that stays is a true one, and no extreme is lost.</summary>
    [Theory]
    [InlineData(1, 1_500)]
    [InlineData(2, 1_999)]
    [InlineData(3, 2_000)]
    [InlineData(4, 25_000)]
    [InlineData(5, 200_001)]
    public void A_curve_of_any_length_has_at_most_2000_points_with_both_ends_and_every_extreme(int seed, int trades)
    {
        var draw = new Random(seed);
        var at = new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var flows = Enumerable.Range(0, 40).Select(_ => new EquityFlow(at.AddMinutes(draw.Next(trades)), draw.Next(1, 3000))).OrderBy(static flow => flow.At).ToList();
        var plan = EquityPlan.OneAccount(100_000) with { Flows = flows, StartsAt = at };
        var figures = new PerformanceFigures(plan, TimeZoneInfo.Utc) { Series = new EquitySeries() };
        var all = new List<EquityState>();
        for (var i = 0; i < trades; i++)
        {
            figures.Add(new ClosedTrade(i, at, at.AddMinutes(i), draw.Next(-1000, 1003) / 10m, 0));
            all.Add(figures.Series.Last);
        }

        figures.FlowUntil(at.AddMinutes(trades));
        var kept = figures.Series.Points();
        Assert.InRange(kept.Count, Math.Min(trades, 900), EquitySeries.MostPoints);
        Assert.Equal((0, figures.Series.Last, figures.Series.Count - 1), (kept[0].Number, kept[^1], kept[^1].Number));
        Assert.Equal(kept.Select(static state => state.Number).Distinct().Order(), kept.Select(static state => state.Number));
        var byNumber = all.ToDictionary(static state => state.Number);
        Assert.All(kept, state => Assert.True(!byNumber.TryGetValue(state.Number, out var real) || real == state));
        Assert.Equal((all.Max(static state => state.Equity.Amount), all.Max(static state => state.TotalPnl.Amount)), (kept.Max(static state => state.Equity.Amount), kept.Max(static state => state.TotalPnl.Amount)));
        Assert.Equal((Math.Min(100_000, all.Min(static state => state.Equity.Amount)), all.Min(static state => Math.Min(0, state.TotalPnl.Amount))), (kept.Min(static state => state.Equity.Amount), kept.Min(static state => state.TotalPnl.Amount)));
        var report = figures.ToReport(PerformanceCases.Basis());
        Assert.Equal(report.MaxDrawdown, kept.Max(static state => state.Drawdown));
        Assert.Equal(report.MaxDrawdownPercent, kept.Max(static state => state.Curve!.Value.DrawdownPercent));
        Assert.Contains(report.MaxDrawdownPercentFrom ?? at, kept.Select(static state => state.At));
        Assert.Contains(report.MaxDrawdownFrom ?? at, kept.Select(static state => state.At));
    }

    private static string Whole(JsonNode number) => ((decimal)number).ToString("0.##", CultureInfo.InvariantCulture);

    private static Task<JsonObject> FlowAsync(TestServer server, string at, int amount) =>
        server.PostAsync("/api/cash-flows", $$"""{"timestamp":"{{at}}","bot_name":"a","amount":{{amount}},"asset":"usdc"}""");

    private static void Report(TestServer server, string at, int balance) =>
        server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('{at}', 'a', 'running', {balance})");

    private static void Trade(TestServer server, string at, int pnl, string pair = "A/USDT") =>
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at, bot_name) VALUES ('{at}', '{pair}', 'BUY', 10000, {10000 + pnl}, 1, {pnl}, 'closed', '{at}', 'a')");
}
