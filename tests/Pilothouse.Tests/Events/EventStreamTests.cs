using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Events;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Events;

/// <summary>What listeners of GET /api/events are sent, in which order, and what they may ask for.</summary>
public sealed class EventStreamTests
{
    private const string Signal = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,"price":1.5,"bot_name":"alpha"}""";
    private const string OtherSignal = """{"trading_pair":"BTC/USDT","signal_type":"SELL","signal_strength":-5,"price":100,"bot_name":"beta"}""";
    private const string Trade = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":2,"quantity":10,"bot_name":"alpha"}""";

    [Fact]
    public async Task Each_record_comes_in_the_form_of_its_GET_in_the_order_of_the_commits()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous);
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","balance":1000}""");
        await server.PostAsync("/api/market-context", """{"btc_price":100}""");
        await server.PostAsync("/api/analysis", """{"trading_pair":"SUI/USDC","timeframe":"1h","recommendation":"BUY"}""");
        await server.PostAsync("/api/correlation", """{"asset1":"BTC","asset2":"ETH","correlation_value":0.5}""");
        await server.PostAsync("/api/cost-analytics", """{"api_name":"x","operation_type":"chart","estimated_cost":0.01}""");
        Assert.Equal(200, (await server.Client.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":1.5}""")).Status);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":3}""", 200);

        var events = await stream.NextAsync(9);
        Assert.Equal(
            ["signal.recorded", "trade.opened", "bot.reported", "market.observed", "analysis.recorded", "correlation.recorded", "cost.recorded", "trade.changed", "trade.closed"],
            events.Select(static one => one.Name));
        Assert.Equal(events.Select(static one => one.Id).Order(), events.Select(static one => one.Id));
        Assert.Equal((await server.GetAsync("/api/signals/latest"))["data"]!.ToJsonString(), events[0].Data.ToJsonString());
        Assert.Equal((await server.GetAsync("/api/trades/1"))["data"]!.ToJsonString(), events[8].Data.ToJsonString());
        Assert.Equal((await server.GetAsync("/api/bot-status?bot_name=alpha"))["data"]!.ToJsonString(), events[2].Data.ToJsonString());
        Assert.Equal((await server.GetAsync("/api/market-context"))["data"]!.ToJsonString(), events[3].Data.ToJsonString());
        Assert.Equal((await server.GetAsync("/api/analysis/latest"))["data"]!.ToJsonString(), events[4].Data.ToJsonString());
        Assert.Equal("x", (string?)events[6].Data["api_name"]);
        Assert.Equal(0.01m, (decimal)events[6].Data["estimated_cost"]!);
    }

    [Fact]
    public async Task A_row_of_another_program_comes_within_a_second_and_a_deleted_one_as_its_id()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous);
        var began = TimeProvider.System.GetTimestamp();
        server.Sql("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('BTC/USDT', 'SELL', 3, 100)");
        var recorded = (await stream.NextAsync())!;
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(1));
        Assert.Equal(("signal.recorded", 100m), (recorded.Name, (decimal)recorded.Data["price"]!));

        server.Sql("DELETE FROM signals");
        var removed = (await stream.NextAsync())!;
        Assert.Equal(("signal.removed", """{"id":1}"""), (removed.Name, removed.Data.ToJsonString()));
    }

    [Fact]
    public async Task A_listener_that_comes_back_misses_nothing_and_gets_nothing_twice_even_after_a_restart()
    {
        await using var first = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(first.Anonymous);
        var ids = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((long)(await first.PostAsync("/api/signals", Signal))["signal_id"]!);
        }

        var got = await stream.NextAsync(3);
        await using var second = await first.RestartAsync();
        Assert.True(await EndsAsync(stream), "the stream ends with its server");
        for (var i = 0; i < 1200; i += 400)
        {
            var batch = await second.PostAsync("/api/signals/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat(Signal, 400))}}]}""");
            ids.AddRange(batch["ids"]!.AsArray().Select(static id => (long)id!));
        }

        await using var resumed = await LiveStream.OpenAsync(second.Anonymous, "", ("Last-Event-ID", got[^1].Id.ToString(CultureInfo.InvariantCulture)));
        got.AddRange(await resumed.NextAsync(2));
        ids.Add((long)(await second.PostAsync("/api/signals", Signal))["signal_id"]!);
        got.AddRange(await resumed.NextAsync(1201));
        Assert.Equal(ids, got.Select(static one => (long)one.Data["id"]!));
        Assert.Equal(got.Count, got.Select(static one => one.Id).Distinct().Count());

        await using var asked = await LiveStream.OpenAsync(second.Anonymous, "?after=0");
        Assert.Equal(ids, (await asked.NextAsync(ids.Count)).Select(static one => (long)one.Data["id"]!));
    }

    [Theory]
    [InlineData("999999999")]
    [InlineData("18446744073709551616")]
    [InlineData("not a number")]
    [InlineData("-1")]
    public async Task A_position_that_nobody_can_continue_from_is_a_reset_and_the_stream_goes_on(string lastEventId)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Signal);
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "", ("Last-Event-ID", lastEventId));
        var reset = (await stream.NextAsync())!;
        Assert.Equal(("reset", 1), (reset.Name, (long)reset.Data["position"]!));
        Assert.Equal(1, reset.Id);
        await server.PostAsync("/api/signals", OtherSignal);
        Assert.Equal("BTC/USDT", (string?)(await stream.NextAsync())!.Data["trading_pair"]);
    }

    [Fact]
    public async Task Changes_that_are_no_longer_kept_are_a_reset()
    {
        await using var server = await TestServer.StartAsync(("CHANGES_RETENTION_DAYS", "1"));
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/signals", Signal);
        server.Sql("DELETE FROM changes WHERE seq <= 2");
        await using var whole = await LiveStream.OpenAsync(server.Anonymous, "?after=2");
        Assert.Equal(("signal.recorded", 3), ((await whole.NextAsync())!.Name, 3));
        await using var lost = await LiveStream.OpenAsync(server.Anonymous, "?after=1");
        Assert.Equal("reset", (await lost.NextAsync())!.Name);
    }

    [Fact]
    public async Task Filters_choose_by_name_pair_and_bot_and_let_through_what_is_gone()
    {
        await using var server = await TestServer.StartAsync();
        await using var trades = await LiveStream.OpenAsync(server.Anonymous, "?types=trade.*,backup.made");
        await using var sui = await LiveStream.OpenAsync(server.Anonymous, "?trading_pair=sui/usdc");
        await using var beta = await LiveStream.OpenAsync(server.Anonymous, "?bot_name=beta&types=Signal.Recorded,signal.removed");
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/signals", OtherSignal);
        await server.PostAsync("/api/trades", Trade);
        server.Sql("DELETE FROM signals WHERE id = 1");
        await server.PostAsync("/api/trades/1/void", """{"reason":"a test"}""", 200);

        Assert.Equal(["trade.opened", "trade.changed"], (await trades.NextAsync(2)).Select(static one => one.Name));
        Assert.Equal(["signal.recorded", "trade.opened", "signal.removed", "trade.changed"], (await sui.NextAsync(4)).Select(static one => one.Name));
        Assert.Equal([("signal.recorded", 2L), ("signal.removed", 1L)], (await beta.NextAsync(2)).Select(static one => (one.Name, (long)one.Data["id"]!)));
    }

    [Theory]
    [InlineData("types=signal.told", "signal.told is none")]
    [InlineData("types=,", "at least one event")]
    [InlineData("after=-1", "after")]
    [InlineData("after=one", "after")]
    [InlineData("type=trade.*", "types")]
    [InlineData("trading_pairs=SUI/USDC", "trading_pair")]
    public async Task A_wrong_parameter_is_named(string query, string named)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Anonymous.SendAsync("GET", "/api/events?" + query);
        Assert.Equal((400, "invalid-input"), (status, (string?)body["code"]));
        Assert.Contains(named, body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_is_an_event()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=backup.made");
        var made = await server.PostAsync("/api/backups", "{}");
        Assert.Equal((string?)made["backup_name"], (string?)(await stream.NextAsync())!.Data["name"]);
    }

    [Fact]
    public async Task A_session_by_cookie_listens_and_its_logout_ends_the_stream()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        var (refused, _) = await server.Anonymous.SendAsync("GET", "/api/events");
        Assert.Equal(401, refused);
        var token = await server.LoginAsync();
        var (inUrl, _) = await server.Anonymous.SendAsync("GET", $"/api/events?token={token}&access_token={token}");
        Assert.Equal(401, inUrl);

        using var answer = await server.Anonymous.RawAsync("POST", "/api/auth/login", System.Text.Encoding.UTF8.GetBytes($$"""{"pin":"{{TestServer.Pin}}"}"""));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "", ("Cookie", cookie));
        await server.PostAsync("/api/signals", Signal);
        Assert.Equal("signal.recorded", (await stream.NextAsync())!.Name);
        using var logout = await server.Anonymous.RawAsync("POST", "/api/auth/logout", null, ("Cookie", cookie));
        Assert.Equal(HttpStatusCode.OK, logout.StatusCode);
        await Task.Delay(1100, TestContext.Current.CancellationToken);
        await server.PostAsync("/api/signals", Signal);
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task A_listener_that_reads_nothing_is_dropped_and_no_writer_waits_for_it()
    {
        await using var server = await TestServer.StartAsync();
        using var deaf = new TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(IPAddress.Loopback, server.Anonymous.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await deaf.GetStream().WriteAsync("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await using var stream = await LiveStream.OpenAsync(server.Anonymous);
        var text = new string('x', 1500);
        var signal = $$"""{"trading_pair":"SUI/USDC","timeframe":"1h","recommendation":"BUY","ai_analysis":"{{text}}"}""";
        var batch = $$"""{"items":[{{string.Join(',', Enumerable.Repeat(signal, 1000))}}]}""";
        var hub = server.Services.GetRequiredService<EventHub>();
        await Until(() => hub.Listeners == 2);
        for (var i = 0; i < 6; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await server.PostAsync("/api/analysis/batch", batch);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
            await stream.NextAsync(1000);
        }

        await Until(() => hub.Listeners == 1);
        await server.PostAsync("/api/signals", Signal);
        Assert.Equal("signal.recorded", (await stream.NextAsync())!.Name);
        await Until(() => File.ReadAllText(server.Folder.File("logs/mcp_server.log")).Contains("A listener of the live stream was dropped", StringComparison.Ordinal));
        Assert.Contains("pilothouse_events_dropped_total{} 1", await server.Anonymous.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_stream_has_a_comment_every_fifteen_seconds_with_its_position()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?types=trade.*");
        await server.PostAsync("/api/signals", Signal);
        await Task.Delay(TimeSpan.FromSeconds(16), TestContext.Current.CancellationToken);
        await server.PostAsync("/api/trades", Trade);
        var opened = (await stream.NextAsync())!;
        Assert.Equal("trade.opened", opened.Name);
        Assert.Contains("still here", stream.Comments);
        Assert.Equal(2, opened.Id);
    }

    [Fact]
    public async Task Streams_end_with_the_server_at_once_and_stay_out_of_the_latency_figures()
    {
        var server = await TestServer.StartAsync();
        var streams = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => LiveStream.OpenAsync(server.Anonymous)));
        var metrics = await server.Anonymous.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("pilothouse_events_listeners{} 50", metrics, StringComparison.Ordinal);
        var began = TimeProvider.System.GetTimestamp();
        await server.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(2));
        foreach (var stream in streams)
        {
            Assert.True(await EndsAsync(stream));
            await stream.DisposeAsync();
        }

        await using var again = await TestServer.StartAsync(server.Folder, server.Clock);
        await (await LiveStream.OpenAsync(again.Anonymous)).DisposeAsync();
        await Until(() => again.Services.GetRequiredService<EventHub>().Listeners == 0);
        metrics = await again.Anonymous.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("duration_seconds_count{method=\"GET\",route=\"/api/events\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notices_go_with_the_changes_that_told_of_them()
    {
        await using var server = await TestServer.StartAsync(("CHANGES_RETENTION_DAYS", "1"), ("ENABLE_AUTO_BACKUP", "false"));
        await server.PostAsync("/api/backups", "{}");
        Assert.Equal("1", server.Sql("SELECT count(*) FROM notices"));
        var changes = server.Sql("SELECT max(seq) FROM changes");
        server.Clock.Advance(TimeSpan.FromDays(2));
        await server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Pilothouse.Monitoring.Housekeeping>().Single().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM notices"));
        Assert.Equal(changes, server.Sql("SELECT max(seq) FROM changes"));
    }

    private static async Task<bool> EndsAsync(LiveStream stream)
    {
        try
        {
            while (await stream.NextAsync() is not null)
            {
                // What was sent before the end.
            }

            return true;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return true;
        }
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 400 && !holds(); i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.True(holds());
    }
}
