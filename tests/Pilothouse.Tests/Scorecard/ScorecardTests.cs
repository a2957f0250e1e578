using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Scorecard;

/// <summary>What became of signals, and which model is best.</summary>
public sealed class ScorecardTests
{
    private static readonly string[] Splits = ["type", "strength", "strategy", "model", "bot", "pair"];

    /// <summary>
    /// Every figure is that of tests/tools/scorecard.py, which reads the same rows with pandas: read at once, and after signals, candles and
    /// trades have come late and time has gone on.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_figure_is_that_of_pandas(int seed)
    {
        await using var server = await TestServer.StartAsync(("SIGNALS_RETENTION_DAYS", "0"));
        var world = new SignalWorld(server, seed);
        await world.PostAsync(120);
        await server.GetAsync("/api/performance/signals");
        await world.PostAsync(120);
        await world.CompareAsync(Splits.Select(static by => new JsonObject { ["by"] = by }));
        server.Clock.Advance(TimeSpan.FromHours(5.3));
        await world.PostAsync(60);
        await world.CompareAsync([
            .. Splits.Select(static by => new JsonObject { ["by"] = by }),
            new() { ["by"] = "model", ["signal_type"] = "SELL" },
            new() { ["by"] = "type", ["trading_pair"] = "BTC/USDT", ["from"] = "2026-02-28T10:00:00Z" },
            new() { ["by"] = "bot", ["strategy"] = "s1", ["from"] = "2026-02-28T10:00:00Z", ["to"] = "2026-03-02T03:00:00Z" },
            new() { ["by"] = "pair", ["bot_name"] = "b0", ["model"] = "m1" }]);
    }

    [Fact]
    public async Task A_signal_is_right_if_the_price_moved_its_way()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals/batch", $$"""{"items":[{{Signal("08:00", "BUY", 10)}},{{Signal("08:01", "SELL", 10)}},{{Signal("09:00", "BUY", 11)}},{{Signal("10:00", "HOLD", 11)}},{{Signal("09:02", "HOLD", 11)}}]}""");
        var score = await OneHourAsync(server);
        Assert.Equal((3L, 1L, 1L, 0L), ((long)score["n"]!, (long)score["right"]!, (long)score["unchanged"]!, (long)score["unjudged"]!));
        Assert.Equal((false, null), ((bool)score["enough_data"]!, (bool?)score["beats_base"]));

        // A candle that comes late tells more than the signals do.
        await server.PostAsync("/api/candles", """{"trading_pair":"a/b","timeframe":"5m","open_time":"2026-03-02T09:50:00Z","open":20,"high":20,"low":20,"close":20,"volume":1}""");
        Assert.Equal((2L, 0L), ((long)(await OneHourAsync(server))["right"]!, (long)(await OneHourAsync(server))["unchanged"]!));

        // It is put right, and the figure follows.
        await server.PostAsync("/api/candles", """{"trading_pair":"A/B","timeframe":"5m","open_time":"2026-03-02T09:50:00Z","open":5,"high":5,"low":5,"close":5,"volume":1}""");
        Assert.Equal(1L, (long)(await OneHourAsync(server))["right"]!);

        // A removed signal counts no more, and what is not due waits.
        server.Sql("DELETE FROM signals WHERE id = 3");
        Assert.Equal(2L, (long)(await OneHourAsync(server))["n"]!);
        await server.PostAsync("/api/signals", Signal("11:30", "BUY", 6));
        await server.PostAsync("/api/signals", Signal("11:59", "HOLD", 7));
        Assert.Equal((2L, 1L), ((long)(await OneHourAsync(server))["n"]!, (long)(await OneHourAsync(server))["unjudged"]!));
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        await server.PostAsync("/api/signals", Signal("12:18", "HOLD", 8));
        Assert.Equal(2L, (long)(await OneHourAsync(server))["n"]!);
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal((3L, 0L), ((long)(await OneHourAsync(server))["n"]!, (long)(await OneHourAsync(server))["unjudged"]!));
    }

    [Fact]
    public async Task The_best_model_is_the_one_whose_trades_did_best()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/models", """{"model_path":"m.pkl","version":"good","episode":7}""");
        foreach (var (model, exit) in new[] { ("good", 11m), ("good", 12m), ("bad", 9m), ("bad", 11m), ("rare", 20m) })
        {
            var id = (long)(await server.PostAsync("/api/signals", $$"""{"trading_pair":"A/USDT","signal_type":"BUY","signal_strength":1,"price":10,"model":"{{model}}"}"""))["signal_id"]!;
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/USDT","side":"BUY","entry_price":10,"exit_price":{{exit}},"quantity":1,"status":"closed","signal_id":{{id}}}""");
        }

        var best = (await server.GetAsync("/api/models/best?by=avg_return&min_n=2"))["data"]!;
        Assert.Equal(["good 2 15", "bad 2 0"], best["models"]!.AsArray().Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one!["model"]} {one["n"]} {(double)one["avg_return"]!}")));
        Assert.Equal((1, 7L, null), ((int)best["left_out"]!, (long)best["models"]![0]!["checkpoint"]!["episode"]!, best["models"]![1]!["checkpoint"]));
        Assert.Equal(3 / 1.0, (double)best["models"]![0]!["sqn"]!, 9);
        Assert.Equal(["rare", "good", "bad"], (await server.GetAsync("/api/models/best?min_n=1&by=avg_return"))["data"]!["models"]!.AsArray().Select(static one => (string?)one!["model"]));
        Assert.Empty((await server.GetAsync("/api/models/best"))["data"]!["models"]!.AsArray());
        await server.GetAsync("/api/models/best?by=luck", 400);
        await server.GetAsync("/api/models/best?min_n=0", 400);
    }

    /// <summary>A trade may be put right, or voided, after it was counted.</summary>
    [Fact]
    public async Task A_trade_that_followed_counts_as_it_is_now()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var exit in new[] { 11, 12, 8 })
        {
            await server.PostAsync("/api/signals", """{"trading_pair":"A/USDT","signal_type":"BUY","signal_strength":1,"price":10}""");
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/USDT","side":"BUY","entry_price":10,"exit_price":{{exit}},"quantity":1,"status":"closed","signal_id":1}""");
        }

        Assert.Equal("3 2 1 3.3333", await FollowedAsync(server));
        Assert.Equal(200, (await server.Client.SendAsync("PATCH", "/api/trades/2", """{"exit_price":9,"reason":"a wrong price"}""")).Status);
        Assert.Equal("3 1 2 -6.6667", await FollowedAsync(server));
        await server.PostAsync("/api/trades/3/void", """{"reason":"a test"}""", 200);
        Assert.Equal("2 1 1 0.0000", await FollowedAsync(server));
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDT","side":"BUY","entry_price":10,"exit_price":15,"quantity":1,"status":"closed","signal_id":3}""");
        Assert.Equal("3 2 1 16.6667", await FollowedAsync(server));
    }

    /// <summary>Several connections of PostgreSQL may commit in another order than that of their ids, and a bot may choose its ids.</summary>
    [Fact]
    public async Task A_signal_with_a_lower_id_may_come_later()
    {
        await using var server = await TestServer.StartAsync();
        Insert(1000, "BUY", 10, "2026-03-02 08:00:00");
        Insert(2000, "HOLD", 12, "2026-03-02 09:00:00");
        Assert.Equal((1L, 1L), await RightAsync(server));
        Insert(500, "SELL", 12, "2026-03-02 07:00:00");
        Assert.Equal((2L, 2L), await RightAsync(server));
        Insert(1500, "SELL", 9, "2026-03-02 08:30:00");
        Insert(3000, "HOLD", 11, "2026-03-02 09:30:00");
        Assert.Equal((3L, 2L), await RightAsync(server));
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDT","side":"BUY","entry_price":10,"exit_price":15,"quantity":1,"status":"closed","signal_id":500}""");
        Assert.Equal("1 1 0 50.0000", await FollowedAsync(server));

        // What one of them says is changed, and one is removed.
        server.Sql("UPDATE signals SET price = 11 WHERE id = 1500");
        Assert.Equal((3L, 2L), await RightAsync(server));
        server.Sql("UPDATE signals SET status = 'executed', price = 11.5 WHERE id = 1500");
        Assert.Equal((3L, 3L), await RightAsync(server));
        server.Sql("DELETE FROM signals WHERE id = 1500");
        Assert.Equal((2L, 2L), await RightAsync(server));

        void Insert(int id, string type, int price, string time) => server.Sql(
            $"INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price) VALUES ({id}, '{time}{(TestEngine.IsPostgres ? "Z" : "")}', 'A/USDT', '{type}', 1, {price})");
    }

    private static async Task<(long N, long Right)> RightAsync(TestServer server)
    {
        var hour = await OneHourAsync(server);
        return ((long)hour["n"]!, (long)hour["right"]!);
    }

    private static async Task<string> FollowedAsync(TestServer server)
    {
        var trades = (await server.GetAsync("/api/performance/signals"))["data"]!["total"]!["trades"]!;
        return string.Create(CultureInfo.InvariantCulture, $"{trades["trades"]} {trades["winning"]} {trades["losing"]} {(double)trades["avg_return"]!:F4}");
    }

    private static async Task<JsonNode> OneHourAsync(TestServer server) => (await server.GetAsync("/api/performance/signals"))["data"]!["total"]!["horizons"]![0]!;

    private static string Signal(string clock, string type, decimal price) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"timestamp":"2026-03-02T{{clock}}:00Z","trading_pair":"A/B","signal_type":"{{type}}","signal_strength":1,"price":{{price}}}""");
}
