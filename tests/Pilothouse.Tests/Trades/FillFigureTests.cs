using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>Compares random trades with fills.py, an independent computation in fractions.</summary>
public sealed class FillFigureTests
{
    private static readonly string[] Doors = ["fills", "batch", "close"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_fills_add_up_to_what_fractions_say(int seed)
    {
        await using var server = await TestServer.StartAsync();
        var random = new Random(seed);
        var totals = new Dictionary<string, decimal>();
        foreach (var one in (await CasesAsync(seed, 60)).Select(static one => one!))
        {
            var id = (long)(await server.PostAsync("/api/trades", one["post"]!.ToJsonString()))["trade_id"]!;
            await SendAsync(server, id, one["fills"]!.AsArray(), (decimal)one["post"]!["fees"]!, random);
            var trade = (await server.GetAsync($"/api/trades/{id}"))["data"]!;
            foreach (var (field, value) in one["expected"]!.AsObject().Where(static field => field.Key != "realized"))
            {
                AssertNear($"{one.ToJsonString()} {field}", value, trade[field]);
            }

            var shown = (await server.GetAsync($"/api/trades/{id}/fills"))["data"]!.AsArray().Reverse().Where(static fill => (string?)fill!["kind"] == "exit").ToList();
            var realized = one["expected"]!["realized"]!.AsArray();
            Assert.Equal(realized.Count, shown.Count);
            Assert.All(realized.Zip(shown), pair => AssertNear($"{one.ToJsonString()} exit", pair.First, pair.Second!["realized_pnl"]));
            if (one["expected"]!["pnl"] is { } pnl)
            {
                var asset = (string)trade["settle_asset"]!;
                totals[asset] = totals.GetValueOrDefault(asset) + Number(pnl);
            }
        }

        var byCurrency = (await server.GetAsync("/api/performance"))["data"]!["by_currency"]!.AsArray().ToDictionary(static part => (string)part!["currency"]!, static part => part!["total_pnl"]!);
        Assert.Equal(["BTC", "USDT"], byCurrency.Keys.Order());
        Assert.All(totals, total => AssertNear(total.Key, JsonValue.Create(total.Value.ToString(CultureInfo.InvariantCulture)), byCurrency[total.Key]));
    }

    /// <summary>Sends the fills one by one, in batches, and exits through the close, as it happens.</summary>
    private static async Task SendAsync(TestServer server, long id, JsonArray fills, decimal fees, Random random)
    {
        for (var i = 0; i < fills.Count; i++)
        {
            var fill = fills[i]!;
            var door = Doors[random.Next(Doors.Length)];
            if (door == "close" && (string?)fill["kind"] == "exit")
            {
                fees += (decimal)fill["fees"]!;
                await server.PostAsync($"/api/trades/{id}/close", new JsonObject { ["exit_price"] = fill["price"]!.DeepClone(), ["quantity"] = fill["quantity"]!.DeepClone(), ["fees"] = fees }.ToJsonString(), 200);
                continue;
            }

            var some = fills.Skip(i).Take(door == "batch" ? 3 : 1).Select(static one => one!.DeepClone()).ToArray();
            i += some.Length - 1;
            fees += some.Sum(static one => (decimal)one["fees"]!);
            await (door == "batch"
                ? server.PostAsync($"/api/trades/{id}/fills/batch", new JsonObject { ["items"] = new JsonArray(some) }.ToJsonString())
                : server.PostAsync($"/api/trades/{id}/fills", fill.ToJsonString()));
        }
    }

    private static async Task<JsonArray> CasesAsync(int seed, int count)
    {
        var script = Repository.PathOf("tests", "Pilothouse.Tests", "Trades", "fills.py");
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [script, $"{seed}", $"{count}"]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!["trades"]!.AsArray();
    }

    private static void AssertNear(string what, JsonNode? expected, JsonNode? actual)
    {
        if (expected is null || actual is null || (string?)expected is "open" or "closed")
        {
            Assert.True((string?)expected == (string?)actual, $"{what}: {expected} is expected, {actual} is there");
            return;
        }

        var (right, found) = (Number(expected), (decimal)actual);
        Assert.True(Math.Abs(right - found) <= Math.Max(1e-9m * Math.Abs(right), 1e-15m), $"{what}: {right} is expected, {found} is there");
    }

    private static decimal Number(JsonNode text) => decimal.Parse((string)text!, NumberStyles.Float, CultureInfo.InvariantCulture);
}
