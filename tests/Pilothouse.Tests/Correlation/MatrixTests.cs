using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Correlation;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Correlation;

/// <summary>The matrix of correlations is that of tests/tools/correlation.py, which computes it with pandas from the same rows.</summary>
public sealed class MatrixTests
{
    private static readonly string[] Shipped = ["btc", "eth", "ltc"];

    /// <summary>The candles of samples/data, moved by whole days so that they end before the test's now.</summary>
    [Fact]
    public async Task The_matrix_of_the_shipped_candles_is_that_of_pandas()
    {
        await using var server = await TestServer.StartAsync();
        var moved = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero) - new DateTimeOffset(2018, 4, 6, 0, 0, 0, TimeSpan.Zero);
        var candles = new JsonArray();
        foreach (var asset in Shipped)
        {
            var lines = await File.ReadAllLinesAsync(Repository.PathOf("samples", "data", $"{asset}-usd-1m-2018-04-04_05.csv"));
            var names = lines[0].Split(',');
            foreach (var fields in lines.Skip(1).Select(static line => line.Split(',')))
            {
                string Of(string name) => fields[Array.FindIndex(names, one => one.Equals(name, StringComparison.OrdinalIgnoreCase))];
                var time = DateTimeOffset.Parse(Of(names[0]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) + moved;
                candles.Add(new JsonObject
                {
                    ["trading_pair"] = $"{asset}/USD",
                    ["timeframe"] = "1m",
                    ["open_time"] = time.ToString("O", CultureInfo.InvariantCulture),
                    ["open"] = decimal.Parse(Of("open"), CultureInfo.InvariantCulture),
                    ["high"] = decimal.Parse(Of("high"), CultureInfo.InvariantCulture),
                    ["low"] = decimal.Parse(Of("low"), CultureInfo.InvariantCulture),
                    ["close"] = decimal.Parse(Of("close"), CultureInfo.InvariantCulture),
                });
            }
        }

        foreach (var part in candles.Select(static candle => candle!.DeepClone()).Chunk(5000))
        {
            await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = new JsonArray(part) }.ToJsonString());
        }

        var answer = await server.PostAsync("/api/correlation/compute", """{"period_days":7}""");
        var data = answer["data"]!;
        Assert.Equal(3, (int)answer["count"]!);
        Assert.Equal(["BTC", "ETH", "LTC"], data["assets"]!.AsArray().Select(static one => (string?)one));
        await AssertIsOfPandasAsync(server, data, 7, null, candles, [], []);
        Assert.Equal(data.ToJsonString(), (await server.GetAsync("/api/correlation/matrix"))["data"]!.ToJsonString());
        var stored = (await server.GetAsync("/api/correlation?asset1=LTC&asset2=BTC"))["data"]!;
        Assert.Equal(((double)data["matrix"]![0]![2]!, (int)data["samples"]![0]![2]!), ((double)stored["correlation_value"]!, (int)stored["samples"]!));
    }

    /// <summary>All sources, pairs of several spellings and quotes, gaps, and assets of which too little is known.</summary>
    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "BTC,SUI,KPEPE,NONE")]
    public async Task The_matrix_of_mixed_prices_is_that_of_pandas(int seed, string? assets)
    {
        await using var server = await TestServer.StartAsync();
        var (candles, signals, market) = Made(new Random(seed));
        foreach (var (path, items) in new[] { ("candles", candles), ("signals", signals), ("market-context", market) })
        {
            foreach (var part in items.Select(static item => item!.DeepClone()).Chunk(5000))
            {
                var rows = part.Select(static item => item.AsObject()).ToArray();
                await server.PostAsync($"/api/{path}/batch", new JsonObject { ["items"] = new JsonArray([.. rows]) }.ToJsonString());
            }
        }

        var body = new JsonObject { ["period_days"] = 3 };
        if (assets is not null)
        {
            body["assets"] = new JsonArray([.. assets.Split(',').Select(static asset => JsonValue.Create(asset.ToLowerInvariant()))]);
        }

        var data = (await server.PostAsync("/api/correlation/compute", body.ToJsonString()))["data"]!;
        await AssertIsOfPandasAsync(server, data, 3, assets?.Split(','), candles, signals, market);
        Assert.Equal(assets is null ? 0 : 3, data["undefined"]!.AsObject().Count(static one => one.Key.Contains("NONE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Each_hour_the_matrix_of_the_last_complete_hour_is_stored_once()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Null((await server.GetAsync("/api/correlation/matrix"))["data"]);
        var keeper = server.Services.GetRequiredService<CorrelationKeeper>();
        Assert.Equal(0, await keeper.RunAsync(CancellationToken.None));
        Assert.Null((await server.GetAsync("/api/correlation/matrix"))["data"]);

        var (candles, signals, _) = Made(new Random(3));
        await server.PostAsync("/api/candles/batch", new JsonObject { ["items"] = new JsonArray([.. candles.Take(5000).Select(static one => one!.DeepClone())]) }.ToJsonString());
        await server.PostAsync("/api/signals/batch", new JsonObject { ["items"] = new JsonArray([.. signals.Take(5000).Select(static one => one!.DeepClone())]) }.ToJsonString());
        var stored = await keeper.RunAsync(CancellationToken.None);
        Assert.True(stored > 0);
        Assert.Equal(0, await keeper.RunAsync(CancellationToken.None));
        Assert.Equal(stored.ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM correlation_data"));
        var matrix = (await server.GetAsync("/api/correlation/matrix"))["data"]!;
        Assert.Equal(("2026-03-02T12:00:00+00:00", "2026-02-23T12:00:00+00:00"), ((string?)matrix["to"], (string?)matrix["from"]));
        server.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await keeper.RunAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("""{"assets":["BTC"]}""", "assets", "must be 2 to 100 assets")]
    [InlineData("""{"assets":["BTC","btc"]}""", "assets", "must not have an asset twice")]
    [InlineData("""{"assets":["BTC",""]}""", "assets", "must be assets of 1 to 20 printable characters, such as BTC")]
    [InlineData("""{"period_days":366}""", "period_days", "must be from 1 to 365")]
    [InlineData("""{"period_day":7}""", "period_day", "is not a field here; the right name is period_days")]
    public async Task What_cannot_be_computed_is_refused_by_the_name_of_its_field(string body, string field, string message)
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/correlation/compute", body);
        Assert.Equal((400, field, message), (status, (string?)refusal["details"]![0]!["field"], (string?)refusal["details"]![0]!["message"]));
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/correlation/compute", "{}")).Status);
    }

    private static async Task AssertIsOfPandasAsync(
        TestServer server, JsonNode data, int periodDays, string[]? assets, JsonArray candles, JsonArray signals, JsonArray market)
    {
        var file = server.Folder.File("asked.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            ["period_days"] = periodDays,
            ["assets"] = assets is null ? null : new JsonArray([.. assets.Select(static asset => JsonValue.Create(asset))]),
            ["candles"] = candles.DeepClone(),
            ["signals"] = signals.DeepClone(),
            ["market"] = market.DeepClone(),
        }.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "correlation.py"), file]);
        Assert.True(code == 0, output + error);
        var expected = JsonNode.Parse(output)!;
        Assert.Equal(expected["assets"]!.ToJsonString(), data["assets"]!.ToJsonString());
        Assert.Equal(expected["samples"]!.ToJsonString(), data["samples"]!.ToJsonString());
        var (theirs, ours) = (expected["matrix"]!.AsArray(), data["matrix"]!.AsArray());
        var known = 0;
        for (var row = 0; row < theirs.Count; row++)
        {
            for (var column = 0; column < theirs.Count; column++)
            {
                var (one, other) = (theirs[row]![column], ours[row]![column]);
                Assert.True((one is null) == (other is null), $"{row}, {column}: {other} instead of {one}");
                Assert.True(one is null || Math.Abs((double)one - (double)other!) <= 1e-9, $"{row}, {column}: {other} instead of {one}");
                known += one is null ? 0 : 1;
            }
        }

        Assert.True(known > theirs.Count);
    }

    private static (JsonArray Candles, JsonArray Signals, JsonArray Market) Made(Random random)
    {
        var (candles, signals, market) = (new JsonArray(), new JsonArray(), new JsonArray());
        string Time(double minutes) => TestServer.Start.AddMinutes(minutes).ToString("O", CultureInfo.InvariantCulture);
        double Price() => Math.Round(100 + (random.NextDouble() * 10), 4);
        foreach (var (pair, timeframe, minutes) in new[]
            { ("BTC/USDT", "5m", 5), ("BTC/USDT", "1h", 60), ("ETHUSDC", "1m", 1), ("sui/USDC", "15m", 15), ("SUI/BTC", "1h", 60), ("KPEPE/USDC:USDC", "30m", 30), ("SOL-USD", "4h", 240) })
        {
            for (var open = -4000 / minutes * minutes; open < 0; open += minutes)
            {
                if (random.Next(minutes == 1 ? 2 : 6) == 0)
                {
                    continue;
                }

                var (low, close) = (Price() - 20, Price());
                candles.Add(new JsonObject
                {
                    ["trading_pair"] = pair,
                    ["timeframe"] = timeframe,
                    ["open_time"] = Time(open),
                    ["open"] = close,
                    ["high"] = 200,
                    ["low"] = low,
                    ["close"] = close,
                });
            }
        }

        foreach (var pair in new[] { "BTC/USDT", "SUIUSDT", "SOL/USDC", "ADA_USDC", "ADA/EUR", "XRP/USDT:USDT-261225", "FEW/USDC" })
        {
            for (var i = 0; i < (pair[0] == 'F' ? 12 : 300); i++)
            {
                signals.Add(new JsonObject
                { ["trading_pair"] = pair, ["signal_type"] = "HOLD", ["signal_strength"] = 0, ["price"] = Price(), ["timestamp"] = Time(-Math.Round(random.NextDouble() * 4000, 3)) });
            }
        }

        for (var i = 0; i < 200; i++)
        {
            market.Add(new JsonObject { ["timestamp"] = Time(-Math.Round(random.NextDouble() * 4000, 3)), ["btc_price"] = random.Next(2) == 0 ? null : Price(), ["eth_price"] = Price() });
        }

        return (candles, signals, market);
    }
}
