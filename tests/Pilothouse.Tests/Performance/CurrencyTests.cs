using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Trades;

namespace Pilothouse.Tests.Performance;

/// <summary>Currencies (docs/metrics.md): amounts of different settle assets are never simply added.</summary>
public sealed class CurrencyTests
{
    private static readonly string[] Money =
    [
        "total_pnl", "avg_win", "avg_loss", "max_win", "max_loss", "risk_reward_ratio", "total_fees", "best_day", "worst_day", "profit_factor", "expectancy",
        "expectancy_ratio", "max_drawdown", "max_drawdown_percent", "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio", "sqn",
    ];

    [Theory]
    [InlineData("SUI/USDC", "USDC")]
    [InlineData("suiusdc", "USDC")]
    [InlineData("SUIUSDC", "USDC")]
    [InlineData("XRP/USDT:USDT", "USDT")]
    [InlineData("BTC/USD:BTC", "BTC")]
    [InlineData("BTC/USD:BTC-251226", "BTC")]
    [InlineData("BTC/USDT:USDT-251226-100000-C", "USDT")]
    [InlineData("kPEPE/USDC:USDC", "USDC")]
    [InlineData("币安人生/USDT:USDT", "USDT")]
    [InlineData("ETH/BTC", "BTC")]
    [InlineData("ETHBTC", "BTC")]
    [InlineData("BTC/EUR", "EUR")]
    [InlineData("BTC-USD", "USD")]
    [InlineData("BTC_USDT", "USDT")]
    [InlineData("DOTUSD", "USD")]
    [InlineData("BNBUSD", "USD")]
    [InlineData("BTCFDUSD", "FDUSD")]
    [InlineData("BTCBUSD", "BUSD")]
    [InlineData("ES1!", null)]
    [InlineData("@107", null)]
    [InlineData("USDT", null)]
    [InlineData("BTC/", null)]
    [InlineData(" ", null)]
    [InlineData(null, null)]
    public void The_settle_asset_is_read_from_the_pair(string? pair, string? asset) => Assert.Equal(asset, SettleAsset.Of(pair));

    [OnlyOnSqlite("the Python script that makes the rows opens the file")]
    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(26)]
    [InlineData(27)]
    public async Task Agrees_with_the_independent_computation(int seed)
    {
        await using var server = await TestServer.StartAsync();
        var rows = 0;
        foreach (var step in new[] { 60, 60, 10_000 })
        {
            await Numpy.RunAsync("accounts.py", "make", Text(seed), server.DatabasePath, Text(rows), Text(rows + step));
            rows += step;
            await AccountTests.ExpectAsync(server, null, step < 10_000 ? ["{}"] :
                ["{}", """{"currency":"BTC"}""", """{"currency":"usdt"}""", """{"currency":"USD"}""", """{"bot_name":"a","period":"monthly"}""", """{"starting_balance":900}""",
                 """{"period":"weekly"}""", """{"mode":"paper"}""", """{"from_date":"2026-01-05T00:00:00","trading_pair":"F/BTC"}""", """{"tz":"Asia/Kolkata","side":"SELL"}"""]);
        }
    }

    [Fact]
    public async Task Amounts_of_assets_that_are_no_dollars_are_not_added()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await TradeAsync(server, "SUI/USDC", 5);
        await TradeAsync(server, "SUIUSDT", 7);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((12m, "USD"), ((decimal)data["total_pnl"]!, (string?)data["basis"]!["currency"]));
        await TradeAsync(server, "SOL/BTC", 1);
        await TradeAsync(server, "ETH/BTC", -2);
        data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.All(Money, field => Assert.Null(data[field]));
        Assert.All(Money, field => Assert.Equal("2 trades in BTC have no price in USD", (string?)data["undefined"]![field]));
        Assert.Equal((4L, 3L, 1L, 75.0), ((long)data["total_trades"]!, (long)data["winning_trades"]!, (long)data["losing_trades"]!, (double)data["win_rate"]!));
        Assert.Equal("BTC -1,USDC 5,USDT 7", string.Join(',', data["by_currency"]!.AsArray().Select(each => $"{each!["currency"]} {each["total_pnl"]}")));
        var btc = (await server.GetAsync("/api/performance?currency=btc"))["data"]!;
        Assert.Equal((2L, -1m, "BTC"), ((long)btc["total_trades"]!, (decimal)btc["total_pnl"]!, (string?)btc["basis"]!["currency"]));
    }

    [Fact]
    public async Task Equity_that_trades_of_several_currencies_moved_is_not_known()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await TradeAsync(server, "ETH/BTC", -2);
        await TradeAsync(server, "XRP/BTC", -2);
        server.Clock.Advance(TimeSpan.FromDays(2));
        await TradeAsync(server, "SUI/USDC", 5);
        foreach (var query in new[] { "trading_pair=SUI/USDC", "period=daily", "currency=USDC" })
        {
            var data = (await server.GetAsync("/api/performance?" + query))["data"]!;
            Assert.Equal((1L, 5m, "USDC"), ((long)data["total_trades"]!, (decimal)data["total_pnl"]!, (string?)data["basis"]!["currency"]));
            Assert.Equal("2 trades in BTC have no price in USD", (string?)data["undefined"]!["max_drawdown_percent"]);
        }
    }

    [Fact]
    public async Task By_currency_is_always_there()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("[]", (await server.GetAsync("/api/performance"))["data"]!["by_currency"]!.ToJsonString());
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, pnl, status) VALUES ('ES1!', 'BUY', 100, 1, 5, 'closed')");
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(("USD", 5m), ((string?)data["by_currency"]![0]!["currency"], (decimal)data["by_currency"]![0]!["total_pnl"]!));
    }

    private static Task<JsonObject> TradeAsync(TestServer server, string pair, int pnl) => server.PostAsync("/api/trades",
        $$"""{"trading_pair":"{{pair}}","side":"BUY","status":"closed","entry_price":100,"exit_price":{{100 + pnl}},"quantity":1}""");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
