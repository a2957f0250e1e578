using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Bots;
using Pilothouse.Tests.CircuitBreaker;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Fleet;

/// <summary>Bots that earn in several assets: their profits and the measures of the circuit breaker are converted as the performance is.</summary>
public sealed class MixedMoneyTests
{
    private const string Earned = ""","status":"closed","mode":"paper","side":"BUY","quantity":1""";

    /// <summary>
    /// Every figure is that of tests/tools/money.py. alpha earns in several units, beta in BTC alone, gamma reports no balance. Trades that
    /// close later are added to what was read, and a restart reads all again.
    /// </summary>
    [Theory]
    [InlineData(1, "USD", true)]
    [InlineData(2, "USD", true)]
    [InlineData(3, "USDT", false)]
    public async Task Profits_and_falls_in_several_assets_are_those_of_pandas(int seed, string reporting, bool atPar)
    {
        (string, string)[] settings =
        [
            ("REPORTING_CURRENCY", reporting), ("STABLECOINS_AT_PAR", atPar ? "true" : "false"), ("CIRCUIT_BREAKER_DRAWDOWN", "99"), ("CIRCUIT_BREAKER_DAILY_LOSS", "99"),
        ];
        await using var server = await TestServer.StartAsync(settings);
        var world = new World(server, seed, reporting, atPar);
        await world.PostAsync();
        await world.AssertAsync(server);
        for (var i = 0; i < 6; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            await world.TradeAsync(opened: server.Clock.GetUtcNow().AddMinutes(-3), closed: server.Clock.GetUtcNow());
            await world.AssertAsync(server);
        }

        await using var again = await server.RestartAsync(settings);
        await world.AssertAsync(again);
    }

    /// <summary>10 USDT and 1 BTC, of which nobody knows the price: 2 trades cannot be added, and each asset is told by itself.</summary>
    [Fact]
    public async Task A_profit_without_a_price_is_named_and_never_counted_as_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await BotSilenceTests.ReportAsync(server, "alpha", ""","mode":"paper" """);
        await EarnAsync(server, "SUI/USDT", 10, "2026-03-02T10:00:00Z");
        await EarnAsync(server, "SUI/BTC", 1, "2026-03-01T10:00:00Z");
        var bot = await BotAsync(server);
        Assert.Equal((10m, null, "USD"), ((decimal?)bot["today_pnl"], (decimal?)bot["total_pnl"], (string?)bot["currency"]));
        Assert.Equal("""{"total_pnl":"1 trade in BTC has no price in USD","modes[0].total_pnl":"1 trade in BTC has no price in USD"}""", bot["undefined"]!.ToJsonString());
        WriteChecks.Same("""[{"currency":"BTC","today_pnl":0,"total_pnl":1},{"currency":"USDT","today_pnl":10,"total_pnl":10}]""", bot["pnl_by_currency"]!);
        Assert.Equal((10m, null), ((decimal?)bot["modes"]![0]!["today_pnl"], (decimal?)bot["modes"]![0]!["total_pnl"]));

        // A price that is stored later fills the gap, a minute after it was last looked for.
        await server.PostAsync("/api/signals", """{"timestamp":"2026-03-01T09:00:00Z","trading_pair":"BTC/USDC","signal_type":"HOLD","signal_strength":0,"price":50000}""");
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        bot = await BotAsync(server);
        Assert.Equal((10m, 50010m, "USD"), ((decimal?)bot["today_pnl"], (decimal?)bot["total_pnl"], (string?)bot["currency"]));
        Assert.Empty(bot["undefined"]!.AsObject());

        // A closed trade that is put right is read again.
        await server.PostAsync("/api/trades/2/void", """{"reason":"twice"}""", 200);
        bot = await BotAsync(server);
        Assert.Equal((10m, "USDT"), ((decimal?)bot["total_pnl"], (string?)bot["currency"]));
    }

    /// <summary>
    /// 1,000 dollars lose 0.002 BTC at 50,000, which are 100 or 10 %, and then 90 USDC: 1 − 0.9 × 0.9 is 19 %. Without the conversion the
    /// first loss would be nothing.
    /// </summary>
    [Fact]
    public async Task The_breaker_triggers_by_what_losses_in_other_assets_were_worth()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_DRAWDOWN", "19"), ("CIRCUIT_BREAKER_DAILY_LOSS", "0"));
        await server.ObserveAsync("\"btc_price\":50000");
        await server.BalanceAsync("alpha", 1000);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EarnAsync(server, "SUI/USDC", 0, null);
        await EarnAsync(server, "SUI/BTC", -0.002m, null);
        await server.UntilMeasureAsync("drawdown", 10, "alpha");
        await server.UntilMeasureAsync("drawdown", 10);
        await EarnAsync(server, "SUI/USDC", -89.99m, null);
        await server.DemandAsync("clear", true);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EarnAsync(server, "SUI/USDC", -0.01m, null);
        await server.UntilAsync(static state => (string?)state["state"] == "triggered", "alpha");
        Assert.Equal(["alpha drawdown", " drawdown"], (await server.EventsAsync()).Select(static one => $"{one["bot_name"]} {one["trigger_type"]}").OrderDescending(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_measure_without_a_price_is_unknown_and_says_why_until_there_is_one()
    {
        await using var server = await TestServer.StartAsync(("CIRCUIT_BREAKER_LOSING_STREAK", "9"));
        var first = await server.UntilAsync(static state => state["measures"]!.AsArray().Any(static measure => (string?)measure!["name"] == "drawdown"));
        Assert.Equal("needs a starting balance", Why(first, "drawdown", null));
        await server.BalanceAsync("alpha", 1000);
        await server.BalanceAsync("beta", 2);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EarnAsync(server, "SUI/USDC", -100, null);
        await EarnAsync(server, "SUI/BTC", -1, null, "beta");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.PostAsync("/api/cash-flows", """{"bot_name":"alpha","amount":5,"asset":"ETH"}""");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EarnAsync(server, "SUI/USDC", -1, null);

        // beta is in BTC alone, so that its own measure needs no price. alpha had 100 of 1,000 lost before the deposit of ETH.
        var beta = await server.UntilMeasureAsync("drawdown", 50, "beta");
        Assert.Null(Why(beta, "drawdown", "beta"));
        var alpha = await server.StateAsync("alpha");
        Assert.Equal("1 cash flow in ETH has no price in USD", Why(alpha, "drawdown", "alpha"));
        Assert.Null(alpha.Measure("drawdown", "alpha"));
        Assert.Equal("1 trade in BTC and 1 cash flow in ETH and 1 balance in BTC have no price in USD", Why(alpha, "daily_loss", null));
        Assert.Equal((3m, null), (alpha.Measure("losing_streak"), Why(alpha, "losing_streak", null)));

        await server.PostAsync("/api/market-context", """{"timestamp":"2026-03-02T11:00:00Z","eth_price":200,"btc_price":500}""");
        server.Clock.Advance(TimeSpan.FromMinutes(1));

        // alpha lost 100 of 1,000, got 1,000, and lost 1 of 1,900. All had 2,000, lost 100 and 500 of 1,900, got 1,000, and lost 1 of 2,400.
        await server.UntilMeasureAsync("drawdown", 100 * (1 - (0.9m * 1899 / 1900)), "alpha");
        alpha = await server.UntilMeasureAsync("drawdown", Math.Round(100 * (1 - (1400m / 2000 * 2399 / 2400)), 10), null);
        Assert.Null(Why(alpha, "drawdown", null));
    }

    private static string? Why(JsonNode state, string name, string? bot) =>
        (string?)state["measures"]!.AsArray().Single(measure => (string?)measure!["name"] == name && (string?)measure["bot_name"] == bot)!["undefined"];

    /// <summary>Stores a closed trade of a bot that earned so much.</summary>
    private static Task<JsonObject> EarnAsync(TestServer server, string pair, decimal pnl, string? at, string bot = "alpha") => server.PostAsync("/api/trades",
        string.Create(CultureInfo.InvariantCulture, $$"""{"trading_pair":"{{pair}}","entry_price":100,"exit_price":{{100 + pnl}},"bot_name":"{{bot}}"{{Earned}}{{(at is null ? "" : $",\"timestamp\":\"2026-02-01T00:00:00Z\",\"closed_at\":\"{at}\"")}}}"""));

    private static async Task<JsonNode> BotAsync(TestServer server) => (await server.GetAsync("/api/bots/alpha"))["data"]!;

    /// <summary>Candles, trades, flows and reports of three bots, the same for the same seed.</summary>
    private sealed class World(TestServer server, int seed, string reporting, bool atPar)
    {
        private readonly Random random = new(seed);
        private readonly JsonArray candles = [];
        private readonly JsonArray flows = [];
        private readonly JsonArray reports = [];

        public async Task PostAsync()
        {
            foreach (var (pair, price) in new[] { ("BTC/USDT", 50000m), ("ETH/USDT", 2500m), ("USDC/USDT", 1m) })
            {
                for (var hour = -100; hour < 0; hour++)
                {
                    var close = Math.Round(price * (0.9m + (random.Next(2000) / 10000m)), 4);
                    candles.Add(new JsonObject
                    {
                        ["trading_pair"] = pair,
                        ["timeframe"] = "1h",
                        ["open_time"] = Time(TestServer.Start.AddHours(hour)),
                        ["open"] = close,
                        ["high"] = close,
                        ["low"] = close,
                        ["close"] = close,
                    });
                }
            }

            await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = candles.DeepClone() }.ToJsonString());
            foreach (var (bot, balance) in new[] { ("alpha", 5000m), ("beta", 3m) })
            {
                var report = new JsonObject { ["bot_name"] = bot, ["status"] = "running", ["balance"] = balance, ["timestamp"] = Time(TestServer.Start.AddHours(-30).AddMinutes(1)) };
                reports.Add(report.DeepClone());
                await server.PostAsync("/api/bot-status", report.ToJsonString());
            }

            await server.PostAsync("/api/bot-status", new JsonObject { ["bot_name"] = "gamma", ["status"] = "running", ["timestamp"] = Time(TestServer.Start.AddHours(-30)) }.ToJsonString());
            foreach (var (bot, amount, asset) in new[] { ("alpha", 100m, null), ("alpha", 0.002m, "BTC"), ("beta", -0.01m, null), ("alpha", 50m, "USDC") })
            {
                await FlowAsync(bot, amount, asset);
                await FlowAsync(bot, amount, asset);
            }

            for (var i = 0; i < 40; i++)
            {
                var opened = TestServer.Start.AddMinutes(-60 * 70).AddMinutes(random.Next(60 * 69));
                await TradeAsync(opened, opened.AddSeconds(random.Next((int)(TestServer.Start - opened).TotalSeconds)));
            }
        }

        public Task<JsonObject> TradeAsync(DateTimeOffset opened, DateTimeOffset closed)
        {
            var (bot, pair, unit) = random.Next(5) switch
            {
                0 => ("alpha", "SUI/BTC", 0.0001m),
                1 => ("alpha", "SUI/USDT", 5m),
                2 => ("alpha", "SUI/USDC", 5m),
                3 => ("beta", "SUI/BTC", 0.002m),
                _ => ("gamma", "SUI/ETH", 0.01m),
            };
            return server.PostAsync("/api/trades", new JsonObject
            {
                ["bot_name"] = bot,
                ["trading_pair"] = pair,
                ["side"] = "BUY",
                ["entry_price"] = 100 * unit,
                ["exit_price"] = (90 + random.Next(20)) * unit,
                ["quantity"] = 1,
                ["status"] = "closed",
                ["timestamp"] = Time(opened),
                ["closed_at"] = Time(closed),
            }.ToJsonString());
        }

        public async Task AssertAsync(TestServer asked)
        {
            var trades = (await asked.GetAsync("/api/trades?limit=500"))["data"]!.DeepClone();
            var file = asked.Folder.File("money.json");
            await File.WriteAllTextAsync(file, new JsonObject
            {
                ["now"] = Time(asked.Clock.GetUtcNow()),
                ["reporting"] = reporting,
                ["at_par"] = atPar,
                ["candles"] = candles.DeepClone(),
                ["trades"] = trades,
                ["flows"] = flows.DeepClone(),
                ["reports"] = reports.DeepClone(),
            }.ToJsonString());
            var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "money.py"), file]);
            Assert.True(code == 0, output + error);
            var expected = JsonNode.Parse(output)!;
            foreach (var bot in (await asked.GetAsync("/api/bots"))["data"]!.AsArray())
            {
                foreach (var (name, value) in expected["bots"]![(string)bot!["bot_name"]!]!.AsObject())
                {
                    Assert.Equal((double)value!, (double)bot[name]!, 1e-9 * Math.Max(1, Math.Abs((double)value!)));
                }
            }

            foreach (var (bot, measures) in expected["measures"]!.AsObject())
            {
                foreach (var (name, value) in measures!.AsObject())
                {
                    await asked.UntilMeasureAsync(name, (decimal)(double)value!, bot.Length == 0 ? null : bot);
                }
            }
        }

        private async Task FlowAsync(string bot, decimal amount, string? asset)
        {
            var flow = new JsonObject { ["bot_name"] = bot, ["amount"] = amount, ["asset"] = asset, ["timestamp"] = Time(TestServer.Start.AddMinutes(-random.Next(60 * 50))) };
            flows.Add(flow.DeepClone());
            await server.PostAsync("/api/cash-flows", flow.ToJsonString());
        }

        private static string Time(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);
    }
}
