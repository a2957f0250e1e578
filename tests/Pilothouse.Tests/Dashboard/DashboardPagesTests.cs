using System.Globalization;
using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>Every page, for every reader: both themes, three widths, and as many rows as there may be.</summary>
public sealed class DashboardPagesTests(Chromium chromium) : IClassFixture<Chromium>
{
    /// <summary>Each page, and a text that is there when it has been filled.</summary>
    private static readonly (string Path, string Filled)[] Pages =
    [
        ("/", "What happened"), ("/trades", "Signal turned"), ("/trades/2", "Why this trade was made"), ("/signals", "Are the signals right?"), ("/performance", "How trades end"), ("/market", "What moves together"),
        ("/agents", "Calibration of"), ("/control", "Audit log"), ("/about", "The disk of the database has"),
    ];

    [Theory]
    [InlineData(ColorScheme.Dark)]
    [InlineData(ColorScheme.Light)]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_screen_on_any_page(ColorScheme scheme)
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, new() { ColorScheme = scheme });
        await Records.FillAsync(screen, 120);
        var page = await screen.TabAsync("/control");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in…" }).First.ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.Locator("#audit tbody tr").First).ToBeVisibleAsync();
        await NothingIsWrongOnAnyPageAsync(screen, page, $"in {scheme}");
    }

    [Fact]
    public async Task Ten_thousand_trades_are_scrolled_through_and_sorted_and_few_of_them_are_in_the_document()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 10_000);
        var page = await screen.TabAsync("/trades");
        await Expect(page.Locator("tr[data-row]").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Result" }).ClickAsync();

        // Sorting loads all trades first: whoever scrolls before that comes to the end of what is there until then.
        await Expect(page.Locator("table.trade-rows")).ToHaveAttributeAsync("aria-rowcount", "10002");
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("10,000");
        await Expect(page.Locator("tr[data-row] .k-result").First).ToContainTextAsync("+100.00", new() { Timeout = 20_000 });
        await page.EvaluateAsync("() => scrollTo(0, document.documentElement.scrollHeight)");
        await Expect(page.Locator("tr[data-row]").Last).ToHaveAttributeAsync("aria-rowindex", "10002");
        await Expect(page.Locator("tr[data-row] .k-result").Last).ToContainTextAsync("−99.00");
        Assert.InRange(await page.Locator("tr[data-row]").CountAsync(), 10, 200);

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Why this trade was made" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Bots_by_the_dozen_and_texts_of_any_length_leave_the_page_in_order()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, new() { ViewportSize = new() { Width = 390, Height = 844 } });
        for (var bot = 0; bot < 30; bot++)
        {
            await screen.PostAsync("/api/bot-status", $$"""{"bot_name":"bot_{{bot}}_{{new string('x', bot * 2)}}","status":"running","message":"{{new string('w', 400)}}","expected_every_seconds":60}""");
        }

        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots tr[data-bot]")).ToHaveCountAsync(12);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all 30 bots" }).ClickAsync();
        await Expect(page.Locator("#bots tr[data-bot]")).ToHaveCountAsync(30);
        await Axe.FitsTheScreenAsync(page, "The overview with 30 bots");
    }

    /// <summary>A first day in which the money doubled is 2³⁶⁵ − 1 a year, and some coins are held by the thousand billion.</summary>
    [Fact]
    public async Task Amounts_and_names_of_any_length_leave_every_page_in_order()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 40);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","balance":41234567890123.45,"expected_every_seconds":60}""");
        for (var signal = 0; signal < 12; signal++)
        {
            await screen.PostAsync("/api/signals", """{"trading_pair":"1000000BABYDOGECOIN/FDUSD:FDUSD-261225","signal_type":"BUY","signal_strength":70,"price":123456789012.25,"bot_name":"alpha","strategy":"mean_reversion_of_the_week"}""");
        }

        // The open one comes first: the losses may stop the bot at once.
        foreach (var (exit, status) in new[] { ("null", "open"), ("64000", "closed"), ("59000", "closed") })
        {
            await screen.PostAsync("/api/trades", $$"""{"trading_pair":"1000000BABYDOGECOIN/FDUSD:FDUSD-261225","side":"BUY","entry_price":60000,"exit_price":{{exit}},"quantity":1234567890.1234567,"fees":98765432.1,"status":"{{status}}","bot_name":"alpha","mode":"paper"}""");
        }

        foreach (var agent in new[] { "a_reversion_agent_of_two_averages", "risk_officer_of_the_second_opinion" })
        {
            await screen.PostAsync("/api/agents/decisions", $$"""{"agent_name":"{{agent}}","agent_role":"portfolio_risk_manager","decision_type":"entry","decision":"approve_with_conditions","confidence":0.6,"reasoning":"The averages point up.","timestamp":"2026-01-02T23:58:59Z"}""");
        }

        var page = await screen.TabAsync();
        await NothingIsWrongOnAnyPageAsync(screen, page, "with long amounts");
    }

    /// <summary>What scrolls is reached by the keyboard; what does not scroll is no stop on its way.</summary>
    [Fact]
    public async Task The_keyboard_stops_at_a_table_only_while_the_table_scrolls()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/signals", """{"trading_pair":"1000000BABYDOGECOIN/FDUSD:FDUSD-261225","signal_type":"BUY","signal_strength":70,"price":123456789012.25}""");
        var page = await screen.TabAsync("/signals");
        var box = page.Locator("#list .table-wrap");
        await Expect(box).Not.ToHaveAttributeAsync("tabindex", "0");
        await page.SetViewportSizeAsync(320, 900);
        await Expect(box).ToHaveAttributeAsync("tabindex", "0");
        await box.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.WaitForFunctionAsync("() => document.querySelector('#list .table-wrap').scrollLeft > 0");
        await page.SetViewportSizeAsync(1440, 900);
        await Expect(box).Not.ToHaveAttributeAsync("tabindex", "0");
    }

    /// <summary>The exact figure is that of the API; here so many digits would hide what they say.</summary>
    [Fact]
    public async Task A_percentage_beyond_a_million_is_told_by_its_size()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, null, ("STARTING_BALANCE", "10000"));
        await screen.PostAsync("/api/trades", """{"trading_pair":"BTC/USD","side":"BUY","entry_price":10000,"exit_price":20000,"quantity":1,"status":"closed","bot_name":"alpha","mode":"paper"}""");
        var (_, answer) = await screen.Bot.SendAsync("GET", "/api/performance?period=all");
        Assert.True((double?)answer["data"]!["cagr"] > 1e50, answer.ToJsonString());
        var page = await screen.TabAsync("/performance");
        await Expect(page.Locator(".figure", new() { HasText = "A year at this rate" }).Locator(".cell-value")).ToHaveTextAsync("> +1,000,000%");
    }

    [Fact]
    public async Task The_scorecard_and_the_figures_are_those_that_the_server_answers()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 120);
        var (_, answer) = await screen.Bot.SendAsync("GET", "/api/performance?period=all");
        var total = (decimal)answer["data"]!["total_pnl"]!;
        var page = await screen.TabAsync("/performance");
        var shown = (total < 0 ? "−" : "+") + Math.Abs(total).ToString("#,##0.00", CultureInfo.InvariantCulture);
        await Expect(page.Locator(".figure").First).ToContainTextAsync(shown);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sharpe ratio" }).ClickAsync();
        await Expect(page.Locator(".pop")).ToContainTextAsync("mean ÷ deviation × √365");

        (_, answer) = await screen.Bot.SendAsync("GET", "/api/performance/signals?by=type");
        var signals = (int)answer["data"]!["groups"]![0]!["signals"]!;
        await page.GotoAsync(screen.Address + "/signals");
        await Expect(page.Locator("#scorecard tbody tr").First).ToContainTextAsync(signals.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Looks at each page in three widths.</summary>
    /// <param name="how">With what the pages are looked at, for the message.</param>
    private static async Task NothingIsWrongOnAnyPageAsync(OwnersScreen screen, IPage page, string how)
    {
        foreach (var (path, filled) in Pages)
        {
            await page.GotoAsync(screen.Address + path);
            await Expect(page.GetByText(filled).First).ToBeVisibleAsync();
            foreach (var width in new[] { 390, 1024, 1440 })
            {
                await page.SetViewportSizeAsync(width, 900);
                await Axe.FindsNothingAsync(page, $"{path} at {width} {how}");
            }
        }
    }
}
