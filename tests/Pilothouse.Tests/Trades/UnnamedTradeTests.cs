using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>A trade that names no bot may be anybody's: the key of one bot leaves it alone unless the owner allows it.</summary>
public sealed class UnnamedTradeTests
{
    [Theory]
    [InlineData("false", "NULL", 403)]
    [InlineData("false", "''", 403)]
    [InlineData("false", "'  '", 403)]
    [InlineData("false", "'Alpha'", 403)]
    [InlineData("false", "'beta'", 403)]
    [InlineData("false", "'alpha'", 200)]
    [InlineData("true", "NULL", 200)]
    [InlineData("true", "''", 200)]
    [InlineData("true", "'beta'", 403)]
    [InlineData("true", "'alpha'", 200)]
    public async Task A_bots_key_changes_and_closes_its_own_trades(string allowed, string owner, int expected)
    {
        await using var server = await TestServer.StartAsync(("BOT_KEYS_MAY_CHANGE_UNNAMED", allowed));
        server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, quantity, status, bot_name) VALUES ('A/B', 'BUY', 10, 1, 'open', {owner})");
        using var bot = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"],"bot_name":"alpha"}"""))["key"]!);
        foreach (var (method, path, json) in new[] { ("PATCH", "/api/trades/1", """{"stop_loss":9}"""), ("POST", "/api/trades/1/close", """{"exit_price":11}""") })
        {
            var (status, body) = await bot.SendAsync(method, path, json);
            Assert.True(status == expected, $"{method} {path}: {status} {body.ToJsonString()}");
            Assert.Equal(expected == 403 ? "wrong-bot" : null, (string?)body["code"]);
        }

        Assert.Equal(expected == 200 ? "closed 1" : "open 0", server.Sql("SELECT max(status) || ' ' || count(stop_loss) FROM trades"));
    }

    [Fact]
    public async Task A_closed_trade_of_no_bot_tells_a_bots_key_nothing_and_a_key_for_all_bots_closes_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":11}""", 200);
        using var bot = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"],"bot_name":"alpha"}"""))["key"]!);
        var (status, body) = await bot.SendAsync("POST", "/api/trades/1/close", """{"exit_price":12}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)body["code"]));
        Assert.Contains("BOT_KEYS_MAY_CHANGE_UNNAMED", (string?)body["message"], StringComparison.Ordinal);
    }
}
