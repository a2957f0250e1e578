using System.Text.Json.Nodes;
using Pilothouse.Tests.Bots;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Fleet;

/// <summary>GET /api/bots: every bot at one glance.</summary>
public sealed class FleetTests
{
    [Fact]
    public async Task Without_reports_there_are_no_bots()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"count":0,"data":[],"next_cursor":null}""", await server.GetAsync("/api/bots"));
        await server.GetAsync("/api/bots/alpha", 404);
    }

    [Fact]
    public async Task A_bot_has_its_last_report_and_its_age_which_grows_with_the_clock_alone()
    {
        await using var server = await TestServer.StartAsync();
        await BotSilenceTests.ReportAsync(server, "alpha", ""","mode":"Paper","balance":100.5""");
        var bot = await BotAsync(server);
        Assert.Equal((0.0, false, "running", "paper"), (Age(bot), (bool)bot["silent"]!, (string?)bot["status"], (string?)bot["mode"]));
        Assert.Equal(100.5, (double)bot["last_report"]!["balance"]!);
        Assert.Null(bot["expected_every_seconds"]);

        server.Clock.Advance(TimeSpan.FromSeconds(180));
        bot = await BotAsync(server);
        Assert.Equal((180.0, false), (Age(bot), (bool)bot["silent"]!));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        bot = await BotAsync(server);
        Assert.Equal((181.0, true), (Age(bot), (bool)bot["silent"]!));
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"stopped","mode":"paper"}""");
        server.Clock.Advance(TimeSpan.FromHours(9));
        Assert.False((bool)(await BotAsync(server))["silent"]!);
    }

    [Fact]
    public async Task How_often_it_reports_is_what_it_says_or_the_median_of_its_last_intervals()
    {
        await using var server = await TestServer.StartAsync(("BOT_STALE_AFTER_SECONDS", "20"));

        // Intervals of 60, 60, 60 and 300 seconds: the median is 60.
        foreach (var second in new[] { 480, 420, 360, 300, 0 })
        {
            await BotSilenceTests.ReportAsync(server, "alpha", $",\"timestamp\":\"{TestServer.Start.AddSeconds(-second):yyyy-MM-ddTHH:mm:ssZ}\"");
        }

        Assert.Equal(60, (double)(await BotAsync(server))["expected_every_seconds"]!);
        server.Clock.Advance(TimeSpan.FromSeconds(179));
        Assert.False((bool)(await BotAsync(server))["silent"]!);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True((bool)(await BotAsync(server))["silent"]!);
        await BotSilenceTests.ReportAsync(server, "alpha", ""","expected_every_seconds":5""");
        Assert.Equal(5, (double)(await BotAsync(server))["expected_every_seconds"]!);
        server.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.True((bool)(await BotAsync(server))["silent"]!);
    }

    /// <summary>
    /// By hand: (110 − 100) × 1 − 1 = 9 closed today, (90 − 100) × 2 = −20 closed yesterday, 5 that another program closed today; a voided
    /// trade and that of another bot count nowhere.
    /// </summary>
    [Fact]
    public async Task Its_trades_and_costs_are_added_up_and_follow_what_happens()
    {
        await using var server = await TestServer.StartAsync();
        await BotSilenceTests.ReportAsync(server, "alpha");
        await TradeAsync(server, ""","exit_price":110,"fees":1,"status":"closed","closed_at":"2026-03-02T00:00:00Z" """);
        await TradeAsync(server, ""","exit_price":80,"status":"closed","closed_at":"2026-03-01T23:59:59Z","quantity":1""");
        await server.PostAsync("/api/trades/2/void", """{"reason":"twice"}""", 200);
        await TradeAsync(server, ""","exit_price":90,"status":"closed","closed_at":"2026-03-01T23:59:59Z","quantity":2""");
        await TradeAsync(server, "");
        await TradeAsync(server, ""","bot_name":"beta","exit_price":500,"status":"closed" """);
        foreach (var (cost, at) in new[] { (0.1, "2026-03-01T00:00:00Z"), (0.2, "2026-03-02T11:00:00Z"), (7.0, "2026-02-28T23:59:59Z") })
        {
            await server.PostAsync("/api/cost-analytics", string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $$"""{"api_name":"x","operation_type":"y","estimated_cost":{{cost}},"bot_name":"alpha","timestamp":"{{at}}"}"""));
        }

        Assert.Equal("1 9 -11 USDT 0.3", await FiguresAsync(server));
        server.Sql("UPDATE trades SET status = 'CLOSED', pnl = 5, closed_at = '2026-03-02 11:59:59' WHERE id = 4");
        server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, bot_name) VALUES ('2026-03-02 11:00:00', 'x', 'y', 1, 'alpha')");
        Assert.Equal("0 14 -6 USDT 1.3", await FiguresAsync(server));
        await server.PostAsync("/api/trades/1/void", """{"reason":"wrong"}""", 200);
        server.Sql("DELETE FROM cost_analytics WHERE estimated_cost = 1");
        Assert.Equal("0 5 -15 USDT 0.3", await FiguresAsync(server));
        server.Clock.Advance(TimeSpan.FromHours(12));
        Assert.Equal("0 0 -15 USDT 0.3", await FiguresAsync(server));
        server.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal("0 0 -15 USDT 0", await FiguresAsync(server));
    }

    [Fact]
    public async Task Two_bots_of_one_name_in_two_modes_are_named_and_each_mode_has_its_own_figures()
    {
        await using var server = await TestServer.StartAsync();
        for (var minute = 4; minute >= 0; minute--)
        {
            var at = $"\"timestamp\":\"{TestServer.Start.AddMinutes(-minute):yyyy-MM-ddTHH:mm:ssZ}\"";
            await BotSilenceTests.ReportAsync(server, "alpha", $$""","mode":"paper",{{at}}""");
            await BotSilenceTests.ReportAsync(server, "alpha", $$""","mode":"auto",{{at}}""");
        }

        await TradeAsync(server, ""","exit_price":110,"status":"closed","mode":"paper" """);
        await TradeAsync(server, ""","mode":"auto" """);
        var bot = await BotAsync(server);
        Assert.Contains("in the modes auto and paper", (string?)bot["warnings"]![0], StringComparison.Ordinal);
        Assert.Equal("auto 1 0 False,paper 0 10 False", Modes(bot));
        Assert.Equal(1, (int)(await server.GetAsync("/api/bots"))["count"]!);

        // One of the two ends.
        for (var i = 0; i < 4; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(60));
            await BotSilenceTests.ReportAsync(server, "alpha", ""","mode":"auto" """);
        }

        bot = await BotAsync(server);
        Assert.Equal(("auto 1 0 False,paper 0 10 True", true), (Modes(bot), (bool)bot["silent"]!));
    }

    [Fact]
    public async Task A_bot_that_has_changed_its_mode_has_left_the_other_one()
    {
        await using var server = await TestServer.StartAsync();
        await BotSilenceTests.ReportAsync(server, "alpha", ""","mode":"paper" """);
        server.Clock.Advance(TimeSpan.FromSeconds(600));
        await BotSilenceTests.ReportAsync(server, "alpha", ""","mode":"auto" """);
        var bot = await BotAsync(server);
        Assert.Equal("auto false,paper true", string.Join(',', bot["modes"]!.AsArray().Select(static mode => $"{mode!["mode"]} {mode["left"]}")));
        Assert.False((bool)bot["silent"]!);
        Assert.Empty(bot["warnings"]!.AsArray());
    }

    [Fact]
    public async Task The_list_begins_with_the_bot_that_reported_last_and_shows_what_is_asked()
    {
        await using var server = await TestServer.StartAsync();
        await BotSilenceTests.ReportAsync(server, "alpha");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await BotSilenceTests.ReportAsync(server, "beta");
        await server.PostAsync("/api/bots/alpha/control", """{"state":"paused"}""");
        var list = await server.GetAsync("/api/bots");
        Assert.Equal("beta running,alpha paused", string.Join(',', list["data"]!.AsArray().Select(static bot => $"{bot!["bot_name"]} {bot["control"]!["state"]}")));
        Assert.Equal(1, (int)(await server.GetAsync("/api/bots?limit=1"))["count"]!);
        await server.GetAsync("/api/bots?limit=0", 400);
    }

    private static async Task<JsonNode> BotAsync(TestServer server) => (await server.GetAsync("/api/bots/alpha"))["data"]!;

    private static double Age(JsonNode bot) => (double)bot["heartbeat_age_seconds"]!;

    private static string Modes(JsonNode bot) => string.Join(',', bot["modes"]!.AsArray().OrderBy(static mode => (string?)mode!["mode"], StringComparer.Ordinal)
        .Select(static mode => $"{mode!["mode"]} {mode["open_trades"]} {mode["total_pnl"]} {(bool)mode["silent"]!}"));

    private static async Task<string> FiguresAsync(TestServer server) => await BotAsync(server) is var bot
        ? $"{bot["open_trades"]} {bot["today_pnl"]} {bot["total_pnl"]} {bot["currency"]} {bot["ai_cost_month"]}" : "";

    private static async Task TradeAsync(TestServer server, string more)
    {
        var trade = JsonNode.Parse($$"""{"trading_pair":"A/USDT","side":"BUY","entry_price":100{{more}}}""")!.AsObject();
        trade.TryAdd("bot_name", "alpha");
        trade.TryAdd("quantity", 1);
        await server.PostAsync("/api/trades", trade.ToJsonString());
    }
}
