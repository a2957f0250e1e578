using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pilothouse.Replay;
using Spectre.Console;
using static Pilothouse.Tests.Replay.SampleData;

namespace Pilothouse.Tests.Replay;

public sealed partial class ReplayTests : IDisposable
{
    private readonly StringWriter output = new();
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pilothouse-replay-");

    public void Dispose()
    {
        output.Dispose();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Two_fresh_servers_get_the_same_requests_in_the_same_order_but_for_ids()
    {
        await using var one = await FakeServer.StartAsync(firstId: 1);
        await using var two = await FakeServer.StartAsync(firstId: 50_000);

        var first = await ReplayAsync(one, [Folder]);
        var second = await ReplayAsync(two, [Folder]);

        Assert.Equal(one.Requests.Select(WithoutIds), two.Requests.Select(WithoutIds));
        Assert.Equal((first.Stored, 0), (one.Requests.Count, first.Replayed));
        Assert.Equal(first.TotalPnl, second.TotalPnl);
        Assert.Equal(one.Requests.Count, one.Requests.Select(request => request.IdempotencyKey).Distinct().Count());
        Assert.All(one.Requests, request => Assert.Matches("^[!-~]{1,255}$", request.IdempotencyKey));
        Assert.All(one.Requests, request => Assert.Equal("Bearer ph_test", request.Authorization));
    }

    [Fact]
    public async Task A_second_run_on_the_same_server_adds_nothing()
    {
        await using var server = await FakeServer.StartAsync();
        var data = ShortData();

        var first = await ReplayAsync(server, [data]);
        var second = await ReplayAsync(server, [data]);

        Assert.Equal((0, first.Stored), (second.Stored, second.Replayed));
        Assert.True(first.Stored > 0);
        Assert.Equal(server.Requests[..first.Stored], server.Requests[first.Stored..]);
    }

    [Fact]
    public async Task Each_record_is_sent_as_the_contract_names_it()
    {
        await using var server = await FakeServer.StartAsync();

        await ReplayAsync(server, [ShortData()]);

        // 53 rising minutes from 23:25: a signal and a long trade at 00:15, its target at 00:17, a trade anew, the end of the data.
        Assert.Equal(
            [
                "/api/bot-status", "/api/candles/batch", "/api/market-context", "/api/bot-status",
                "/api/signals", "/api/agents/decisions/batch", "/api/cost-analytics/batch", "/api/analysis", "/api/cost-analytics", "/api/trades",
                "/api/candles/batch", "/api/trades/48/close",
                "/api/signals", "/api/agents/decisions/batch", "/api/cost-analytics/batch", "/api/analysis", "/api/cost-analytics", "/api/trades",
                "/api/trades/76/close", "/api/models", "/api/bot-status",
            ],
            server.Requests.Select(request => request.Path));
        AssertBody(server.Requests[0], """
            {"timestamp":"2018-04-04T23:25:00+00:00","bot_name":"replay_bot","status":"running","balance":10000,"open_positions":0,
            "total_trades":0,"win_rate":0,"total_pnl":0,"mode":"paper"}
            """);
        Assert.Equal((35, 18), (ItemsOf(server.Requests[1]).Count, ItemsOf(server.Requests[10]).Count));
        Assert.True(JsonNode.DeepEquals(ItemsOf(server.Requests[1])[0], JsonNode.Parse("""
            {"trading_pair":"BTC/USD","timeframe":"1m","open_time":"2018-04-04T23:25:00+00:00","open":100,"high":100,"low":100,"close":100,"volume":1}
            """)));
        Assert.Equal("replay:replay_bot:candles-35:all:1522884300", server.Requests[1].IdempotencyKey);
        AssertBody(server.Requests[2], """{"timestamp":"2018-04-05T00:00:00+00:00","btc_price":134}""");
        AssertBody(server.Requests[8], """
            {"timestamp":"2018-04-05T00:15:00+00:00","api_name":"local-analysis","operation_type":"chart_analysis","api_calls":1,
            "estimated_cost":0,"cache_hits":0,"cache_misses":0,"bot_name":"replay_bot"}
            """);
        AssertBody(server.Requests[9], """
            {"timestamp":"2018-04-05T00:15:00+00:00","trading_pair":"BTC/USD","side":"BUY","entry_price":149,"quantity":6.71140940,
            "stop_loss":147.51,"take_profit":151.98,"signal_id":39,"leverage":1,"position_mode":"one-way","mode":"paper",
            "bot_name":"replay_bot","external_id":"replay-BTC/USD-1522887300"}
            """);
        AssertBody(server.Requests[11], """
            {"exit_price":152,"closed_at":"2018-04-05T00:18:00+00:00","fees":2.02013423,"exit_reason":"take_profit"}
            """);
        Assert.Equal("replay:replay_bot:close:BTC/USD:1522887300", server.Requests[11].IdempotencyKey);
    }

    [Fact]
    public async Task A_signal_carries_every_indicator_and_its_analysis_says_why()
    {
        await using var server = await FakeServer.StartAsync();

        await ReplayAsync(server, [ShortData()]);

        var signal = JsonNode.Parse(server.Requests[4].Body)!.AsObject();
        Assert.Equal(
            [
                "timestamp", "trading_pair", "signal_type", "signal_strength", "price", "rsi", "macd", "macd_signal", "macd_histogram",
                "vwap", "ema9", "ema21", "sma50", "bb_upper", "bb_middle", "bb_lower", "volume", "status", "bot_name", "strategy", "timeframe",
                "model",
            ],
            signal.Select(field => field.Key));
        Assert.Equal(("BUY", 57), ((string)signal["signal_type"]!, (int)signal["signal_strength"]!));
        var analysis = JsonNode.Parse(server.Requests[7].Body)!.AsObject();
        Assert.Equal(("BUY", "medium", "1m", 39L), (
            (string)analysis["recommendation"]!, (string)analysis["confidence"]!, (string)analysis["timeframe"]!,
            (long)analysis["signal_id"]!));
        Assert.Contains("RSI 14 is 100.00, overbought.", (string)analysis["key_observations"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_is_a_table_without_a_progress_bar_where_there_is_no_terminal()
    {
        await using var server = await FakeServer.StartAsync();

        var tally = await ReplayAsync(server, [ShortData()]);

        Assert.Equal((2, 2, 2, 1), (tally.Signals, tally.Trades, tally.Closed, tally.Wins));
        Assert.Matches(@"Posts stored\W+21\b", output.ToString());
        Assert.DoesNotContain("%", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_speed_is_kept_by_the_candles_times()
    {
        await using var server = await FakeServer.StartAsync();
        var time = new SteppingTime();

        await ReplayAsync(server, [ShortData()], speed: 60, time);

        // One candle minute a second.
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(1), 53), time.Waits);
    }

    [Theory]
    [InlineData("--api-key k --server nowhere", "--server must be an address")]
    [InlineData("--api-key k --speed 0", "--speed must be max or a number")]
    [InlineData("--api-key k --speed fast", "--speed must be max or a number")]
    [InlineData("--api-key k --bot-name a/b", "--bot-name must be")]
    [InlineData("--api-key \"\"", "An API key is needed")]
    [InlineData("--api-key kéy", "Copy the key again")]
    [InlineData("--api-key", "Required argument missing")]
    public void Wrong_use_is_a_parse_error_that_says_what_is_allowed(string arguments, string complaint)
    {
        var parsed = ReplayCommand.Create().Parse(arguments);

        Assert.Contains(complaint, string.Join('\n', parsed.Errors.Select(error => error.Message)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_answers_0_for_a_replay_1_for_a_refusal_and_2_for_data_that_are_not_there()
    {
        await using var server = await FakeServer.StartAsync();
        var data = ShortData();

        Assert.Equal(0, await InvokeAsync("--server", server.Address.ToString(), "--api-key", "k", "--data", data));
        Assert.Equal(2, await InvokeAsync("--server", server.Address.ToString(), "--api-key", "k", "--data", data, data + ".none"));
        server.Instead = _ => new Answer(401, """{"success":false,"error":"Authentication required","code":"authentication-required"}""");
        Assert.Equal(1, await InvokeAsync("--server", server.Address.ToString(), "--api-key", "k", "--data", data));
        Assert.Contains("Authentication required", output.ToString(), StringComparison.Ordinal);
    }

    private Task<int> InvokeAsync(params string[] arguments)
    {
        var console = Console();
        return ReplayCommand.Create(console, console).Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);
    }

    private async Task<ReplayTally> ReplayAsync(FakeServer server, string[] paths, double? speed = null, TimeProvider? time = null)
    {
        var settings = new ReplaySettings(server.Address, "ph_test", paths, speed, ReplayRecorder.DefaultBotName, AsRecorded: true);
        using var http = settings.Connect();
        return await new ReplaySession(settings, http, time ?? TimeProvider.System, Console())
            .RunAsync(TestContext.Current.CancellationToken);
    }

    private IAnsiConsole Console() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(output),
    });

    /// <summary>Bitcoin rises by 1 a minute, from 100, over midnight.</summary>
    private string ShortData()
    {
        var path = Path.Combine(folder.FullName, "btc-usd-1m-rising.csv");
        var lines = Enumerable.Range(0, 53).Select(minute =>
            $"{new DateTime(2018, 4, 4, 23, 25, 0).AddMinutes(minute):yyyy-MM-ddTHH:mm:ssZ},{100 + minute},{100 + minute},{100 + minute},{100 + minute},1");
        File.WriteAllLines(path, lines.Prepend("timestamp,open,high,low,close,volume"));
        return path;
    }

    private static JsonArray ItemsOf(Received request) => JsonNode.Parse(request.Body)!["items"]!.AsArray();

    private static void AssertBody(Received request, string expected) => Assert.True(
        JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(request.Body)), $"{request.Path}: {request.Body}");

    private static string WithoutIds(Received request) =>
        $"{TradeId().Replace(request.Path, "/api/trades/*/close")} {request.IdempotencyKey} {OtherIds().Replace(request.Body, "")}";

    [GeneratedRegex("/api/trades/[0-9]+/close")]
    private static partial Regex TradeId();

    [GeneratedRegex("\"(signal|decision|spike_event)_id\":[0-9]+,?")]
    private static partial Regex OtherIds();
}
