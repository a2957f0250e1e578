using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Scorecard;

/// <summary>Signals over two days with candles, looks at the market and trades, the same for the same seed, posted part by part to a server.</summary>
internal sealed class SignalWorld(TestServer server, int seed)
{
    private const int Minutes = 2880;

    /// <summary>The first has many candles, the second few and the market context, the third nothing but its signals.</summary>
    private static readonly string[] Pairs = ["SUI/USDC", "BTC/USDT", "ETH/BTC"];

    private static readonly string[] Types = ["BUY", "SELL", "BUY", "HOLD"];

    private readonly Random random = new(seed);
    private readonly Dictionary<string, JsonObject> candles = [];
    private readonly JsonArray market = [];

    /// <summary>Posts signals, and candles, looks at the market and trades that followed, at any times up to the server's now.</summary>
    public async Task PostAsync(int signals)
    {
        var items = new JsonArray();
        for (var i = 0; i < signals * 3; i++)
        {
            var open = random.Next(Minutes / 5) * 5;
            AddCandle(items, random.Next(4) > 0 ? Pairs[0] : Pairs[1], open);
        }

        await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = items }.ToJsonString());
        for (var i = 0; i < signals / 3; i++)
        {
            var look = new JsonObject { ["timestamp"] = Time(random.Next(Minutes)), ["btc_price"] = Price(), ["eth_price"] = Price() };
            market.Add(look.DeepClone());
            await server.PostAsync("/api/market-context", look.ToJsonString());
        }

        for (var i = 0; i < signals; i++)
        {
            var stored = await server.PostAsync("/api/signals", new JsonObject
            {
                ["timestamp"] = Time(random.Next(Minutes)),
                ["trading_pair"] = random.Next(4) == 0 ? Pairs[i % 3].ToLowerInvariant() : Pairs[i % 3],
                ["signal_type"] = Types[random.Next(Types.Length)],
                ["signal_strength"] = random.Next(-100, 101),
                ["price"] = Price(),
                ["strategy"] = random.Next(4) is > 0 and var strategy ? $"s{strategy}" : null,
                ["model"] = random.Next(3) is > 0 and var model ? $"m{model}" : null,
                ["bot_name"] = $"b{random.Next(2)}",
            }.ToJsonString());
            if (random.Next(3) == 0)
            {
                await PostTradeAsync((long)stored["signal_id"]!);
            }
        }
    }

    /// <summary>Asks the server and the script the same questions, and fails where a figure differs.</summary>
    public async Task CompareAsync(IEnumerable<JsonObject> questions)
    {
        var asked = questions.ToList();
        var world = new JsonObject
        {
            ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["candles"] = new JsonArray([.. candles.Values.Select(static candle => candle.DeepClone())]),
            ["market"] = market.DeepClone(),
            ["signals"] = await AllAsync("/api/signals"),
            ["trades"] = await AllAsync("/api/trades"),
            ["questions"] = new JsonArray([.. asked.Select(static question => question.DeepClone())]),
        };
        var file = server.Folder.File("signals.json");
        await File.WriteAllTextAsync(file, world.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "scorecard.py"), file]);
        Assert.True(code == 0, output + error);
        var answers = JsonNode.Parse(output)!["answers"]!.AsArray();
        for (var i = 0; i < asked.Count; i++)
        {
            var query = string.Join('&', asked[i].Select(static one => $"{(one.Key is "from" or "to" ? one.Key + "_date" : one.Key)}={Uri.EscapeDataString((string)one.Value!)}"));
            var data = (await server.GetAsync("/api/performance/signals?" + query))["data"]!;
            AssertSame(answers[i]!["total"]!, data["total"]!, $"{query}, total");
            var groups = answers[i]!["groups"]!.AsObject();
            Assert.Equal(groups.Select(static group => group.Key).Order(StringComparer.Ordinal), data["groups"]!.AsArray().Select(static group => (string?)group!["key"] ?? "").Order(StringComparer.Ordinal));
            foreach (var group in data["groups"]!.AsArray())
            {
                var key = (string?)group!["key"] ?? "";
                AssertSame(groups[key]!, group, $"{query}, {key}");
            }
        }
    }

    private static void AssertSame(JsonNode? expected, JsonNode? actual, string what)
    {
        switch (expected)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    Assert.True(actual!.AsObject().ContainsKey(name), $"{what} has no {name}");
                    AssertSame(value, actual[name], $"{what}, {name}");
                }

                break;
            case JsonArray items:
                Assert.Equal(items.Count, actual!.AsArray().Count);
                for (var i = 0; i < items.Count; i++)
                {
                    AssertSame(items[i], actual[i], $"{what} [{i}]");
                }

                break;
            case JsonValue one when one.TryGetValue<double>(out var figure):
                Assert.True(actual is not null, $"{what}: pandas says {figure}, the answer null");
                Assert.True(Math.Abs((double)actual - figure) <= Math.Max(1e-9 * Math.Abs(figure), 1e-9), $"{what}: pandas says {figure}, the answer {actual}");
                break;
            default:
                Assert.True(expected?.ToJsonString() == actual?.ToJsonString(), $"{what}: pandas says {expected?.ToJsonString()}, the answer {actual?.ToJsonString()}");
                break;
        }
    }

    private async Task<JsonArray> AllAsync(string path)
    {
        var all = new JsonArray();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await server.GetAsync($"{path}?limit=500{(cursor.Length > 0 ? "&cursor=" + cursor : "")}");
            foreach (var row in page["data"]!.AsArray())
            {
                all.Add(row!.DeepClone());
            }

            cursor = (string?)page["next_cursor"];
        }

        return all;
    }

    private void AddCandle(JsonArray items, string pair, int open)
    {
        decimal[] prices = [.. Enumerable.Range(0, 4).Select(_ => Price()).Order()];
        var candle = new JsonObject
        {
            ["trading_pair"] = pair,
            ["timeframe"] = "5m",
            ["open_time"] = Time(open),
            ["open"] = prices[1],
            ["high"] = prices[3],
            ["low"] = prices[0],
            ["close"] = prices[2],
        };
        items.Add(candle.DeepClone());
        candle["stored_at"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        candles[$"{pair} {open}"] = candle;
    }

    private Task<JsonObject> PostTradeAsync(long signal)
    {
        var isClosed = random.Next(5) > 0;
        var trade = new JsonObject
        {
            ["trading_pair"] = Pairs[random.Next(3)],
            ["side"] = random.Next(2) == 0 ? "BUY" : "SELL",
            ["entry_price"] = Price(),
            ["quantity"] = random.Next(1, 100) / 10m,
            ["leverage"] = random.Next(1, 4),
            ["signal_id"] = signal,
        };
        if (isClosed)
        {
            (trade["status"], trade["exit_price"]) = ("closed", Price());
        }

        return server.PostAsync("/api/trades", trade.ToJsonString());
    }

    /// <summary>Few different prices, so that some stay unchanged.</summary>
    private decimal Price() => 90 + random.Next(12);

    private static string Time(int minutes) => TestServer.Start.AddMinutes(minutes - Minutes - 1).ToString("O", CultureInfo.InvariantCulture);
}
