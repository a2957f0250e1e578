using System.Globalization;
using System.Text.Json;
using Pilothouse.Performance;

namespace Pilothouse.Tests.Performance;

public sealed class PerformanceFiguresTests
{
    private static readonly DateTimeOffset Start = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> CaseNames => [.. PerformanceCases.All.Keys];

    [Fact]
    public void Every_case_has_an_expected_answer() =>
        Assert.Equal(PerformanceCases.All.Keys, PerformanceCases.Expected.EnumerateObject().Select(entry => entry.Name));

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Agrees_with_the_independent_computation(string name)
    {
        var report = Report(PerformanceCases.All[name]);
        foreach (var expected in PerformanceCases.Expected.GetProperty(name).EnumerateObject())
        {
            AssertSame($"{name}.{expected.Name}", expected.Value, Field(report, expected.Name));
        }
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Says_why_for_every_null_and_for_nothing_else(string name)
    {
        var report = Report(PerformanceCases.All[name]);
        var fields = PerformanceCases.Expected.GetProperty(name).EnumerateObject().Select(field => field.Name).ToList();
        Assert.Equal(fields.Where(field => Field(report, field) is null), report.Undefined.Keys);
        Assert.DoesNotContain(report.Undefined.Values, string.IsNullOrWhiteSpace);
        Assert.Equal([.. fields, "by_currency", "undefined", "basis"], typeof(PerformanceReport).GetProperties()
            .Where(property => property.Name != "EqualityContract")
            .Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)));
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Goes_on_after_a_report_as_if_none_had_been_made(string name)
    {
        var aCase = PerformanceCases.All[name];
        var figures = PerformanceCases.Figures(aCase);
        foreach (var trade in PerformanceCases.Trades(aCase))
        {
            _ = figures.ToReport(PerformanceCases.Basis());
            figures.Add(trade);
        }

        AssertEqual(Report(aCase), figures.ToReport(PerformanceCases.Basis()));
    }

    [Theory]
    [InlineData("none", "sharpe_ratio", "needs two days with a starting balance")]
    [InlineData("none", "expectancy", "needs a closed trade")]
    [InlineData("one_day_two_trades", "sharpe_ratio", "needs two days with a starting balance")]
    [InlineData("without_balance", "cagr", "needs a starting balance")]
    [InlineData("balance_zero", "max_drawdown_percent", "needs a starting balance above 0")]
    [InlineData("only_wins", "profit_factor", "needs a losing trade")]
    [InlineData("only_wins", "calmar_ratio", "equity never fell below an earlier peak")]
    [InlineData("only_wins", "max_drawdown_to", "equity never fell below an earlier peak")]
    [InlineData("first_loss", "max_drawdown_from", "the peak was the start, before the first trade closed")]
    [InlineData("equal_returns", "sharpe_ratio", "all values are equal, so their deviation is 0")]
    [InlineData("gap_at_zero", "sortino_ratio", "equity fell to 0 or below")]
    [InlineData("ends_under_zero", "calmar_ratio", "equity fell to 0 or below")]
    [InlineData("growth_too_large", "cagr", "too large to state: growth this fast over so few days does not scale to a year")]
    public void Names_the_reason(string name, string field, string reason) =>
        Assert.Equal(reason, Report(PerformanceCases.All[name]).Undefined[field]);

    [Fact]
    public void The_documentation_names_every_field()
    {
        var text = File.ReadAllText(Path.Combine(PerformanceCases.Root, "docs", "metrics.md"));
        Assert.All(PerformanceCases.Expected.GetProperty("none").EnumerateObject(), field => Assert.Contains($"`{field.Name}`", text));
    }

    [Fact]
    public void Answers_with_the_basis_that_was_computed_with()
    {
        var figures = new PerformanceFigures(250m, TimeZoneInfo.Utc);
        var given = PerformanceCases.Basis() with { StartingBalance = 1, TimeZone = "Mars", StartingBalanceSource = "setting" };
        var basis = figures.ToReport(given).Basis;
        Assert.Equal(given with { StartingBalance = 250m, TimeZone = "UTC", Days = 0, Accounts = 1, AccountsWithoutBalance = [], Currency = "USD", EquityCurrency = "USD" }, basis);
    }

    [Fact]
    public void Tells_whether_a_trade_may_follow()
    {
        var figures = new PerformanceFigures((decimal?)null, TimeZoneInfo.Utc);
        var trade = Trade(7, Start, 1);
        Assert.Null(figures.Last);
        Assert.True(figures.CanAppend(trade));
        figures.Add(trade);
        Assert.Equal((Start, 7), figures.Last);
        Assert.False(figures.CanAppend(trade));
        Assert.False(figures.CanAppend(Trade(6, Start, 1)));
        Assert.False(figures.CanAppend(Trade(8, Start.AddTicks(-1), 1)));
        Assert.True(figures.CanAppend(Trade(8, Start.ToOffset(TimeSpan.FromHours(5)), 1)));
        Assert.True(figures.CanAppend(Trade(1, Start.AddTicks(1), 1)));
        Assert.Throws<ArgumentException>(() => figures.Add(trade));
        Assert.Equal(1, figures.ToReport(PerformanceCases.Basis()).TotalTrades);
    }

    [Theory]
    [InlineData(70_000_000_000_000_000_000_000_000_000.0, 70_000_000_000_000_000_000_000_000_000.0)]
    [InlineData(-70_000_000_000_000_000_000_000_000_000.0, -70_000_000_000_000_000_000_000_000_000.0)]
    [InlineData(70_000_000_000_000_000_000_000_000_000.0, -70_000_000_000_000_000_000_000_000_000.0)]
    public void Sums_that_do_not_fit_are_null_with_a_reason(double first, double second)
    {
        var figures = new PerformanceFigures(1_000_000_000_000_000_000_000_000_000m, TimeZoneInfo.Utc);
        for (var id = 0; id < 6; id++)
        {
            figures.Add(new ClosedTrade(id, Start, Start.AddHours(id * 10), (decimal)(id % 2 == 0 ? first : second), decimal.MaxValue));
        }

        var report = figures.ToReport(PerformanceCases.Basis());
        Assert.Equal(6, report.TotalTrades);
        Assert.Null(report.TotalFees);
        Assert.True(report.AvgWin is null || report.AvgLoss is null);
        Assert.Equal("the sum is too large to state exactly", report.Undefined["total_fees"]);
        foreach (var property in typeof(PerformanceReport).GetProperties())
        {
            var wire = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            Assert.Equal(property.GetValue(report) is null, report.Undefined.ContainsKey(wire));
            Assert.False(property.GetValue(report) is double number && !double.IsFinite(number), property.Name);
        }
    }

    [Fact]
    public void Deviation_survives_a_small_spread_around_a_large_mean()
    {
        var figures = new PerformanceFigures((decimal?)null, TimeZoneInfo.Utc);
        for (var id = 0; id < 1000; id++)
        {
            figures.Add(Trade(id, Start.AddHours(id), 1_000_000_000m + (id % 2)));
        }

        var sqn = figures.ToReport(PerformanceCases.Basis()).Sqn!.Value;
        Assert.Equal(1, sqn / (Math.Sqrt(1000) * 1_000_000_000.5 / Math.Sqrt(250.0 / 999)), 1e-6);
    }

    [Theory]
    [InlineData(0.1, 20_000)]
    [InlineData(0.0007, 9_999)]
    [InlineData(-0.003, 333)]
    public void Equal_returns_have_no_deviation_however_many(double value, int days) =>
        Assert.Equal(
            "all values are equal, so their deviation is 0",
            Ratios.Sharpe(new DailyReturns([.. Enumerable.Repeat(value, days)], days)).Reason);

    [Fact]
    public void A_close_two_thousand_years_off_makes_no_list_of_days()
    {
        var figures = new PerformanceFigures(1000, TimeZoneInfo.FindSystemTimeZoneById("America/New_York"));
        figures.Add(Trade(1, DateTimeOffset.MinValue, 10));
        figures.Add(Trade(2, Start, -5));
        figures.Add(Trade(3, DateTimeOffset.MaxValue, 10));
        Assert.NotNull(figures.ToReport(PerformanceCases.Basis()).SharpeRatio);
    }

    [Fact]
    public void A_million_trades_cost_time_but_no_memory()
    {
        var figures = new PerformanceFigures(100_000, TimeZoneInfo.Utc);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var id = 0; id < 1_000_000; id++)
        {
            figures.Add(Trade(id, Start.AddMinutes(id), (id * 37 % 101) - 49.5m));
        }

        var report = figures.ToReport(PerformanceCases.Basis());
        clock.Stop();
        Assert.Equal(1_000_000, report.TotalTrades);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"{clock.Elapsed.TotalSeconds:F2} s");
    }

    private static ClosedTrade Trade(long id, DateTimeOffset closedAt, decimal pnl) => new(id, closedAt, closedAt, pnl, 0);

    private static PerformanceReport Report(JsonElement aCase)
    {
        var figures = PerformanceCases.Figures(aCase);
        foreach (var trade in PerformanceCases.Trades(aCase))
        {
            figures.Add(trade);
        }

        return figures.ToReport(PerformanceCases.Basis());
    }

    private static object? Field(PerformanceReport report, string wire) => typeof(PerformanceReport).GetProperties()
        .Single(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name) == wire).GetValue(report);

    private static void AssertSame(string what, JsonElement expected, object? actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null:
                Assert.True(actual is null, $"{what}: null expected, {actual} came");
                break;
            case JsonValueKind.Object:
                var day = Assert.IsType<DayPnl>(actual);
                Assert.Equal(expected.GetProperty("date").GetString(), day.Date.ToString("O", CultureInfo.InvariantCulture));
                AssertSame(what, expected.GetProperty("pnl"), day.Pnl);
                break;
            case JsonValueKind.String:
                Assert.Equal(expected.GetDateTimeOffset(), Assert.IsType<DateTimeOffset>(actual));
                break;
            default:
                var number = expected.GetDouble();
                Assert.True(actual is not null, $"{what}: {number} expected, null came");
                var difference = Math.Abs(Convert.ToDouble(actual, CultureInfo.InvariantCulture) - number);
                Assert.True(difference <= (1e-9 * Math.Abs(number)) + 1e-14, $"{what}: {number} expected, {actual} came");
                break;
        }
    }

    private static void AssertEqual(PerformanceReport one, PerformanceReport other)
    {
        Assert.Equal(one.Undefined, other.Undefined);
        Assert.Equal(one.ByCurrency, other.ByCurrency);
        Assert.Equal(one with { Undefined = [] }, other with { Undefined = [] }, (left, right) =>
            typeof(PerformanceReport).GetProperties().Where(property => property.Name is not (nameof(PerformanceReport.Undefined) or nameof(PerformanceReport.ByCurrency)))
                .All(property => Equals(property.GetValue(left), property.GetValue(right))));
    }
}
