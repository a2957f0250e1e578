using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Prices;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Prices;

/// <summary>/api/prices, and what stored prices say of trades.</summary>
public sealed class PriceTests
{
    /// <summary>Every figure is that of tests/tools/prices.py, which reads the same rows with pandas.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Prices_and_what_they_say_of_trades_are_those_of_pandas(int seed)
    {
        await using var server = await TestServer.StartAsync();
        var world = new MadeWorld(server, seed);
        await world.PostAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(30.5));
        var expected = await world.ExpectedAsync();
        var prices = (await server.GetAsync("/api/prices"))["data"]!.AsArray().ToDictionary(static price => ((string)price!["trading_pair"]!).ToUpperInvariant(), static price => price!);
        var told = expected["prices"]!.AsObject();
        foreach (var (pair, price) in prices)
        {
            Assert.Equal((string?)told[pair]!["source"], (string?)price["source"]);
            AssertSame(told[pair]!["price"], price["price"], pair);
            AssertSame(told[pair]!["age_seconds"], price["age_seconds"], pair);
            var alone = (await server.GetAsync($"/api/prices?trading_pair={Uri.EscapeDataString(pair)}"))["data"]!.AsArray().Single()!;
            Assert.Equal(price.ToJsonString(), alone.ToJsonString(), ignoreCase: true);
        }

        Assert.Equal(told.Select(static pair => pair.Key).Order(StringComparer.Ordinal), prices.Keys.Order(StringComparer.Ordinal));
        var trades = (await server.GetAsync("/api/trades?limit=500"))["data"]!.AsArray();
        var seen = new HashSet<string>();
        foreach (var trade in trades)
        {
            var one = (await server.GetAsync($"/api/trades/{trade!["id"]}"))["data"]!;
            foreach (var (name, value) in expected["trades"]![trade["id"]!.ToString()]!.AsObject())
            {
                AssertSame(value, trade[name], $"trade {trade["id"]}, {name}");
                AssertSame(value, one[name], $"trade {trade["id"]} alone, {name}");
                seen.Add($"{name} {(value is null ? "null" : "known")}");
            }
        }

        Assert.Equal(10, seen.Count);
        foreach (var trade in (await server.GetAsync("/api/trades/open"))["data"]!.AsArray())
        {
            AssertSame(expected["trades"]![trade!["id"]!.ToString()]!["unrealized_pnl"], trade["unrealized_pnl"], "open");
        }
    }

    /// <summary>
    /// In 10 at 100, out 5 at 120 at 10:10, out 5 at 110 at 10:20. Seen are 130 before the first exit, and 90 after it: 10 × 30 and 5 × −10.
    /// By the whole quantity the worst would be −100.
    /// </summary>
    [Fact]
    public async Task What_was_open_at_each_moment_counts_for_the_best_and_the_worst_of_a_trade()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-02T10:00:00Z","trading_pair":"SUI/USDC","side":"BUY","entry_price":100,"quantity":10}""");
        foreach (var (at, price) in new[] { ("10:05", 130), ("10:15", 90) })
        {
            await server.PostAsync("/api/signals", $$"""{"timestamp":"2026-03-02T{{at}}:00Z","trading_pair":"SUI/USDC","signal_type":"HOLD","signal_strength":0,"price":{{price}}}""");
        }

        // Half of it is out when this candle begins, and its high came before or after the end: only its open counts.
        await server.PostAsync("/api/candles", """{"trading_pair":"SUI/USDC","timeframe":"15m","open_time":"2026-03-02T10:15:00Z","open":125,"high":200,"low":1,"close":100}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":120,"quantity":5,"filled_at":"2026-03-02T10:10:00Z"}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":110,"quantity":5,"filled_at":"2026-03-02T10:20:00Z"}""");
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal((150m, 300m, -50m), ((decimal)trade["pnl"]!, (decimal)trade["mfe"]!, (decimal)trade["mae"]!));

        // Fills of another program that do not fit together say nothing.
        server.Sql("UPDATE fills SET quantity = 50 WHERE price = 120");
        trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal((null, null), ((decimal?)trade["mfe"], (decimal?)trade["mae"]));
    }

    [Fact]
    public async Task The_newest_of_all_sources_is_the_price()
    {
        await using var server = await TestServer.StartAsync();
        await AssertPriceAsync(server, "BTC/USDT", null);
        await server.PostAsync("/api/market-context", """{"timestamp":"2026-03-02T11:00:00Z","btc_price":100}""");
        await AssertPriceAsync(server, "BTC/USDT", "100 3600 market_context");
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T11:30:00Z","trading_pair":"btc/usdt","signal_type":"BUY","signal_strength":1,"price":101}""");
        await AssertPriceAsync(server, "BTC/USDT", "101 1800 signal");
        await server.PostAsync("/api/candles", Candle("1m", "11:30", 102));
        await AssertPriceAsync(server, "BTC/USDT", "102 1740 candle");
        await server.PostAsync("/api/candles", Candle("1h", "11:00", 103));
        await AssertPriceAsync(server, "BTC/USDT", "103 0 candle");
        await server.PostAsync("/api/market-context", """{"timestamp":"2026-03-02T12:00:00Z","btc_price":104}""");
        await AssertPriceAsync(server, "BTC/USDT", "103 0 candle");
        await AssertPriceAsync(server, "BTC/USD", "104 0 market_context");
        await AssertPriceAsync(server, "BTC/EUR", null);
        await AssertPriceAsync(server, "BTCDOM/USDT", null);
    }

    /// <summary>A bot that died at five past midnight must not make its price look fresh all day.</summary>
    [Fact]
    public async Task The_price_of_a_running_candle_is_as_old_as_its_last_post()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/candles", Candle("1d", "00:00", 100));
        await server.PostAsync("/api/candles", Candle("1m", "11:30", 99));
        await AssertPriceAsync(server, "BTC/USDT", "100 0 candle");
        server.Clock.Advance(TimeSpan.FromHours(1));
        await AssertPriceAsync(server, "BTC/USDT", "100 3600 candle");
        await server.PostAsync("/api/candles", Candle("1m", "12:20", 98));
        await AssertPriceAsync(server, "BTC/USDT", "98 2340 candle");
        server.Clock.Advance(TimeSpan.FromDays(1));
        await AssertPriceAsync(server, "BTC/USDT", "98 88740 candle");
    }

    [Fact]
    public async Task A_price_from_the_future_waits_and_one_of_a_clock_that_is_a_little_ahead_is_of_now()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2026-03-02 11:00:00', 'BTC/USDT', 'BUY', 1, 7), ('2026-03-02 14:00:00', 'BTC/USDT', 'BUY', 1, 9)");
        await AssertPriceAsync(server, "BTC/USDT", "7 3600 signal");
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T12:04:00Z","trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":1,"price":8}""");
        await AssertPriceAsync(server, "BTC/USDT", "8 0 signal");
        server.Clock.Advance(TimeSpan.FromHours(2));
        await AssertPriceAsync(server, "BTC/USDT", "9 0 signal");
    }

    /// <summary>Answers are kept until something is committed, but ages go on.</summary>
    [Fact]
    public async Task Ages_go_on_while_nothing_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":8}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":7,"quantity":2}""");
        foreach (var seconds in new[] { 0, 1, 2 })
        {
            foreach (var path in new[] { "/api/trades", "/api/trades/open", "/api/trades/1" })
            {
                var data = (await server.GetAsync(path))["data"]!;
                var trade = data is JsonArray list ? list[0]! : data;
                Assert.Equal((8m, seconds, 2m), ((decimal)trade["price"]!, (int)trade["price_age_seconds"]!, (decimal)trade["unrealized_pnl"]!));
            }

            await AssertPriceAsync(server, "A/B", $"8 {seconds} signal");
            server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Worked by hand: bought 2 at 100, sold at 103; a candle from before the entry does not count, nor what a candle did after the exit.</summary>
    [Fact]
    public async Task Only_what_is_known_to_lie_between_entry_and_exit_counts()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-02T10:00:30Z","trading_pair":"BTC/USDT","side":"BUY","entry_price":100,"quantity":2,"status":"closed","exit_price":103,"closed_at":"2026-03-02T10:03:30Z","fees":1}""");
        await server.PostAsync("/api/candles", Candle("1m", "10:00", 100, high: 150, low: 50));
        await AssertSpanAsync(null, null);
        await server.PostAsync("/api/candles", Candle("1m", "10:01", 101, high: 105, low: 99));
        await AssertSpanAsync(10, -2);
        await server.PostAsync("/api/candles", Candle("1m", "10:03", 107, high: 200, low: 1));
        await AssertSpanAsync(14, -2);
        await server.PostAsync("/api/candles", Candle("1h", "10:00", 300, high: 400, low: 0.5m));
        await AssertSpanAsync(14, -2);
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-02T10:03:30Z","trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":1,"price":97}""");
        await AssertSpanAsync(14, -6);
        await server.PostAsync("/api/market-context", """{"timestamp":"2026-03-02T10:00:30Z","btc_price":110}""");
        await AssertSpanAsync(20, -6);
        await server.PostAsync("/api/market-context", """{"timestamp":"2026-03-02T10:03:31Z","btc_price":1}""");
        await AssertSpanAsync(20, -6);

        async Task AssertSpanAsync(decimal? mfe, decimal? mae)
        {
            var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
            Assert.Equal((mfe, mae), ((decimal?)trade["mfe"], (decimal?)trade["mae"]));
            Assert.Null(trade["price"]);
        }
    }

    /// <summary>Half of the prices would make a figure that looks right.</summary>
    [Fact]
    public async Task A_trade_with_more_prices_than_one_answer_reads_has_no_mfe()
    {
        await using var server = await TestServer.StartAsync();
        var rows = TradePrices.MostPrices + 1;
        server.Sql(TestEngine.IsPostgres
            ? $"INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close, known_at) SELECT 'A/B', '1s', timestamptz '2025-01-01Z' + i * interval '1 second', 2, 3, 1, 2, timestamptz '2025-01-01Z' + i * interval '1 second' FROM generate_series(1, {rows}) AS i"
            : $"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close, known_at) SELECT 'A/B', '1s', datetime('2025-01-01', i || ' seconds'), 2, 3, 1, 2, datetime('2025-01-01', i || ' seconds') FROM n");
        await server.PostAsync("/api/trades/batch", """
            {"items":[{"timestamp":"2025-01-01T00:00:00Z","trading_pair":"A/B","side":"BUY","entry_price":2,"quantity":1,"status":"closed","exit_price":2,"closed_at":"2025-02-01T00:00:00Z"},
            {"timestamp":"2025-01-01T00:00:00Z","trading_pair":"A/B","side":"BUY","entry_price":2,"quantity":1,"status":"closed","exit_price":2,"closed_at":"2025-01-01T10:00:00Z"}]}
            """);
        var list = (await server.GetAsync("/api/trades"))["data"]!.AsArray();
        Assert.Equal([(1m, -1m), (null, null)], list.Select(static trade => ((decimal?)trade!["mfe"], (decimal?)trade["mae"])));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("trading_pairs=A/B", "trading_pairs")]
    public async Task A_wrong_question_is_refused_and_named(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, answer) = await server.Client.SendAsync("GET", $"/api/prices?{query}");
        Assert.Equal((400, field), (status, (string?)answer["details"]![0]!["field"]));
    }

    [Fact]
    public async Task Prices_are_listed_by_pair_and_as_many_as_asked()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var pair in new[] { "B/C", "a/c", "A/B" })
        {
            await server.PostAsync("/api/signals", $$"""{"trading_pair":"{{pair}}","signal_type":"BUY","signal_strength":1,"price":8}""");
        }

        Assert.Equal(["A/B", "a/c", "B/C"], await PairsAsync(""));
        Assert.Equal(["A/B", "a/c"], await PairsAsync("?limit=2"));
        Assert.Equal(["a/c"], await PairsAsync("?trading_pair=A/C"));
        Assert.Empty(await PairsAsync("?trading_pair=X/Y"));

        async Task<List<string?>> PairsAsync(string query) => [.. (await server.GetAsync("/api/prices" + query))["data"]!.AsArray().Select(static price => (string?)price!["trading_pair"])];
    }

    /// <summary>What other programs stored and is no price is passed over.</summary>
    [Fact]
    [OnlyOnSqlite("stores what only a file takes")]
    public async Task What_is_no_price_is_passed_over()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("""
            INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2026-03-02 11:00:00', 'A/B', 'BUY', 1, 7),
              ('2026-03-02 11:01:00', 'A/B', 'BUY', 1, 'seven'), ('2026-03-02 11:02:00', 'A/B', 'BUY', 1, -1), ('2026-03-02 11:03:00', 'A/B', 'BUY', 1, 0), ('2026-03-02 11:04:00', 'A/B', 'BUY', 1, 9e999);
            INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close) VALUES ('A/B', '1m', '2026-03-02T10:59:00Z', 1, 1, 1, 6), ('A/B', 'odd', 'never', 1, 1, 1, 5);
            """);
        await AssertPriceAsync(server, "A/B", "7 3600 signal");
    }

    private static string Candle(string timeframe, string time, decimal close, decimal? high = null, decimal? low = null) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"trading_pair":"BTC/USDT","timeframe":"{{timeframe}}","open_time":"2026-03-02T{{time}}:00Z","open":{{close}},"high":{{high ?? close}},"low":{{low ?? close}},"close":{{close}}}""");

    private static async Task AssertPriceAsync(TestServer server, string pair, string? expected)
    {
        foreach (var query in new[] { "", $"?trading_pair={Uri.EscapeDataString(pair)}" })
        {
            var price = (await server.GetAsync("/api/prices" + query))["data"]!.AsArray().SingleOrDefault(price => pair.Equals((string?)price!["trading_pair"], StringComparison.OrdinalIgnoreCase));
            if (price is not null || query.Length > 0)
            {
                Assert.Equal(expected, price is null ? null : $"{price["price"]} {price["age_seconds"]} {price["source"]}");
            }
        }
    }

    private static void AssertSame(JsonNode? expected, JsonNode? shown, string what)
    {
        Assert.True(expected is null == shown is null, $"{what}: pandas says {expected}, the answer {shown}");
        if (expected is not null)
        {
            var (one, other) = ((double)expected, (double)shown!);
            Assert.True(Math.Abs(one - other) <= Math.Max(1e-9 * Math.Abs(one), 1e-12), $"{what}: pandas says {one}, the answer {other}");
        }
    }
}
