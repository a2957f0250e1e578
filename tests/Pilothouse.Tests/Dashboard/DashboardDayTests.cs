using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>A tab that stays open, and one that nobody sees.</summary>
public sealed class DashboardDayTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Hide = """
        () => {
            Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
            document.dispatchEvent(new Event('visibilitychange'))
        }
        """;

    private const string Show = """
        () => {
            delete document.hidden
            document.dispatchEvent(new Event('visibilitychange'))
        }
        """;

    /// <summary>Counts on over all tests of the class, which run in any order: as a price it may have a comma.</summary>
    private static int trade;

    /// <summary>
    /// Twenty thousand events are what five bots make in a day that report each minute and post a signal for every other pair. The tab is
    /// compared with itself after the first two thousand: by then its lists are as long as they get.
    /// </summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/signals")]
    [InlineData("/trades")]
    public async Task A_tab_that_is_open_for_a_day_does_not_grow(string path)
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 300);
        var page = await screen.TabAsync(path);
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");
        var inspector = await screen.Context.NewCDPSessionAsync(page);
        await inspector.SendAsync("Performance.enable");
        await PartOfDayAsync(screen, page, 2);
        var before = await MeasureAsync(page, inspector);
        await PartOfDayAsync(screen, page, 20);
        var after = await MeasureAsync(page, inspector);
        var told = $"{path}: heap {before.Heap / 1e6:0.00} MB before and {after.Heap / 1e6:0.00} MB after, nodes {before.Nodes:0} and {after.Nodes:0}, listeners {before.Listeners:0} and {after.Listeners:0}";
        TestContext.Current.TestOutputHelper!.WriteLine(told);

        // A node that stays for each tenth event would be 2,000 of them. Some hundreds come and go with what is being drawn.
        Assert.True(after.Heap - before.Heap < 1_500_000 && after.Nodes - before.Nodes < 1_500 && after.Listeners - before.Listeners < 40, told);
    }

    /// <summary>Trades that come one by one are each drawn, so that what a drawing leaves behind shows, which a batch of them does not.</summary>
    [Fact]
    public async Task Trades_one_after_another_leave_nothing_behind_on_the_overview()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await Records.FillAsync(screen, 60);
        var page = await screen.TabAsync();
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");
        var inspector = await screen.Context.NewCDPSessionAsync(page);
        await inspector.SendAsync("Performance.enable");
        await TradesAsync(20);
        var before = await MeasureAsync(page, inspector);
        await TradesAsync(80);
        var after = await MeasureAsync(page, inspector);

        // Where each left the list in which it stood, it was 42 nodes for each, 3,360 in all.
        Assert.True(after.Nodes - before.Nodes < 1_000, $"nodes {before.Nodes:0} and {after.Nodes:0}, heap {before.Heap / 1e6:0.00} and {after.Heap / 1e6:0.00} MB");

        async Task TradesAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var id = Interlocked.Increment(ref trade);
                await screen.PostAsync("/api/trades", $$"""{"trading_pair":"BTC/USD","side":"BUY","entry_price":{{100 + id}},"quantity":1,"bot_name":"alpha","mode":"paper"}""");
                await Expect(page.Locator("#feed")).ToContainTextAsync(string.Create(CultureInfo.InvariantCulture, $"opened at {100 + id:#,0}"));
            }

            await Task.Delay(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public async Task A_hidden_tab_asks_for_nothing_and_catches_up_when_it_is_seen()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","expected_every_seconds":60}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Running");
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");

        // A browser without a window shows each of its tabs: this one is told that it is hidden. What it asked before may still be answered.
        await page.EvaluateAsync(Hide);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        await screen.PostAsync("/api/signals/batch", Signals(1_200));
        await screen.PostAsync("/api/trades", """{"trading_pair":"BTC/USD","side":"BUY","entry_price":64000,"quantity":0.1,"bot_name":"alpha","mode":"paper"}""");
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"error","mode":"paper","expected_every_seconds":60}""");
        await screen.PostAsync("/api/circuit-breaker/trigger", """{"reason":"The exchange is down"}""");

        // The title is all that is seen of it, and the stream has said enough for that.
        await Expect(page).ToHaveTitleAsync("Stopped · Overview · Pilothouse");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Empty(asked);
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Running");

        await page.EvaluateAsync(Show);
        await Expect(page.Locator("#breaker")).ToContainTextAsync("The exchange is down");
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Error");
        await Expect(page.Locator("#open .opens li")).ToContainTextAsync("BTC/USD");
        Assert.NotEmpty(asked);
    }

    /// <summary>Sends a thousand events for each part: signals, reports, trades that open and close, decisions.</summary>
    private static async Task PartOfDayAsync(OwnersScreen screen, IPage page, int thousands)
    {
        for (var part = 0; part < thousands; part++)
        {
            await screen.PostAsync("/api/signals/batch", Signals(930));
            await screen.PostAsync("/api/bot-status/batch", Records.Items(25, index => $$"""{"bot_name":"bot_{{index % 5}}","status":"running","mode":"paper","balance":{{1000 + index}},"message":"Looked {{part}}","expected_every_seconds":60}"""));
            await screen.PostAsync("/api/trades/batch", Records.Items(20, index => $$"""{"trading_pair":"BTC/USD","side":"BUY","entry_price":100,"exit_price":{{100 + (index % 3)}},"quantity":1,"status":"closed","exit_reason":"signal","bot_name":"alpha","mode":"paper","external_id":"day-{{Interlocked.Increment(ref trade)}}"}"""));
            await screen.PostAsync("/api/agents/decisions/batch", Records.Items(25, index => $$"""{"agent_name":"analyst","agent_role":"analysis","decision_type":"entry","decision":"enter","confidence":0.6,"reasoning":"Part {{part}}, {{index}}."}"""));
            await Task.Delay(250);
        }

        // What comes last has come after all of it, and the page has then shown it.
        var name = $"last_{Interlocked.Increment(ref trade)}";
        await screen.PostAsync("/api/bot-status", $$"""{"bot_name":"{{name}}","status":"running","expected_every_seconds":60}""");
        await Expect(page.Locator($".side-bots [title={name}]")).ToBeVisibleAsync(new() { Timeout = 90_000 });
        await Task.Delay(TimeSpan.FromSeconds(4));
    }

    private static string Signals(int count) => Records.Items(count, static index =>
        $$"""{"trading_pair":"BTC/USD","signal_type":"{{(index % 2 == 0 ? "BUY" : "SELL")}}","signal_strength":{{index % 100}},"price":{{64000 + (index % 50)}},"rsi":51.5,"bot_name":"bot_{{index % 5}}","strategy":"averages"}""");

    /// <summary>The least of several looks: what goes with the next collection does not count, and what stays is in each of them.</summary>
    private static async Task<(double Heap, double Nodes, double Listeners)> MeasureAsync(IPage page, ICDPSession inspector)
    {
        var least = (Heap: double.MaxValue, Nodes: double.MaxValue, Listeners: double.MaxValue);
        for (var look = 0; look < 6; look++)
        {
            await page.EvaluateAsync("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500)))");
            await inspector.SendAsync("HeapProfiler.collectGarbage");
            await inspector.SendAsync("HeapProfiler.collectGarbage");
            var metrics = (await inspector.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray().ToDictionary(static one => one.GetProperty("name").GetString()!, static one => one.GetProperty("value").GetDouble());
            least = (Math.Min(least.Heap, metrics["JSHeapUsedSize"]), Math.Min(least.Nodes, metrics["Nodes"]), Math.Min(least.Listeners, metrics["JSEventListeners"]));
        }

        return least;
    }
}
