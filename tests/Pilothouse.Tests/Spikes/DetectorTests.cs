using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Spikes;

/// <summary>True and false positives of each detector are those of tests/tools/detectors.py, which judges the same rows with pandas.</summary>
public sealed class DetectorTests
{
    private static readonly string?[] Detectors = ["watcher", "volume", null];
    private static readonly string[] Statuses = ["detected", "analyzed", "skipped", "traded"];
    private static readonly string[] Pairs = ["BTC/USDT", "SUI/USDC"];

    [Theory]
    [InlineData(1, "", 1)]
    [InlineData(2, "?horizon=4&direction=pump", 4)]
    [InlineData(3, "?horizon=24&from_date=2026-03-01T00:00:00Z", 24)]
    public async Task The_figures_of_the_detectors_are_those_of_pandas(int seed, string query, int hours)
    {
        await using var server = await TestServer.StartAsync();
        var random = new Random(seed);
        string Time(int minutes) => TestServer.Start.AddMinutes(minutes).ToString("O", CultureInfo.InvariantCulture);
        var candles = new JsonArray();
        foreach (var pair in Pairs)
        {
            for (var open = -3600; open < 0; open += 15)
            {
                var close = 100 + random.Next(8);
                candles.Add(new JsonObject { ["trading_pair"] = pair, ["timeframe"] = "15m", ["open_time"] = Time(open), ["known_at"] = Time(open + 15), ["open"] = close, ["high"] = 200, ["low"] = 50, ["close"] = close });
            }
        }

        var trades = new JsonArray();
        for (var i = 0; i < 40; i++)
        {
            var trade = new JsonObject { ["trading_pair"] = Pairs[0], ["side"] = "BUY", ["entry_price"] = 100, ["quantity"] = 1, ["timestamp"] = Time(-3000) };
            if (i % 4 != 0)
            {
                (trade["status"], trade["exit_price"], trade["closed_at"]) = ("closed", 99 + random.Next(3), Time(-100));
            }

            trades.Add(trade);
        }

        var spikes = new JsonArray();
        for (var i = 0; i < 300; i++)
        {
            var status = Statuses[random.Next(4)];
            var spike = new JsonObject
            {
                ["timestamp"] = Time(-random.Next(3300)),
                ["trading_pair"] = Pairs[random.Next(2)],
                ["spike_type"] = "price",
                ["direction"] = random.Next(2) == 0 ? "pump" : "dump",
                ["magnitude_percent"] = 3,
                ["timeframe_minutes"] = 5,
                ["price_from"] = 100,
                ["price_to"] = 103,
                ["agent_detected_by"] = Detectors[random.Next(3)],
                ["status"] = status,
                ["confidence_score"] = random.Next(3) == 0 ? null : Math.Round(random.NextDouble(), 3),
                ["detection_latency_ms"] = random.Next(3) == 0 ? null : random.Next(2000),
            };
            spike["skip_reason"] = status == "skipped" ? "thin" : null;
            spike["trade_id"] = status == "traded" ? 1 + random.Next(40) : null;
            spikes.Add(spike);
        }

        await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = candles.DeepClone() }.ToJsonString());
        await server.PostAsync("/api/trades/batch", new JsonObject { ["items"] = trades }.ToJsonString());
        await server.PostAsync("/api/spikes/batch", new JsonObject { ["items"] = spikes.DeepClone() }.ToJsonString());
        server.Sql("UPDATE trades SET status = 'voided' WHERE id = 2");
        var data = (await server.GetAsync($"/api/spikes/detectors{query}"))["data"]!.AsArray();
        var file = server.Folder.File("asked.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["horizon_hours"] = hours,
            ["direction"] = query.Contains("pump", StringComparison.Ordinal) ? "pump" : null,
            ["from"] = query.Contains("from_date", StringComparison.Ordinal) ? "2026-03-01T00:00:00Z" : null,
            ["spikes"] = spikes,
            ["candles"] = candles,
            ["trades"] = (await server.GetAsync("/api/trades?limit=500"))["data"]!.DeepClone(),
        }.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "detectors.py"), file]);
        Assert.True(code == 0, output + error);
        var expected = JsonNode.Parse(output)!.AsObject();
        Assert.Equal(expected.Select(static one => one.Key).Order(), data.Select(static one => (string?)one!["agent_detected_by"] ?? "").Order());
        foreach (var figures in data)
        {
            foreach (var (name, value) in expected[(string?)figures!["agent_detected_by"] ?? ""]!.AsObject())
            {
                var ours = figures[name];
                Assert.True((value is null) == (ours is null), $"{name}: {ours} instead of {value}");
                Assert.True(value is null || Math.Abs(Number(value) - Number(ours!)) <= 1e-9 * Math.Max(1, Math.Abs(Number(value))), $"{name}: {ours} instead of {value}");
            }
        }

        Assert.True(data.Sum(static one => (long)one!["true_positives"]! - (long)one["true_by_trade"]!) > 0 && data.Sum(static one => (long)one!["false_by_trade"]!) > 0);
    }

    private static double Number(JsonNode value) => value.ToJsonString() switch { "true" => 1, "false" => 0, var text => double.Parse(text, CultureInfo.InvariantCulture) };
}
