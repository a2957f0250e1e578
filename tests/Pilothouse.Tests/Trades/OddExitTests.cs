using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>Exits that are rare and real: a price of 0, and a history that knows only when a trade closed.</summary>
public sealed class OddExitTests
{
    [Fact]
    public async Task An_option_that_expires_or_a_coin_that_is_delisted_exits_at_0()
    {
        await using var server = await TestServer.StartAsync();
        var opened = await server.PostAsync("/api/trades", """{"trading_pair":"A/USDC","side":"BUY","entry_price":2.5,"quantity":4,"fees":0.5}""");
        var closed = await server.PostAsync($"/api/trades/{(long)opened["trade_id"]!}/close", """{"exit_price":0}""", 200);
        Assert.Equal(("0", "-10.5"), (closed["data"]!["exit_price"]!.ToString(), closed["data"]!["pnl"]!.ToString()));
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDC","side":"SELL","entry_price":2.5,"quantity":4,"status":"closed","exit_price":0}""");
        Assert.Equal("10", (await server.GetAsync("/api/trades?side=SELL"))["data"]![0]!["pnl"]!.ToString());
        Assert.Equal("-0.5", (await server.GetAsync("/api/performance"))["data"]!["total_pnl"]!.ToString());
        Assert.Equal(400, (await server.Client.SendAsync("POST", "/api/trades", """{"trading_pair":"A/USDC","side":"SELL","entry_price":2.5,"quantity":4,"status":"closed","exit_price":-1}""")).Status);
    }

    [Fact]
    public async Task A_closed_import_without_a_timestamp_has_that_of_its_close()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDC","side":"BUY","entry_price":1,"quantity":1,"status":"closed","exit_price":2,"closed_at":"2025-01-02T03:04:05Z"}""");
        var trade = (await server.GetAsync("/api/trades"))["data"]![0]!;
        Assert.Equal("2025-01-02T03:04:05+00:00", (string?)trade["timestamp"]);
        Assert.Equal("2025-01-02T03:04:05+00:00", (string?)trade["closed_at"]);
    }
}
