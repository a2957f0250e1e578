using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>Short forms for the tests of the circuit breaker. The clock of the server stands still until a test moves it.</summary>
internal static class BreakerServer
{
    public const string Trade = """{"trading_pair":"BTC/USDT","side":"BUY","entry_price":100,"quantity":1}""";

    public static async Task<JsonNode> StateAsync(this TestServer server, string? bot = null) =>
        (await server.GetAsync("/api/circuit-breaker" + (bot is null ? "" : $"?bot_name={bot}")))["data"]!;

    /// <summary>Stores an observation of the market at the time of the clock.</summary>
    public static Task<JsonObject> ObserveAsync(this TestServer server, string fields) => server.PostAsync("/api/market-context", $$"""{{{fields}}}""");

    /// <summary>Stores an observation at a time of its own.</summary>
    public static Task<JsonObject> ObserveAsync(this TestServer server, DateTimeOffset at, string fields) =>
        server.ObserveAsync(string.Create(CultureInfo.InvariantCulture, $"\"timestamp\":\"{at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\",{fields}"));

    /// <summary>Stores prices of BTC a minute apart, the last at the time of the clock then.</summary>
    public static async Task PricesAsync(this TestServer server, params decimal[] prices)
    {
        foreach (var price in prices)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(1));
            await server.ObserveAsync(string.Create(CultureInfo.InvariantCulture, $"\"btc_price\":{price}"));

            // It is judged before the clock goes on.
            await server.StateAsync();
        }
    }

    /// <summary>Reports a balance of a bot.</summary>
    public static Task<JsonObject> BalanceAsync(this TestServer server, string bot, decimal balance, string? mode = null) => server.PostAsync("/api/bot-status",
        string.Create(CultureInfo.InvariantCulture, $$"""{"bot_name":"{{bot}}","status":"running","balance":{{balance}}{{(mode is null ? "" : $",\"mode\":\"{mode}\"")}}}"""));

    /// <summary>Stores a trade that closed now with this profit.</summary>
    public static async Task EarnAsync(this TestServer server, string? bot, decimal pnl, string? mode = null)
    {
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await server.PostAsync("/api/trades", string.Create(CultureInfo.InvariantCulture,
            $$"""{"trading_pair":"BTC/USDT","side":"BUY","entry_price":10000,"exit_price":{{10000 + pnl}},"quantity":1,"status":"closed"{{(bot is null ? "" : $",\"bot_name\":\"{bot}\"")}}{{(mode is null ? "" : $",\"mode\":\"{mode}\"")}}}"""));
    }

    /// <summary>Waits until the followers have decided, for rows of another program.</summary>
    public static async Task<JsonNode> UntilAsync(this TestServer server, Func<JsonNode, bool> isSo, string? bot = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var state = await server.StateAsync(bot);
            if (isSo(state))
            {
                return state;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It never became so: {state.ToJsonString()}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public static async Task DemandAsync(this TestServer server, string state, bool mayTrade, string? bot = null)
    {
        var now = await server.StateAsync(bot);
        Assert.True((string?)now["state"] == state && (bool)now["may_trade"]! == mayTrade, now.ToJsonString());
    }

    /// <summary>Waits until a measure has a value.</summary>
    public static Task<JsonNode> UntilMeasureAsync(this TestServer server, string name, decimal value, string? bot = null) =>
        server.UntilAsync(state => state["measures"]!.AsArray().Any(measure => (string?)measure!["name"] == name && (string?)measure["bot_name"] == bot && (decimal?)measure["value"] is { } now && Math.Abs(now - value) < 1e-9m), bot);

    public static async Task<JsonNode[]> EventsAsync(this TestServer server, string filter = "") =>
        [.. (await server.GetAsync("/api/circuit-breaker/events" + filter))["data"]!.AsArray().Select(static one => one!)];

    public static decimal? Measure(this JsonNode state, string name, string? bot = null) =>
        (decimal?)state["measures"]!.AsArray().Single(measure => (string?)measure!["name"] == name && (string?)measure["bot_name"] == bot)!["value"];
}
