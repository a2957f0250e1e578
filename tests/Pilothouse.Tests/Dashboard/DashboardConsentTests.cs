using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>What an agent asks for, and what people were told, as the owner sees it and answers.</summary>
public sealed class DashboardConsentTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Trade = """{"trading_pair":"BTC/USD","side":"BUY","entry_price":64000,"quantity":0.1,"bot_name":"alpha","mode":"paper"}""";

    [Fact]
    public async Task A_trade_that_an_agent_asks_for_is_opened_when_the_owner_approves_and_not_when_he_denies()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, null, ("CONSENT_FOR", "open_trade"));
        using var agent = await AgentAsync(screen);
        var page = await screen.TabAsync();
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");
        Assert.Equal(202, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);

        // The notice is there by itself; nobody reloads.
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new("look", System.Text.RegularExpressions.RegexOptions.IgnoreCase) }).First.ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        var dialog = page.Locator(".dialog");
        await Expect(dialog).ToContainTextAsync("Open or enlarge a trade?");
        foreach (var said in new[] { "the agent asks for your consent", "BTC/USD", "64000", "0.1", "alpha" })
        {
            await Expect(dialog).ToContainTextAsync(said);
        }

        Assert.Equal(0, await OpenTradesAsync(screen));
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Approve", Exact = true }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Approved, and done in the same moment.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Expect(page.Locator("#open .opens li")).ToContainTextAsync("BTC/USD");
        Assert.Equal(1, await OpenTradesAsync(screen));

        Assert.Equal(202, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);
        await page.GotoAsync(screen.Address + "/control");
        await page.Locator("#consents").GetByRole(AriaRole.Button).First.ClickAsync();
        await dialog.Locator("#d-reason").FillAsync("not before the news");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Deny", Exact = true }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("Denied. The agent is told.");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Expect(page.Locator("#consents tbody")).ToContainTextAsync("denied");
        await Expect(page.Locator("#consents tbody")).ToContainTextAsync("approved");
        Assert.Equal(1, await OpenTradesAsync(screen));
        Assert.Equal("not before the news", (string?)(await agent.SendAsync("GET", "/api/consents/2")).Body["data"]!["reason"]);
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1440)]
    [InlineData(ColorScheme.Dark, 1440)]
    [InlineData(ColorScheme.Light, 390)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task The_request_and_the_alerts_can_be_read_in_both_themes_and_on_a_phone(ColorScheme scheme, int width)
    {
        // Nobody listens there: the alert waits, and the panel says why.
        await using var screen = await OwnersScreen.OpenAsync(
            chromium, new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } }, ("CONSENT_FOR", "open_trade"),
            ("DISCORD_WEBHOOK_URL", $"http://127.0.0.1:{ServerProcess.FreePort()}/hook"), ("ALERT_ALLOW_PRIVATE_TARGETS", "true"));
        using var agent = await AgentAsync(screen);
        await agent.SendAsync("POST", "/api/trades", Trade);
        var page = await screen.TabAsync("/control");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in…" }).First.ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.Locator("#alerts tbody")).ToContainTextAsync("asks for your consent to open_trade");
        await Expect(page.Locator("#alerts tbody")).ToContainTextAsync("not yet");
        await Axe.FindsNothingAsync(page, $"control, {scheme}, {width}");
        await Axe.FitsTheScreenAsync(page, $"control, {scheme}, {width}");
        await page.Locator("#consents").GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alertdialog)).ToContainTextAsync("Open or enlarge a trade?");
        await Axe.FindsNothingAsync(page, $"the request, {scheme}, {width}");
        await Axe.FitsTheScreenAsync(page, $"the request, {scheme}, {width}");
    }

    private static async Task<HttpClient> AgentAsync(OwnersScreen screen)
    {
        var (_, made) = await screen.Bot.SendAsync("POST", "/api/keys", """{"name":"the agent","scopes":["read","write"],"agent":true}""");
        var agent = new HttpClient { BaseAddress = new Uri(screen.Address) };
        agent.DefaultRequestHeaders.Authorization = new("Bearer", (string?)made["key"]);
        return agent;
    }

    private static async Task<int> OpenTradesAsync(OwnersScreen screen) => (await screen.Bot.SendAsync("GET", "/api/trades/open")).Body["data"]!.AsArray().Count;
}
