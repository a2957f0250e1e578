using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>The page in a hand: 390 pixels wide, and a thumb in the place of a mouse.</summary>
public sealed class DashboardPhoneTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Every_page_is_reached_by_taps_alone()
    {
        await using var screen = await OnPhoneAsync();
        await Records.FillAsync(screen, 120);
        var page = await screen.TabAsync();
        var bar = page.Locator(".tabbar");
        foreach (var (name, title) in new[] { ("Trades", "Trades"), ("Results", "Performance"), ("Agents", "Agents"), ("Control", "Control"), ("Overview", "Overview") })
        {
            await bar.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).TapAsync();
            await IsAtAsync(page, title);
            await Expect(bar.Locator("[aria-current=page]")).ToHaveTextAsync(name);
        }

        foreach (var title in new[] { "Signals", "Market", "About" })
        {
            await bar.GetByRole(AriaRole.Button, new() { Name = "More" }).TapAsync();
            var sheet = page.GetByRole(AriaRole.Dialog, new() { Name = "More" });
            var box = (await sheet.BoundingBoxAsync())!;
            Assert.Equal((0, 844), ((int)box.X, (int)Math.Round(box.Y + box.Height)));
            await sheet.GetByRole(AriaRole.Link, new() { Name = title, Exact = true }).TapAsync();
            await IsAtAsync(page, title);
            await Expect(sheet).ToHaveCountAsync(0);
            await Expect(bar.GetByRole(AriaRole.Button, new() { Name = "More" })).ToHaveAttributeAsync("aria-current", "true");
        }

        // One trade is one tap away from the list, and everything that can be tapped in the bar is large enough for a thumb.
        await bar.GetByRole(AriaRole.Link, new() { Name = "Trades", Exact = true }).TapAsync();
        await page.Locator("tr[data-row] a").First.TapAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Why this trade was made" })).ToBeVisibleAsync();
        foreach (var target in await bar.Locator("a, button").AllAsync())
        {
            var box = (await target.BoundingBoxAsync())!;
            Assert.True(box.Width >= 44 && box.Height >= 44, $"{await target.TextContentAsync()} is {box.Width} × {box.Height}.");
        }
    }

    [Fact]
    public async Task The_sheet_takes_the_focus_keeps_it_and_gives_it_back()
    {
        await using var screen = await OnPhoneAsync();
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","expected_every_seconds":60}""");
        var page = await screen.TabAsync("/market");
        var more = page.Locator(".tabbar").GetByRole(AriaRole.Button, new() { Name = "More" });
        await more.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var sheet = page.GetByRole(AriaRole.Dialog, new() { Name = "More" });
        await Expect(sheet.GetByRole(AriaRole.Link, new() { Name = "Signals" })).ToBeFocusedAsync();
        await Expect(more).ToHaveAttributeAsync("aria-expanded", "true");
        await Expect(sheet.Locator("[aria-current=page]")).ToHaveTextAsync("Market");
        await Axe.FindsNothingAsync(page, "The sheet");
        for (var key = 0; key < 12; key++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.True(await sheet.EvaluateAsync<bool>("sheet => sheet.contains(document.activeElement)"));
        }

        await page.Keyboard.PressAsync("Escape");
        await Expect(sheet).ToHaveCountAsync(0);
        await Expect(more).ToBeFocusedAsync();
        await Expect(more).ToHaveAttributeAsync("aria-expanded", "false");

        // Who goes to another page is there, and not at the button.
        await page.Keyboard.PressAsync("Enter");
        await Expect(sheet.GetByRole(AriaRole.Link, new() { Name = "Signals" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await IsAtAsync(page, "Signals");
        await Expect(page.Locator("#content")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Signing_in_and_out_needs_no_keyboard_of_a_computer()
    {
        await using var screen = await OnPhoneAsync();
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","expected_every_seconds":60}""");
        var page = await screen.TabAsync("/control");
        var more = page.Locator(".tabbar").GetByRole(AriaRole.Button, new() { Name = "More" });
        await more.TapAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in…" }).Last.TapAsync();
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.Locator("#audit tbody tr").First).ToContainTextAsync("Login");
        await more.TapAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).TapAsync();
        await Expect(page.Locator("#audit tbody tr")).ToHaveCountAsync(0);
    }

    private Task<OwnersScreen> OnPhoneAsync() => OwnersScreen.OpenAsync(chromium, new() { ViewportSize = new() { Width = 390, Height = 844 }, HasTouch = true, IsMobile = true });

    private static async Task IsAtAsync(IPage page, string title)
    {
        await Expect(page).ToHaveTitleAsync(new Regex($"^{title} · Pilothouse$"));
        await Expect(page.Locator("main .panel").First).ToBeVisibleAsync();
    }
}
