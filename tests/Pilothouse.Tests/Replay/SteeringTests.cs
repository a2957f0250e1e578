using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;
using Spectre.Console;

namespace Pilothouse.Tests.Replay;

/// <summary>The sample bot obeys what its owner asks, within its next report.</summary>
public sealed class SteeringTests : IDisposable
{
    /// <summary>Bitcoin rises for three hours from 23:25, and the bot opens its first trade at 00:15 (see ReplayTests).</summary>
    private static readonly DateTime First = new(2018, 4, 4, 23, 25, 0, DateTimeKind.Utc);

    private readonly TemporaryFolder folder = new();
    private readonly StringWriter output = new();

    public void Dispose()
    {
        folder.Dispose();
        output.Dispose();
    }

    [Fact]
    public async Task Paused_opens_nothing_from_the_next_report_on_and_running_opens_again()
    {
        await using var server = await FakeServer.StartAsync();
        AnswerAt(server, ("01:00", Orders(7, "paused")), ("02:00", Orders(8, "running")));
        await ReplayAsync(server);
        var opened = Opened(server);
        Assert.Contains(opened, static at => string.CompareOrdinal(at, "01:00") < 0);
        Assert.DoesNotContain(opened, static at => string.CompareOrdinal(at, "01:00") > 0 && string.CompareOrdinal(at, "02:00") <= 0);
        Assert.Contains(opened, static at => string.CompareOrdinal(at, "02:00") > 0);
        Assert.Equal("7 False,7 True,8 False,8 True", Said(server));
        Assert.Equal("running paused stopped", string.Join(' ', Reports(server).Skip(2).Select(static report => (string?)report["status"])));
        Assert.Contains("Control 7: paused (news)", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("leave", null, 1)]
    [InlineData("close", "stopped", 0)]
    public async Task Stopped_ends_and_leaves_or_closes_the_trades_as_asked(string openTrades, string? reason, int left)
    {
        await using var server = await FakeServer.StartAsync();
        AnswerAt(server, ("01:00", Orders(7, "stopped", openTrades: openTrades)));
        var tally = await ReplayAsync(server);
        Assert.Equal(left, tally.Trades - tally.Closed);
        Assert.Equal(reason ?? "take_profit", Closes(server)[^1]);
        Assert.Equal(("stopped", "01:00", left), Reports(server)[^1] is var last
            ? ((string?)last["status"], TimeOf(last), (int)last["open_positions"]!) : default);
        Assert.Equal("7 False,7 True", Said(server));
    }

    [Fact]
    public async Task An_emergency_closes_everything_at_once()
    {
        await using var server = await FakeServer.StartAsync();
        AnswerAt(server, ("01:00", Orders(7, "paused", isEmergency: true)));
        var tally = await ReplayAsync(server);
        Assert.Equal(tally.Trades, tally.Closed);
        Assert.Equal("emergency_close", Closes(server)[^1]);
        Assert.DoesNotContain(Opened(server), static at => string.CompareOrdinal(at, "01:00") > 0);
        var paths = server.Requests.Select(static request => request.Path).ToList();
        var heard = paths.IndexOf($"/api/bots/{ReplayRecorder.DefaultBotName}/control/heard");
        Assert.EndsWith("/close", paths[heard + 1], StringComparison.Ordinal);
        Assert.Equal($"/api/bots/{ReplayRecorder.DefaultBotName}/control/heard", paths[heard + 2]);
    }

    [Fact]
    public async Task A_bot_that_is_asked_to_stop_before_it_begins_does_not_begin()
    {
        await using var server = await FakeServer.StartAsync();
        server.Instead = request => request.Path.EndsWith("/control", StringComparison.Ordinal)
            ? new Answer(200, $$"""{"success":true,"data":{{Orders(3, "stopped")}}}""") : null;
        var tally = await ReplayAsync(server);
        Assert.Equal((0, "3 False,3 True"), (tally.Trades, Said(server)));
        Assert.Empty(Reports(server));
    }

    [Fact]
    public async Task A_trade_that_the_circuit_breaker_refuses_is_not_made_and_the_bot_goes_on_when_it_is_cleared()
    {
        await using var server = await FakeServer.StartAsync();
        var asked = 0;
        server.Instead = request => request.Path switch
        {
            "/api/trades" when asked < 5 => new Answer(409, """{"success":false,"error":"Trading is stopped","message":"BTC fell by 12 %.","code":"breaker-triggered"}"""),
            "/api/circuit-breaker" => new Answer(200, "{\"success\":true,\"data\":{\"may_trade\":" + (++asked < 5 ? "false" : "true") + "}}"),
            _ => null,
        };
        var tally = await ReplayAsync(server);
        var opened = Opened(server);

        // It is refused at 00:15, asks at each candle, and is let through at the fifth question.
        Assert.Equal(["00:15", "00:21"], opened.Take(2));
        Assert.Equal((opened.Count - 1, opened.Count - 1), (tally.Trades, tally.Closed));
        Assert.Contains("The circuit breaker refuses trades: BTC fell by 12 %.", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("The circuit breaker lets trades pass again.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_real_server_the_owner_sees_asked_heard_and_done_and_no_trade_is_opened()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync($"/api/bots/{ReplayRecorder.DefaultBotName}/control", """{"state":"paused","reason":"test"}""");
        using var http = server.ClientWithKey(await server.CreateKeyAsync("replay", "read", "write"));
        var settings = new ReplaySettings(server.Client.BaseAddress!, "", [Data()], null, "replay_bot", AsRecorded: false);
        var tally = await new ReplaySession(settings, http, server.Clock, Terminal()).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, tally.Trades);
        Assert.True(tally.Signals > 0);
        Assert.Equal("done", (string?)(await server.GetAsync($"/api/bots/{ReplayRecorder.DefaultBotName}/control"))["data"]!["progress"]);
        Assert.Equal("stopped", (string?)(await server.GetAsync($"/api/bots/{ReplayRecorder.DefaultBotName}"))["data"]!["status"]);
    }

    [Fact]
    public async Task A_slow_replay_shows_that_the_bot_lives_and_a_later_run_still_finds_its_times()
    {
        await using var server = await FakeServer.StartAsync();
        var time = new SteppingTime();
        var settings = new ReplaySettings(server.Address, "ph_test", [Data()], Speed: 60, "replay_bot", AsRecorded: false);
        using var http = settings.Connect();
        await new ReplaySession(settings, http, time, Terminal()).RunAsync(TestContext.Current.CancellationToken);
        var pulses = Reports(server).Where(static report => ((string?)report["message"])!.Contains(", until ", StringComparison.Ordinal)).ToList();

        // 180 minutes at 60 minutes a minute are 180 seconds: a sign of life each 15 seconds, and one at the end.
        Assert.InRange(pulses.Count, 8, 13);
        Assert.All(pulses, static report => Assert.Equal(60, (int)report["expected_every_seconds"]!));
        Assert.Equal("stopped", (string?)pulses[^1]["status"]);
        var stored = server.Requests.Count;
        await new ReplaySession(settings with { Speed = null }, http, time, Terminal()).RunAsync(TestContext.Current.CancellationToken);

        // Candles come in other portions at another speed, and take the place of those that are there.
        string?[] before = [.. server.Requests.Take(stored).Select(static request => request.IdempotencyKey)];
        Assert.Empty(server.Requests.Skip(stored).Where(static request => request.Path != "/api/candles/batch").Select(static request => request.IdempotencyKey).Except(before));
    }

    /// <summary>Ten hours at 300 minutes a minute are two minutes, with a report of the past each twelve seconds: none of them shows that the bot lives.</summary>
    [Fact]
    public async Task A_replay_that_reports_the_past_often_still_shows_that_the_bot_lives()
    {
        await using var server = await FakeServer.StartAsync();
        var settings = new ReplaySettings(server.Address, "ph_test", [Data(600)], Speed: 300, "replay_bot", AsRecorded: false);
        using var http = settings.Connect();
        await new ReplaySession(settings, http, new SteppingTime(), Terminal()).RunAsync(TestContext.Current.CancellationToken);
        var alive = Reports(server).Where(static report => (int?)report["expected_every_seconds"] == 60).ToList();

        // The announcement, a sign of life each 45 seconds, and the last report.
        Assert.InRange(alive.Count, 4, 5);
        Assert.Equal("stopped", (string?)alive[^1]["status"]);
    }

    [Fact]
    public async Task A_bot_that_is_stopped_on_the_way_reports_it_with_the_time_of_now()
    {
        await using var server = await FakeServer.StartAsync();
        var reports = 0;
        server.Instead = request => request.Path == "/api/bot-status" && request.Body.Length > 0 && ++reports >= 3
            ? new Answer(201, $$"""{"success":true,"message":"stored","status_id":1,"control":{{Orders(7, "stopped")}}}""") : null;
        var settings = new ReplaySettings(server.Address, "ph_test", [Data()], null, "replay_bot", AsRecorded: false);
        using var http = settings.Connect();
        await new ReplaySession(settings, http, TimeProvider.System, Terminal()).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("7 False,7 True", Said(server));
        var sent = Reports(server);
        Assert.Equal("stopped", (string?)sent[^1]["status"]);
        Assert.All(sent, report => Assert.True((DateTimeOffset)report["timestamp"]! <= (DateTimeOffset)sent[^1]["timestamp"]!));
    }

    /// <summary>The server keeps what a key stored under its Idempotency-Key for that key alone: with another one all of it would be stored twice.</summary>
    [Fact]
    public async Task A_second_run_with_another_key_stores_nothing_twice_and_says_what_to_do()
    {
        await using var server = await TestServer.StartAsync();
        var settings = new ReplaySettings(server.Client.BaseAddress!, "", [Data()], null, "replay_bot", AsRecorded: false);
        using (var http = server.ClientWithKey(await server.CreateKeyAsync("one", "read", "write")))
        {
            await new ReplaySession(settings, http, server.Clock, Terminal()).RunAsync(TestContext.Current.CancellationToken);
            await new ReplaySession(settings, http, server.Clock, Terminal()).RunAsync(TestContext.Current.CancellationToken);
        }

        const string counts = "SELECT (SELECT count(*) FROM signals) || ' ' || (SELECT count(*) FROM trades) || ' ' || (SELECT count(*) FROM market_context)";
        var before = server.Sql(counts);
        using var other = server.ClientWithKey(await server.CreateKeyAsync("two", "read", "write"));
        var refused = await Assert.ThrowsAsync<ReplayFailure>(() => new ReplaySession(settings, other, server.Clock, Terminal()).RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal("replay_bot has replayed these candles with another API key before, and its records would be stored twice. Set PILOTHOUSE_API_KEY to that key to go on, or let another bot replay them: --bot-name replay_bot_2.", refused.Message);
        Assert.Equal(before, server.Sql(counts));
        Assert.Equal("stopped", (string?)(await server.GetAsync($"/api/bots/{ReplayRecorder.DefaultBotName}"))["data"]!["status"]);
        await new ReplaySession(settings with { BotName = "replay_bot_2" }, other, server.Clock, Terminal()).RunAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(before, server.Sql(counts));
    }

    /// <summary>
    /// 180 minutes at 60 minutes a minute are 180 seconds. The reports have the candles' own times and come each hour; between them the bot
    /// asks each 15 seconds what its owner wants, and makes no report of now.
    /// </summary>
    [Fact]
    public async Task A_slow_replay_of_old_times_asks_what_its_owner_wants_between_its_reports()
    {
        await using var server = await FakeServer.StartAsync();
        var asked = 0;
        server.Instead = request => request.Path.EndsWith("/control", StringComparison.Ordinal) && ++asked > 5
            ? new Answer(200, $$"""{"success":true,"data":{{Orders(7, "paused")}}}""") : null;
        var settings = new ReplaySettings(server.Address, "ph_test", [Data()], Speed: 60, "replay_bot", AsRecorded: true);
        using var http = settings.Connect();
        await new ReplaySession(settings, http, new SteppingTime(), Terminal()).RunAsync(TestContext.Current.CancellationToken);
        Assert.InRange(asked, 8, 14);
        Assert.Equal("7 False,7 True", Said(server));
        Assert.All(Reports(server), static report => Assert.StartsWith("2018-04-0", (string)report["timestamp"]!, StringComparison.Ordinal));

        // It began at 23:25, and had asked five times after at most 75 seconds.
        Assert.NotEmpty(Opened(server));
        Assert.DoesNotContain(Opened(server), static at => string.CompareOrdinal(at, "00:42") > 0 && string.CompareOrdinal(at, "12:00") < 0);
    }

    [Fact]
    public async Task A_replay_whose_reports_are_stored_already_hears_within_its_next_report()
    {
        await using var server = await FakeServer.StartAsync();
        var reported = "";
        server.Instead = request =>
        {
            if (request.Path == "/api/bot-status" && request.Body.Length > 0)
            {
                reported = TimeOf(JsonNode.Parse(request.Body)!.AsObject());
                return new Answer(200, """{"success":true,"message":"stored before","status_id":1}""");
            }

            return request.Path.EndsWith("/control", StringComparison.Ordinal) && string.CompareOrdinal(reported, "01:00") >= 0 && string.CompareOrdinal(reported, "12:00") < 0
                ? new Answer(200, $$"""{"success":true,"data":{{Orders(7, "paused")}}}""") : null;
        };
        await ReplayAsync(server);
        Assert.Contains(Opened(server), static at => string.CompareOrdinal(at, "01:00") < 0);
        Assert.DoesNotContain(Opened(server), static at => string.CompareOrdinal(at, "01:00") > 0 && string.CompareOrdinal(at, "12:00") < 0);
        Assert.Equal("7 False,7 True", Said(server));
    }

    private static string Orders(int number, string state, string? openTrades = null, bool isEmergency = false) => new JsonObject
    {
        ["bot_name"] = "replay_bot",
        ["control_seq"] = number,
        ["state"] = state,
        ["emergency_close"] = isEmergency,
        ["open_trades"] = openTrades,
        ["reason"] = "news",
    }.ToJsonString();

    /// <summary>Answers the reports of some times with what is asked; later reports are answered as the last of them.</summary>
    private static void AnswerAt(FakeServer server, params (string At, string Orders)[] asked) => server.Instead = request =>
    {
        if (request.Path != "/api/bot-status" || request.Body.Length == 0)
        {
            return null;
        }

        var at = TimeOf(JsonNode.Parse(request.Body)!.AsObject());
        return asked.LastOrDefault(one => string.CompareOrdinal(one.At, at) <= 0 && string.CompareOrdinal(at, "12:00") < 0).Orders is { } orders
            ? new Answer(201, $$"""{"success":true,"message":"stored","status_id":1,"control":{{orders}}}""") : null;
    };

    private async Task<ReplayTally> ReplayAsync(FakeServer server)
    {
        var settings = new ReplaySettings(server.Address, "ph_test", [Data()], null, "replay_bot", AsRecorded: true);
        using var http = settings.Connect();
        return await new ReplaySession(settings, http, TimeProvider.System, Terminal()).RunAsync(TestContext.Current.CancellationToken);
    }

    private IAnsiConsole Terminal() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(output),
    });

    private string Data(int minutes = 180)
    {
        var lines = Enumerable.Range(0, minutes).Select(static minute =>
            string.Create(CultureInfo.InvariantCulture, $"{First.AddMinutes(minute):yyyy-MM-ddTHH:mm:ssZ},{100 + minute},{100 + minute},{100 + minute},{100 + minute},1"));
        File.WriteAllLines(folder.File("btc-usd-1m-rising.csv"), lines.Prepend("timestamp,open,high,low,close,volume"));
        return folder.File("btc-usd-1m-rising.csv");
    }

    private static List<JsonObject> Reports(FakeServer server) =>
        [.. server.Requests.Where(static request => request.Path == "/api/bot-status").Select(static request => JsonNode.Parse(request.Body)!.AsObject())];

    private static string TimeOf(JsonObject body) => ((string)body["timestamp"]!).Substring(11, 5);

    private static List<string> Opened(FakeServer server) =>
        [.. server.Requests.Where(static request => request.Path == "/api/trades").Select(static request => TimeOf(JsonNode.Parse(request.Body)!.AsObject()))];

    private static List<string?> Closes(FakeServer server) =>
        [.. server.Requests.Where(static request => request.Path.EndsWith("/close", StringComparison.Ordinal)).Select(static request => (string?)JsonNode.Parse(request.Body)!["exit_reason"])];

    private static string Said(FakeServer server) => string.Join(',', server.Requests.Where(static request => request.Path.EndsWith("/heard", StringComparison.Ordinal))
        .Select(static request => JsonNode.Parse(request.Body)! is var said ? $"{said["control_seq"]} {(bool)said["done"]!}" : ""));
}
