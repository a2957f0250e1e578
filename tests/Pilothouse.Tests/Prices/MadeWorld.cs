using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Prices;

/// <summary>A world of candles, signals, looks at the market and trades, the same for the same seed, posted to a server.</summary>
internal sealed class MadeWorld(TestServer server, int seed, int minutesLong = 600)
{
    private static readonly string[] Pairs = ["BTC/USDT", "ETHUSDC", "SUI/USDC", "kPEPE/USDC:USDC", "ETH/BTC", "BTC/USD:BTC"];
    private static readonly (string Name, int Minutes)[] Timeframes = [("1m", 1), ("15m", 15), ("1h", 60)];

    private readonly Random random = new(seed);
    private readonly JsonArray candles = [];
    private readonly JsonArray signals = [];
    private readonly JsonArray market = [];

    /// <summary>Posts all, ten hours or as long as it is asked for, up to the server's now, in parts between which the clock moves on, so that some candles are posted while they run.</summary>
    public async Task PostAsync()
    {
        foreach (var pair in Pairs.Except(["ETH/BTC"]))
        {
            foreach (var (name, minutes) in Timeframes.Where(_ => random.Next(4) > 0))
            {
                await PostCandlesAsync(pair, name, minutes, random.Next(0, 20));
            }

            await PostSignalsAsync(pair, random.Next(0, 30));
        }

        for (var i = 0; i < 20; i++)
        {
            var look = new JsonObject { ["timestamp"] = Time(random.Next(minutesLong) - minutesLong), ["btc_price"] = random.Next(3) == 0 ? null : Price(), ["eth_price"] = Price() };
            market.Add(look);
            await server.PostAsync("/api/market-context", look.ToJsonString());
        }

        for (var i = 0; i < 40; i++)
        {
            await PostTradeAsync(i);
        }
    }

    /// <summary>What prices.py says of it.</summary>
    public Task<JsonObject> ExpectedAsync() => ExpectedAsync("prices.py");

    /// <summary>What a script of tests/tools says of it.</summary>
    /// <param name="script">The name of the script.</param>
    /// <param name="more">What else the script reads.</param>
    public async Task<JsonObject> ExpectedAsync(string script, params (string Name, JsonNode Value)[] more)
    {
        var trades = (await server.GetAsync("/api/trades?limit=500"))["data"]!.DeepClone();
        var world = new JsonObject
        {
            ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["candles"] = candles.DeepClone(),
            ["signals"] = signals.DeepClone(),
            ["market"] = market.DeepClone(),
            ["trades"] = trades,
        };
        foreach (var (name, value) in more)
        {
            world[name] = value;
        }

        var fills = new JsonObject();
        foreach (var trade in trades.AsArray().Where(static trade => (string?)trade!["status"] == "closed"))
        {
            fills[trade!["id"]!.ToString()] = (await server.GetAsync($"/api/trades/{trade["id"]}/fills"))["data"]!.DeepClone();
        }

        world["fills"] = fills;
        var file = server.Folder.File("world.json");
        await File.WriteAllTextAsync(file, world.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", script), file]);
        Assert.True(code == 0, output + error);
        return JsonNode.Parse(output)!.AsObject();
    }

    private async Task PostCandlesAsync(string pair, string name, int minutes, int ends)
    {
        var last = new Dictionary<string, JsonObject>();
        for (var part = 0; part < 2; part++)
        {
            var items = new JsonArray();
            for (var open = -minutesLong; open < -ends - (minutes * (1 - part)); open += minutes)
            {
                if (random.Next(8) == 0)
                {
                    continue;
                }

                decimal[] prices = [.. Enumerable.Range(0, 4).Select(_ => Price()).Order()];
                var (low, high) = (prices[0], prices[3]);
                var rises = random.Next(2) == 0;
                var candle = new JsonObject
                {
                    ["trading_pair"] = random.Next(3) == 0 ? pair.ToLowerInvariant() : pair,
                    ["timeframe"] = name,
                    ["open_time"] = Time(open),
                    ["open"] = prices[rises ? 1 : 2],
                    ["high"] = high,
                    ["low"] = low,
                    ["close"] = prices[rises ? 2 : 1],
                };
                items.Add(candle.DeepClone());
                candle["stored_at"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
                last[(string)candle["open_time"]!] = candle;
            }

            await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = items }.ToJsonString());
        }

        foreach (var candle in last.Values)
        {
            candles.Add(candle.DeepClone());
        }
    }

    private async Task PostSignalsAsync(string pair, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var signal = new JsonObject { ["trading_pair"] = pair, ["timestamp"] = Time(random.Next(minutesLong) - minutesLong), ["price"] = Price(), ["signal_type"] = "HOLD", ["signal_strength"] = 0 };
            signals.Add(signal.DeepClone());
            await server.PostAsync("/api/signals", signal.ToJsonString());
        }
    }

    private async Task PostTradeAsync(int number)
    {
        var opened = random.Next(minutesLong - 5) - minutesLong;
        var trade = new JsonObject
        {
            ["trading_pair"] = Pairs[number % Pairs.Length],
            ["side"] = random.Next(2) == 0 ? "BUY" : "SELL",
            ["entry_price"] = Price(),
            ["quantity"] = random.Next(1, 1000) / 100m,
            ["leverage"] = 3,
            ["timestamp"] = Time(opened),
        };
        var closed = opened + random.Next(Math.Min(240, -opened));
        if (number % 3 == 1)
        {
            (trade["status"], trade["exit_price"], trade["closed_at"]) = ("closed", Price(), Time(closed));
        }

        var id = (long)(await server.PostAsync("/api/trades", trade.ToJsonString()))["trade_id"]!;
        if (number % 3 == 2)
        {
            await PostFillsAsync(id, (decimal)trade["quantity"]!, opened, closed);
        }
    }

    /// <summary>Posts entries and partial exits of a trade, and at last the exit that closes it.</summary>
    private async Task PostFillsAsync(long id, decimal open, int opened, int closed)
    {
        foreach (var at in Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(opened, closed + 1)).Order())
        {
            var isEntry = random.Next(2) == 0 || open < 0.02m;
            var quantity = isEntry ? random.Next(1, 1000) / 100m : Math.Round(open * random.Next(1, 9) / 10, 2);
            if (quantity > 0 && (isEntry || quantity < open))
            {
                await FillAsync(isEntry ? "entry" : "exit", quantity, at);
                open += isEntry ? quantity : -quantity;
            }
        }

        await FillAsync("exit", open, closed);

        Task FillAsync(string kind, decimal quantity, int at) => server.PostAsync($"/api/trades/{id}/fills",
            new JsonObject { ["kind"] = kind, ["price"] = Price(), ["quantity"] = quantity, ["filled_at"] = Time(at) }.ToJsonString());
    }

    private decimal Price() => 90 + (random.Next(2000) / 100m);

    /// <summary>A time so many minutes from the server's start, and at a second that differs from minute to minute.</summary>
    private static string Time(int minutes) => TestServer.Start.AddMinutes(minutes).ToString("O", CultureInfo.InvariantCulture);
}
