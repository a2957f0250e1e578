using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>Two real days of falling prices: the server triggers, recovers and clears exactly where an independent computation says.</summary>
public sealed class BreakerOnCandlesTests
{
    private static readonly string[] Files = ["btc-usd-1m-2018-04-04_05.csv", "eth-usd-1m-2018-04-04_05.csv"];

    /// <summary>tests/tools/breaker.py searches every window anew, in decimal. The limits are low, so that there is something to decide.</summary>
    [Theory]
    [InlineData("1/5m,2.5/1h,4/4h", "1.5/5m,3/1h,5/4h", 2, 10)]
    [InlineData("0.5/3m", "0.6/3m,2/30m", 3, 14)]
    public async Task It_decides_at_the_observations_that_the_definition_says_and_at_no_other(string btc, string eth, int confirmations, int atLeast)
    {
        var expected = await ExpectedAsync(btc, eth, confirmations);
        Assert.True(expected.Length >= atLeast, $"Only {expected.Length} events are expected.");

        var observations = Observations();
        var folder = new TemporaryFolder();
        await using var server = await TestServer.StartAsync(folder, new FakeTimeProvider(observations[0].At.AddMinutes(-1)),
            ("CIRCUIT_BREAKER_BTC_DUMP", btc), ("CIRCUIT_BREAKER_ETH_DUMP", eth), ("CIRCUIT_BREAKER_CONFIRMATIONS", confirmations.ToString(CultureInfo.InvariantCulture)));
        foreach (var (at, fields) in observations)
        {
            server.Clock.AdjustTime(at);
            await server.StateAsync();
            await server.ObserveAsync(at, fields);
            await server.StateAsync();
        }

        var events = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await server.GetAsync($"/api/circuit-breaker/events?limit=500{cursor}");
            events.AddRange(page["data"]!.AsArray().Select(static one => Told(one!)));
            cursor = page["next_cursor"] is { } next ? $"&cursor={next}" : null;
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), events.Order(StringComparer.Ordinal));
    }

    /// <summary>What of an event is compared. The prices at the beginning of a recovery are those of the asset that fell.</summary>
    private static string Told(JsonNode one)
    {
        var recovery = one["recovery_conditions_met"];
        var price = (string?)one["trigger_type"] == "btc_dump" ? recovery?["btc_price"] : recovery?["eth_price"];
        var measure = (string)one["trigger_details"]!["measure"]!;
        return string.Create(CultureInfo.InvariantCulture,
            $"{one["trigger_type"]} {one["triggered_at"]} {measure[(measure.LastIndexOf('_') + 1)..]} {recovery?["recovering_since"]} {(double?)price} {one["cleared_at"]}");
    }

    private static async Task<string[]> ExpectedAsync(string btc, string eth, int confirmations)
    {
        var (code, output, error) = await Tool.RunAsync("python3", [
            Repository.PathOf("tests", "tools", "breaker.py"), .. Files.Select(static file => Repository.PathOf("samples", "data", file)),
            "--btc", btc, "--eth", eth, "--confirmations", confirmations.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(code == 0, error);
        return [.. output.Trim().Split('\n').Select(static line => JsonNode.Parse(line)!).Select(static one => string.Create(CultureInfo.InvariantCulture,
            $"{one["type"]} {one["triggered_at"]} {one["window"]} {one["since"]} {(double?)one["price"]} {one["cleared_at"]}"))];
    }

    /// <summary>The closes of both pairs by the minute in which they are known, each as it stands in the file.</summary>
    private static (DateTimeOffset At, string Fields)[] Observations()
    {
        var fields = new SortedDictionary<DateTimeOffset, List<string>>();
        foreach (var (file, field) in Files.Zip(["btc_price", "eth_price"]))
        {
            foreach (var cells in File.ReadLines(Repository.PathOf("samples", "data", file)).Skip(1).Select(static line => line.Split(',')))
            {
                var at = DateTimeOffset.Parse(cells[0], CultureInfo.InvariantCulture).AddMinutes(1);
                if (!fields.TryGetValue(at, out var known))
                {
                    fields.Add(at, known = []);
                }

                known.Add($"\"{field}\":{cells[4]}");
            }
        }

        return [.. fields.Select(static minute => (minute.Key, string.Join(',', minute.Value)))];
    }
}
