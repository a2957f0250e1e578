using System.Globalization;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Money comes back as it was sent, or is refused; it is never rounded.</summary>
public sealed class ExactMoneyTests
{
    [Theory]
    [InlineData("0.30000000000000004", true)]
    [InlineData("123456789.12345679", true)]
    [InlineData("1e-28", true)]
    [InlineData("1.5e-27", true)]
    [InlineData("0.00000000000001234567890123", true)]
    [InlineData("3.4567000000000000000000000", true)]
    [InlineData("1e28", true)]
    [InlineData("100000000000000000000", true)]
    [InlineData("1.5e-28", false)]
    [InlineData("1.2345678901234567e-13", false)]
    [InlineData("0.00000000000000123456789012345", false)]
    [InlineData("1.2345678901234567890", false)]
    [InlineData("12345678901234567890", false)]
    [InlineData("9007199254740993", false)]
    [InlineData("0.3333333333333333333333333333", false)]
    [InlineData("1e-29", false)]
    public async Task A_price_comes_back_as_it_was_sent_or_is_refused(string price, bool kept)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync("/api/signals", $$"""{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":{{price}}}""", kept ? 201 : 400);
        if (!kept)
        {
            Assert.Equal("price", (string?)answer["details"]![0]!["field"]);
            Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
            return;
        }

        using var read = await server.Client.RawAsync("GET", "/api/signals/latest");
        var text = Encoding.UTF8.GetString(await read.Content.ReadAsByteArrayAsync());
        var stored = text[(text.IndexOf("\"price\":", StringComparison.Ordinal) + 8)..].Split(',')[0];
        Assert.Equal(decimal.Parse(price, NumberStyles.Float, CultureInfo.InvariantCulture), decimal.Parse(stored, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"FIELD":VALUE}""", "stop_loss fees take_profit")]
    [InlineData("/api/bot-status", """{"bot_name":"b","status":"running","FIELD":VALUE}""", "balance total_pnl")]
    [InlineData("/api/market-context", """{"fear_greed_index":3,"FIELD":VALUE}""", "btc_price eth_price total_market_cap liquidations_1h")]
    [InlineData("/api/cost-analytics", """{"api_name":"a","operation_type":"o","FIELD":VALUE}""", "estimated_cost")]
    public async Task Every_field_of_money_does_so(string path, string body, string fields)
    {
        await using var server = await TestServer.StartAsync();
        foreach (var field in fields.Split(' '))
        {
            var answer = await server.PostAsync(path, body.Replace("FIELD", field, StringComparison.Ordinal).Replace("VALUE", "1.234567890123456789", StringComparison.Ordinal), 400);
            Assert.Equal(field, (string?)answer["details"]![0]!["field"]);
        }
    }

    [Fact]
    public async Task A_profit_that_would_become_0_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1e-20,"quantity":1e-10}""");
        Assert.Equal("exit_price", (string?)(await server.PostAsync("/api/trades/1/close", """{"exit_price":2e-20}""", 400))["details"]![0]!["field"]);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":1e-20}""", 200);
    }

    [Fact]
    [OnlyOnSqlite("a column of PostgreSQL refuses what the server's decimals cannot hold")]
    public async Task A_stored_value_that_is_too_small_to_show_is_null()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""");
        server.Sql("UPDATE trades SET stop_loss = 1e-30");
        Assert.Null((await server.GetAsync("/api/trades/1"))["data"]!["stop_loss"]);
    }
}
