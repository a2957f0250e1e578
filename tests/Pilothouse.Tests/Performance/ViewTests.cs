using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>The curve of the equity, the days, the split trades and the distribution of results (docs/metrics.md).</summary>
public sealed class ViewTests
{
    /// <summary>Asks each path about the same trades, and compares every figure with the independent computation.</summary>
    internal static async Task ExpectAsync(TestServer server, string query, JsonObject expected)
    {
        var withoutBalance = string.Join('&', query.Split('&').Where(static part => !part.StartsWith("starting_balance=", StringComparison.Ordinal)));
        foreach (var (by, groups) in expected["by"]!.AsObject())
        {
            var path = $"/api/performance/by?by={by}&{withoutBalance}";
            Compare(path, groups!.AsArray(), (await server.GetAsync(path))["data"]!["groups"]!.AsArray());
        }

        var distribution = $"/api/performance/distribution?{string.Join('&', withoutBalance.Split('&').Where(static part => !part.StartsWith("tz=", StringComparison.Ordinal)))}";
        var results = (await server.GetAsync(distribution))["data"]!;
        foreach (var part in new[] { "money", "percent" })
        {
            Assert.Equal(expected[part] is null, results[part] is null);
            if (expected[part] is JsonObject numbers)
            {
                Numpy.Compare($"{distribution} {part}", numbers, results[part]!.AsObject());
                Compare($"{distribution} {part}", numbers["bins"]!.AsArray(), results[part]!["bins"]!.AsArray());
            }
        }

        // The last report of a bot that has no percent figures begins no curve.
        if (expected["equity"] is JsonArray points)
        {
            var equity = "/api/performance/equity?" + query;
            Compare(equity, points, (await server.GetAsync(equity))["data"]!["points"]!.AsArray());
            var daily = "/api/performance/daily?" + query;
            Compare(daily, expected["daily"]!.AsArray(), (await server.GetAsync(daily))["data"]!["days"]!.AsArray());
        }
    }

    private static void Compare(string what, JsonArray expected, JsonArray actual)
    {
        Assert.True(expected.Count == actual.Count, $"{what}: {expected.Count} are expected, and {actual.Count} were answered");
        for (var i = 0; i < expected.Count; i++)
        {
            Numpy.Compare($"{what} [{i}]", expected[i]!.AsObject(), actual[i]!.AsObject());
        }
    }
}
