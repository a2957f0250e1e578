using System.Diagnostics;
using Microsoft.Playwright;
using Pilothouse.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace Pilothouse.Tests.Dashboard;

/// <summary>What an owner sees and does, in Chromium, with the program as it is run.</summary>
public sealed class DashboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Hostile = """<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'"--></textarea>""";
    private static readonly string HostileJson = System.Text.Json.JsonSerializer.Serialize(Hostile);

    [Fact]
    public async Task An_empty_server_shows_three_commands_and_the_page_fills_as_a_bot_begins()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        var page = await screen.TabAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Three commands to a bot that trades" })).ToBeVisibleAsync();
        await Expect(page.GetByText("The server runs")).ToBeVisibleAsync();

        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","balance":10000,"expected_every_seconds":60}""");
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Running");
        await screen.PostAsync("/api/trades", """{"trading_pair":"BTC/USD","side":"BUY","entry_price":64000,"quantity":0.1,"stop_loss":63000,"take_profit":66000,"bot_name":"alpha","mode":"paper"}""");
        await Expect(page.Locator("#open .opens li")).ToContainTextAsync("BTC/USD");
        await Expect(page.Locator("#feed")).ToContainTextAsync("opened at");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Three commands to a bot that trades" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_wrong_PIN_says_how_many_tries_are_left_and_the_right_one_opens_the_page()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium, null, ("REQUIRE_AUTH_FOR_READS", "true"));
        var page = await screen.TabAsync("/control");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Pilothouse" })).ToBeVisibleAsync();
        await OwnersScreen.TypePinAsync(page, "999999");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(new System.Text.RegularExpressions.Regex(@"That PIN is wrong\. \d+ of \d+ tries are left until (\d{1,2} [A-Z][a-z]{2} )?\d\d:\d\d\."));
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Control", Exact = true })).ToBeVisibleAsync();
        await Expect(page.Locator("#audit tbody tr").First).ToContainTextAsync("Login");

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Pilothouse" })).ToBeVisibleAsync();
        await Expect(page.Locator("#audit")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_pause_is_asked_then_heard_then_done_and_each_is_told_by_itself()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","expected_every_seconds":60}""");
        var page = await screen.TabAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause alpha…" }).ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await page.GetByLabel("Reason").FillAsync("news at 14:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause alpha", Exact = true }).ClickAsync();
        var answers = page.Locator(".answers");
        await Expect(answers).ToContainTextAsync("Waiting for alpha to hear it");
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Paused asked");

        await screen.PostAsync("/api/bots/alpha/control/heard", """{"control_seq":1}""");
        await Expect(answers).ToContainTextAsync("alpha heard it after");
        await Expect(answers).Not.ToContainTextAsync("alpha has done it");
        await screen.PostAsync("/api/bots/alpha/control/heard", """{"control_seq":1,"done":true}""");
        await Expect(answers).ToContainTextAsync("alpha has done it");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await Expect(page.Locator("#feed")).ToContainTextAsync("alpha was asked to pause: “news at 14:00”");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Resume alpha…" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_key_that_is_asked_for_by_two_presses_is_made_once()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        var page = await screen.TabAsync("/control");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in…" }).First.ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a key…" }).ClickAsync();
        await page.Locator("#d-name").FillAsync("pressed twice");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key", Exact = true }).EvaluateAsync("button => { button.click(); button.click() }");
        await Expect(page.GetByText("This is the only time that it is shown.")).ToBeVisibleAsync();
        var (_, keys) = await screen.Bot.SendAsync("GET", "/api/keys");
        Assert.Single(keys["data"]!.AsArray(), static key => (string?)key!["name"] == "pressed twice");
    }

    /// <summary>A fall stops the bot and all bots in the same moment: its trades are refused by its own event, of which the answer for all says nothing.</summary>
    [Fact]
    public async Task What_the_stop_of_one_bot_refuses_is_shown_while_all_are_stopped()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","expected_every_seconds":600}""");
        await screen.PostAsync("/api/circuit-breaker/trigger", """{"reason":"alpha falls","bot_name":"alpha"}""");
        await screen.PostAsync("/api/circuit-breaker/trigger", """{"reason":"All fall"}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#breaker")).ToContainTextAsync("All fall");
        await Expect(page.Locator("#breaker")).Not.ToContainTextAsync("refused so far");
        Assert.Equal(409, (await screen.Bot.SendAsync("POST", "/api/trades", """{"trading_pair":"BTC/USD","side":"BUY","entry_price":64000,"quantity":1,"bot_name":"alpha","mode":"paper"}""")).Status);
        await Expect(page.Locator("#breaker")).ToContainTextAsync("1 refused so far: BTC/USD long, ");
    }

    /// <summary>A balance that a second bot brings along, and a deposit, are no profit.</summary>
    [Fact]
    public async Task Money_that_came_in_is_not_shown_as_earned()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","balance":10000,"expected_every_seconds":600}""");
        await screen.PostAsync("/api/trades", """{"trading_pair":"BTC/USD","side":"BUY","entry_price":100,"exit_price":110,"quantity":10,"status":"closed","exit_reason":"signal","bot_name":"alpha","mode":"paper"}""");
        await screen.PostAsync("/api/bot-status", """{"bot_name":"beta","status":"running","mode":"paper","balance":30000,"expected_every_seconds":600}""");
        await screen.PostAsync("/api/cash-flows", """{"bot_name":"alpha","mode":"paper","amount":500}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator(".verdict")).ToContainTextAsync("The account is up 1% since");
        await Expect(page.Locator("#equity")).ToContainTextAsync("40,600.00+100.00 · +1.00%");
        await Expect(page.Locator("#equity")).ToContainTextAsync("when it was 10,000.00; 30,500.00 came in");

        // A trade of a bot that has stopped is nobody's, and one that is open knows what it risks.
        await screen.PostAsync("/api/trades", """{"trading_pair":"ETH/USD","side":"SELL","entry_price":2000,"quantity":0.5,"stop_loss":2040,"bot_name":"beta","mode":"paper"}""");
        await screen.PostAsync("/api/bot-status", """{"bot_name":"beta","status":"stopped","mode":"paper","balance":30000}""");
        await Expect(page.Locator(".verdict")).ToContainTextAsync("1 open trade of beta, which is stopped and minds none.");
        await page.GotoAsync(screen.Address + "/trades/2");
        await Expect(page.Locator("#why")).ToContainTextAsync("At risk−20.00");
    }

    [Fact]
    public async Task A_triggered_breaker_is_on_the_screen_within_a_second_and_is_cleared_there()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","mode":"paper","expected_every_seconds":60}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToBeVisibleAsync();
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");
        // The fastest of three: this machine may have other work.
        var fastest = TimeSpan.MaxValue;
        for (var round = 1; round <= 3; round++)
        {
            await screen.PostAsync("/api/circuit-breaker/trigger", $$"""{"reason":"The exchange is down, {{round}}"}""");
            var watch = Stopwatch.StartNew();
            await Expect(page.Locator("#breaker")).ToContainTextAsync($"The exchange is down, {round}");
            fastest = watch.Elapsed < fastest ? watch.Elapsed : fastest;
            if (round < 3)
            {
                await screen.PostAsync("/api/circuit-breaker/clear", """{"reason":"It is back"}""");
                await Expect(page.Locator("#breaker")).ToHaveCountAsync(0);
            }
        }

        Assert.True(fastest < TimeSpan.FromSeconds(1), $"The breaker was shown after {fastest.TotalMilliseconds:0} ms.");
        await Expect(page).ToHaveTitleAsync("Stopped · Overview · Pilothouse");

        // What bots want meanwhile is shown as it comes, and still after a reload.
        const string wanted = """{"trading_pair":"BTC/USD","side":"SELL","entry_price":64000,"quantity":1,"bot_name":"alpha","mode":"paper"}""";
        Assert.Equal(409, (await screen.Bot.SendAsync("POST", "/api/trades", wanted)).Status);
        await Expect(page.Locator("#breaker")).ToContainTextAsync("1 refused so far: BTC/USD short, ");
        Assert.Equal(409, (await screen.Bot.SendAsync("POST", "/api/trades", wanted)).Status);
        await Expect(page.Locator("#breaker")).ToContainTextAsync("2 refused so far, the last one: BTC/USD short, ");
        await Expect(page.Locator("#feed")).ToContainTextAsync("BTC/USD short refused 2 times: trading is stopped · alpha");
        await page.ReloadAsync();
        await Expect(page.Locator("#breaker")).ToContainTextAsync("2 refused so far, the last one: BTC/USD short, ");
        await Expect(page.Locator("#feed")).ToContainTextAsync("BTC/USD short refused 2 times: trading is stopped · alpha");

        await page.GetByRole(AriaRole.Button, new() { Name = "Allow trading again…" }).ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await page.GetByLabel("Reason").FillAsync("It is back");
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow trading", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Trading is allowed.")).ToBeVisibleAsync();
        await Expect(page.Locator("#breaker")).ToHaveCountAsync(0);
    }

    /// <summary>One head above dollars of two kinds would give an amount the name of another currency.</summary>
    [Fact]
    public async Task A_column_names_the_currency_only_if_all_its_amounts_have_it()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await TradeAsync("alpha", "BTC/USDC");
        var page = await screen.TabAsync();
        var head = page.Locator("#bots thead");
        await Expect(head).ToContainTextAsync("Today, USDC");
        await TradeAsync("beta", "BTC/USD");
        await Expect(page.Locator("#bots [data-bot=beta]")).ToContainTextAsync("USD");
        await Expect(head).Not.ToContainTextAsync("USD");
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("USDC");
        await page.GotoAsync(screen.Address + "/performance");
        await Expect(page.Locator("#split tbody")).ToContainTextAsync("USDC");
        await Expect(page.Locator("#split thead")).Not.ToContainTextAsync("USD");

        async Task TradeAsync(string bot, string pair)
        {
            await screen.PostAsync("/api/bot-status", $$"""{"bot_name":"{{bot}}","status":"running","mode":"paper","balance":1000,"expected_every_seconds":60}""");
            await screen.PostAsync("/api/trades", $$"""{"trading_pair":"{{pair}}","side":"BUY","entry_price":1,"exit_price":2,"quantity":3,"status":"closed","bot_name":"{{bot}}","mode":"paper"}""");
        }
    }

    [Fact]
    public async Task Texts_of_bots_are_text_wherever_they_are_shown()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", $$"""{"bot_name":{{HostileJson}},"status":"running","message":{{HostileJson}},"mode":"paper","expected_every_seconds":60}""");
        await screen.PostAsync("/api/trades", $$"""{"trading_pair":{{HostileJson}},"side":"BUY","entry_price":1,"quantity":1,"bot_name":{{HostileJson}},"strategy":{{HostileJson}}}""");
        await screen.PostAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"SELL","entry_price":1,"quantity":1,"status":"closed","exit_price":2,"exit_reason":{{HostileJson}},"bot_name":{{HostileJson}}}""");
        await screen.PostAsync("/api/signals", $$"""{"trading_pair":{{HostileJson}},"signal_type":"BUY","signal_strength":7,"price":3,"bot_name":{{HostileJson}},"strategy":{{HostileJson}}}""");
        await screen.PostAsync("/api/analysis", $$"""{"trading_pair":"A/B","timeframe":"1m","recommendation":"BUY","ai_analysis":{{HostileJson}},"key_observations":{{HostileJson}},"model":{{HostileJson}},"signal_id":1}""");
        await screen.PostAsync("/api/agents/decisions", $$"""{"agent_name":{{HostileJson}},"agent_role":{{HostileJson}},"decision_type":"entry","decision":{{HostileJson}},"reasoning":{{HostileJson}},"trade_id":1,"signal_id":1}""");
        await screen.PostAsync("/api/cost-analytics", $$"""{"api_name":{{HostileJson}},"operation_type":{{HostileJson}},"estimated_cost":1,"model":{{HostileJson}},"signal_id":1}""");
        await screen.PostAsync("/api/news", $$"""{"article_url":"javascript:window.hacked=1","article_title":{{HostileJson}},"source":{{HostileJson}}}""");
        await screen.PostAsync("/api/spikes", $$"""{"trading_pair":{{HostileJson}},"spike_type":{{HostileJson}},"direction":"pump","magnitude_percent":3,"timeframe_minutes":5,"price_from":1,"price_to":2,"agent_detected_by":{{HostileJson}}}""");
        await screen.PostAsync("/api/circuit-breaker/trigger", $$"""{"reason":{{HostileJson}}}""");
        await screen.PostAsync($"/api/bots/{Uri.EscapeDataString(Hostile)}/control", $$"""{"state":"paused","reason":{{HostileJson}}}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots tbody tr th")).ToContainTextAsync(Hostile);
        await Expect(page.Locator("#breaker")).ToContainTextAsync(Hostile);
        await Expect(page.Locator("#feed")).ToContainTextAsync(Hostile);
        await Expect(page.Locator("main img, main script, .side img")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Link, new() { Name = "Control" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in…" }).First.ClickAsync();
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.Locator("#audit")).ToContainTextAsync(Hostile);
        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.GetByRole(AriaRole.Listbox)).ToContainTextAsync(Hostile);
        await Expect(page.Locator("main img, main script, .dialog img")).ToHaveCountAsync(0);

        foreach (var path in new[] { "/trades", "/trades/1", "/signals", "/market", "/agents" })
        {
            await page.GotoAsync(screen.Address + path);
            await Expect(page.Locator("main")).ToContainTextAsync(Hostile);
            await Expect(page.Locator("main img, main script, .side img, a[href^=javascript]")).ToHaveCountAsync(0);
        }
    }

    [Fact]
    public async Task All_tabs_of_a_browser_share_one_stream()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","expected_every_seconds":60}""");
        var first = await screen.TabAsync();
        var second = await screen.TabAsync("/control");
        await Expect(first.Locator(".side-foot")).ToContainTextAsync("Live");
        await Expect(second.Locator(".side-foot")).ToContainTextAsync("Live");
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"paused","expected_every_seconds":60}""");
        await Expect(first.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Paused");
        await Expect(second.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Paused");
        var metrics = await screen.Server.Client.GetStringAsync("/metrics");
        Assert.Matches(@"(?m)^pilothouse_events_listeners(\{[^}]*\})? 1( |$)", metrics);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_told_at_once_and_one_that_comes_back_is_caught_up_with()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","expected_every_seconds":60}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Running");
        await Expect(page.Locator(".side-foot")).ToContainTextAsync("Live");
        await screen.CutAsync();
        await Expect(page.GetByText("Cut off from the server since")).ToBeVisibleAsync();
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToBeVisibleAsync();

        await screen.ComeBackAsync();
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"error","expected_every_seconds":60}""");
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToContainTextAsync("Error", new() { Timeout = 30_000 });
        await Expect(page.GetByText("Cut off from the server since")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_keys_lead_everywhere_and_none_of_them_alone_changes_anything()
    {
        await using var screen = await OwnersScreen.OpenAsync(chromium);
        await screen.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","expected_every_seconds":60}""");
        var page = await screen.TabAsync();
        await Expect(page.Locator("#bots [data-bot=alpha]")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("c");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Control", Exact = true })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync(".");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("What shall stop?");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);

        // A press on the text of a dialog takes the focus out of it. Esc goes back all the same, and Tab goes into it again.
        await page.Keyboard.PressAsync(".");
        await page.Locator(".dialog h2").ClickAsync();
        await page.Keyboard.PressAsync("Tab");
        Assert.True(await page.EvaluateAsync<bool>("() => document.querySelector('.dialog').contains(document.activeElement)"));
        await page.Locator(".dialog h2").ClickAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await Expect(page.Locator("[data-row][data-bot=alpha]")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("p");
        await OwnersScreen.TypePinAsync(page);
        await Expect(page.GetByRole(AriaRole.Alertdialog)).ToContainTextAsync("Pause alpha?");
        await page.Keyboard.PressAsync("Escape");
        var (_, control) = await screen.Bot.SendAsync("GET", "/api/bots/alpha/control");
        Assert.Null((int?)control["data"]!["control_seq"]);
    }
}
