using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>Charts, for those who read them as tables.</summary>
public sealed class DashboardChartTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string AllAsTables = "location.protocol === 'http:' && localStorage.setItem('pilothouse-tables', 'equity,alarm,calendar,ends,calibration,around')";

    /// <summary>Each chart: its page, the name of its switch, its panel, and how its table begins.</summary>
    private static readonly (string Path, string Name, string Panel, string Heads)[] Charts =
    [
        ("/", "Equity as a table", "#equity", "TimeEquityDrawdown"),
        ("/performance", "Equity as a table", "#equity", "TimeEquityDrawdown"),
        ("/performance", "Day by day as a table", "#calendar", "DayResultClosedWonEquity"),
        ("/performance", "How trades end as a table", "#ends", "FromToTrades"),
        ("/trades/2", "Price around it as a table", "#around", "TimeOpenHighLowCloseThe trade"),
        ("/agents", "Calibration of analyst as a table", "#calibration", "Said, from – toSaid, meanWas rightRightJudged"),
    ];

    [Fact]
    public async Task Every_chart_is_read_as_a_table_by_one_key_and_is_a_chart_again_by_the_next()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 120);
        foreach (var (path, name, panel, heads) in Charts)
        {
            var page = await screen.TabAsync(path);
            var (button, table, chart) = (page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }), page.Locator($"{panel} .chart-table"), page.Locator($"{panel} [role=img], {panel} .cal"));
            await Expect(chart.First).ToBeVisibleAsync();
            Assert.Equal(0, await table.CountAsync());
            await button.FocusAsync();
            await page.Keyboard.PressAsync("Space");
            await Expect(table.Locator("caption")).Not.ToBeEmptyAsync();
            Assert.Equal(heads, string.Concat(await table.Locator("thead th[scope=col]").AllTextContentsAsync()));
            Assert.NotEmpty(await table.Locator("tbody tr th[scope=row]").AllAsync());
            await Expect(chart).ToHaveCountAsync(0);
            await Expect(button).ToBeFocusedAsync();
            await Expect(button).ToHaveAttributeAsync("aria-pressed", "true");

            // The browser remembers it; a screen reader finds the table by its caption, and the keys scroll it.
            await page.ReloadAsync();
            await Expect(table).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Group, new() { Name = (await table.Locator("caption").TextContentAsync())! })).ToHaveAttributeAsync("tabindex", "0");
            await button.FocusAsync();
            await page.Keyboard.PressAsync("Enter");
            await Expect(chart.First).ToBeVisibleAsync();
            await Expect(table).ToHaveCountAsync(0);
            await page.CloseAsync();
        }
    }

    [Fact]
    public async Task The_tables_hold_the_figures_of_the_charts_and_say_how_many_rows_are_left()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 400);
        await screen.Context.AddInitScriptAsync(AllAsTables);
        var (_, answer) = await screen.Bot.SendAsync("GET", "/api/performance/equity?period=all");
        var points = answer["data"]!["points"]!.AsArray();
        var page = await screen.TabAsync("/performance");
        var equity = page.Locator("#equity .chart-table");
        await Expect(equity.Locator("tbody tr")).ToHaveCountAsync(250);
        await Expect(equity.Locator("tbody tr").First).ToContainTextAsync(((decimal)points[^1]!["equity"]!).ToString("#,##0.00", System.Globalization.CultureInfo.InvariantCulture));
        await Expect(equity).ToContainTextAsync($"The first 250 of {points.Count} rows.");
        await equity.GetByRole(AriaRole.Button, new() { Name = $"{points.Count - 250} more" }).PressAsync("Enter");
        await Expect(equity.Locator("tbody tr")).ToHaveCountAsync(points.Count);
        await Expect(equity).ToBeFocusedAsync();

        // All trades are counted where they are grouped by their result, and where by their day.
        foreach (var (panel, column) in new[] { ("#ends", 2), ("#calendar", 2) })
        {
            var rows = await page.Locator($"{panel} tbody tr").AllAsync();
            var sum = 0;
            foreach (var row in rows)
            {
                sum += int.Parse(await row.Locator("th, td").Nth(column).TextContentAsync() ?? "", System.Globalization.CultureInfo.InvariantCulture);
            }

            Assert.Equal(400, sum);
        }

        await page.GotoAsync(screen.Address + "/trades/2");
        await Expect(page.Locator("#around tbody")).ToContainTextAsync(new Regex(@"Entry 64,000\.00.*Exit 63,999\.00"));
    }

    [Fact]
    public async Task Of_the_worst_day_the_drawdown_is_a_table_too_and_the_alarm_does_not_announce_it()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, null, ("CIRCUIT_BREAKER_DRAWDOWN", "5"), ("CIRCUIT_BREAKER_DAILY_LOSS", ""));
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","balance":1000,"expected_every_seconds":60}""");
        foreach (var exit in new[] { 110, 40, 90 })
        {
            await screen.PostAsync("/api/trades", $$"""{"trading_pair":"BTC/USD","side":"BUY","entry_price":100,"exit_price":{{exit}},"quantity":1,"status":"closed","bot_name":"alpha","mode":"paper"}""");
        }

        var page = await screen.TabAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Drawdown, 7 days as a table" }).ClickAsync();
        var table = page.Locator("#breaker .chart-table");
        await Expect(table.Locator("thead")).ToContainTextAsync("TimeDrawdown");
        await Expect(table.Locator("tbody tr").First).ToContainTextAsync("−6.93%");
        await Expect(page.Locator("#breaker [aria-live=off] .chart-table")).ToBeVisibleAsync();
        await Axe.FindsNothingAsync(page, "The worst day as a table");
    }

    [Theory]
    [InlineData(ColorScheme.Dark)]
    [InlineData(ColorScheme.Light)]
    public async Task Axe_finds_nothing_where_charts_are_tables(ColorScheme scheme)
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, new() { ColorScheme = scheme });
        await Records.FillAsync(screen, 120);
        await screen.Context.AddInitScriptAsync(AllAsTables);
        var page = await screen.TabAsync();
        foreach (var path in Charts.Select(static chart => chart.Path).Distinct())
        {
            await page.GotoAsync(screen.Address + path);
            await Expect(page.Locator(".chart-table").Last).ToBeVisibleAsync();
            foreach (var width in new[] { 390, 1440 })
            {
                await page.SetViewportSizeAsync(width, 900);
                await Axe.FindsNothingAsync(page, $"{path} with tables at {width}, {scheme}");
            }
        }
    }
}
