using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>What a trade is counted in: contracts, settle assets, fees in another asset, funding, and its first stop.</summary>
public sealed class ContractTests
{
    /// <summary>Linear: (110 − 100) × 3 × 0.1 − 0.002 × 600 + 0.5 = 2.3. Inverse: (1 ÷ 50000 − 1 ÷ 62500) × 1000 × 100 = 0.4, less 0.01 of fees.</summary>
    [Theory]
    [InlineData("""{"trading_pair":"SOL/USDT:USDT","side":"BUY","entry_price":100,"quantity":3,"contract_size":0.1,"exit_price":110,"fees":0.002,"fee_asset":"bnb","fee_rate":600,"funding":0.5}""", "2.3", "USDT", "linear", "1.2")]
    [InlineData("""{"trading_pair":"BTC/USD:BTC","side":"long","entry_price":50000,"quantity":1000,"contract_size":100,"exit_price":62500,"fees":0.01}""", "0.39", "BTC", "inverse", "0.01")]
    [InlineData("""{"trading_pair":"btc/usd:btc-261225","side":"SELL","entry_price":50000,"quantity":1000,"contract_size":100,"exit_price":62500}""", "-0.4", "BTC", "inverse", "0")]
    [InlineData("""{"trading_pair":"BTC/USD:BTC","side":"BUY","entry_price":50000,"quantity":2,"exit_price":50010,"contract_type":"linear"}""", "20", "BTC", "linear", "0")]
    [InlineData("""{"trading_pair":"BTC/USD:BTC","side":"BUY","entry_price":50000,"quantity":2,"exit_price":50010,"settle_asset":"usdt"}""", "20", "USDT", "linear", "0")]
    [InlineData("""{"trading_pair":"XBTUSD","side":"BUY","entry_price":50000,"quantity":100000,"exit_price":62500,"contract_type":"Inverse","settle_asset":"XBT"}""", "0.4", "XBT", "inverse", "0")]
    [InlineData("""{"trading_pair":"A/USDC","side":"BUY","entry_price":10,"quantity":2,"exit_price":11,"fees":1,"fee_asset":"USDC","fee_rate":1,"settle_asset":"USDC"}""", "1", "USDC", "linear", "1")]
    public async Task The_profit_follows_the_contract_and_the_figures_follow_the_settle_asset(string json, string pnl, string asset, string type, string fees)
    {
        await using var server = await TestServer.StartAsync();

        // Once closed by the API, and once imported closed.
        var open = JsonNode.Parse(json)!.AsObject();
        open.Remove("exit_price");
        await server.PostAsync("/api/trades", open.ToJsonString());
        await server.PostAsync("/api/trades/1/close", $$"""{"exit_price":{{JsonNode.Parse(json)!["exit_price"]}}}""", 200);
        await server.PostAsync("/api/trades", json.Replace("{", """{"status":"closed",""", StringComparison.Ordinal));
        foreach (var trade in (await server.GetAsync("/api/trades"))["data"]!.AsArray())
        {
            Assert.Equal((decimal.Parse(pnl), asset, type), (Math.Round((decimal)trade!["pnl"]!, 12), (string?)trade["settle_asset"], (string?)trade["contract_type"]));
        }

        var figures = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((asset, 2 * decimal.Parse(pnl), 2 * decimal.Parse(fees)),
            ((string?)figures["basis"]!["currency"], Math.Round((decimal)figures["total_pnl"]!, 12), Math.Round((decimal)figures["total_fees"]!, 12)));
        Assert.Equal(2, (int)(await server.GetAsync($"/api/performance?currency={asset}"))["data"]!["total_trades"]!);
    }

    [Theory]
    [InlineData(""" "fee_asset":"BNB" """, "fee_rate")]
    [InlineData(""" "fee_rate":2 """, "fee_rate")]
    [InlineData(""" "fee_asset":"USDT","fee_rate":2 """, "fee_rate")]
    [InlineData(""" "fee_asset":"BNB","fee_rate":0 """, "fee_rate")]
    [InlineData(""" "fee_asset":"BNB","fee_rate":-1 """, "fee_rate")]
    [InlineData(""" "fee_asset":" " """, "fee_asset")]
    [InlineData(""" "settle_asset":"" """, "settle_asset")]
    [InlineData(""" "settle_asset":"US\u0000DT" """, "settle_asset")]
    [InlineData(""" "contract_size":0 """, "contract_size")]
    [InlineData(""" "contract_size":"1" """, "contract_size")]
    [InlineData(""" "contract_type":"swap" """, "contract_type")]
    [InlineData(""" "funding":true """, "funding")]
    [InlineData(""" "contract_sizes":1 """, "contract_sizes")]
    [InlineData(""" "status":"closed","exit_price":0,"contract_type":"inverse" """, "exit_price")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string fields, string field) => WriteChecks.RefusesAsync(
        "/api/trades", $$"""{"trading_pair":"A/USDT","side":"BUY","entry_price":1,"quantity":1,{{fields}}}""", "trades", field);

    [Fact]
    public async Task Fees_in_another_asset_and_funding_may_become_known_at_the_close_or_after_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDT","side":"BUY","entry_price":100,"quantity":1}""");
        Assert.Equal("fee_rate", Field(await server.PostAsync("/api/trades/1/close", """{"exit_price":110,"fees":0.01,"fee_asset":"BNB"}""", 400)));
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"funding":-2}""");
        var trade = (await server.PostAsync("/api/trades/1/close", """{"exit_price":110,"fees":0.01,"fee_asset":"bnb","fee_rate":500}""", 200))["data"]!;
        Assert.Equal((3m, 5m, "BNB", -2m), ((decimal)trade["pnl"]!, (decimal)trade["realized_pnl"]!, (string?)trade["fee_asset"], (decimal)trade["funding"]!));
        var (status, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"funding":1}""");
        Assert.Equal((400, "reason"), (status, Field(body)));
        (_, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"funding":1,"fee_rate":600,"reason":"the statement says so"}""");
        Assert.Equal((5m, 4m), ((decimal)body["data"]!["pnl"]!, (decimal)body["data"]!["realized_pnl"]!));
        (_, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"fee_asset":null,"reason":"r"}""");
        Assert.Equal((10.99m, null), ((decimal)body["data"]!["pnl"]!, body["data"]!["fee_rate"]));
        Assert.Equal(10.99m, (decimal)(await server.GetAsync("/api/performance"))["data"]!["total_pnl"]!);
    }

    [Fact]
    public async Task An_inverse_contract_does_not_exit_at_0()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"BTC/USD:BTC","side":"BUY","entry_price":50000,"quantity":100}""");
        Assert.Equal("exit_price", Field(await server.PostAsync("/api/trades/1/close", """{"exit_price":0}""", 400)));
        Assert.Equal("exit_price", Field(await server.PostAsync("/api/trades/1/close", """{"exit_price":0,"quantity":50}""", 400)));
        Assert.Equal("price", Field(await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":0,"quantity":50}""", 400)));
        await server.PostAsync("/api/trades/1/close", """{"exit_price":51000}""", 200);
        Assert.Equal("exit_price", Field((await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":0,"reason":"r"}""")).Body));
    }

    /// <summary>1,000 contracts of 1 USD at 50,000 are worth 0.02 BTC: a pnl below 2e-14 is a rounding error.</summary>
    [Theory]
    [InlineData("1.9e-14", 0, 1)]
    [InlineData("-1.9e-14", 0, 1)]
    [InlineData("2.1e-14", 1, 0)]
    public async Task What_floats_leave_over_of_an_inverse_contract_is_nothing(string pnl, int won, int even)
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at) VALUES ('BTC/USD:BTC', 'BUY', 50000, 50000, 1000, {pnl}, 'closed', '2026-03-01 00:00:00')");
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((won, even), ((int)data["winning_trades"]!, (int)data["breakeven_trades"]!));
    }

    /// <summary>(100 − 95) × 2 = 10 at risk; (120 − 100) × 2 − 1 = 39.</summary>
    [Fact]
    public async Task The_risk_is_the_loss_at_the_first_stop_however_often_it_is_moved()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/USDT","side":"BUY","entry_price":100,"quantity":2}""");
        foreach (var stop in new[] { "95", "null", "105" })
        {
            await server.Client.SendAsync("PATCH", "/api/trades/1", $$"""{"stop_loss":{{stop}}}""");
        }

        var trade = (await server.PostAsync("/api/trades/1/close", """{"exit_price":120,"fees":1}""", 200))["data"]!;
        Assert.Equal((95m, 105m, 10m, 3.9m), ((decimal)trade["initial_stop_loss"]!, (decimal)trade["stop_loss"]!, (decimal)trade["risk"]!, (decimal)trade["r_multiple"]!));

        // Another program moves the stop of its trade in the file, and closes it.
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity, stop_loss) VALUES ('A/USDT', 'SELL', 100, 2, 110)");
        server.Sql("UPDATE trades SET stop_loss = 99 WHERE id = 2");
        server.Sql("UPDATE trades SET stop_loss = 90 WHERE id = 2");
        server.Sql("UPDATE trades SET status = 'closed', exit_price = 90, pnl = 20 WHERE id = 2");
        trade = (await server.GetAsync("/api/trades/2"))["data"]!;
        Assert.Equal((110m, 20m, 1m), ((decimal)trade["initial_stop_loss"]!, (decimal)trade["risk"]!, (decimal)trade["r_multiple"]!));

        // A stop on the other side of the entry limits no loss, and without a stop there is no risk.
        foreach (var stop in new[] { """ "stop_loss":101,""", "" })
        {
            var stored = await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/USDT","side":"BUY","entry_price":100,{{stop}}"quantity":2,"status":"closed","exit_price":90}""");
            trade = (await server.GetAsync($"/api/trades/{stored["trade_id"]}"))["data"]!;
            Assert.Equal((null, null), (trade["risk"], trade["r_multiple"]));
        }
    }

    [Fact]
    public async Task A_trades_own_strategy_goes_before_that_of_its_signal()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/USDT","signal_type":"BUY","signal_strength":1,"price":1,"strategy":"old"}""");
        const string closed = """{"trading_pair":"A/USDT","side":"BUY","entry_price":1,"quantity":1,"status":"closed","exit_price":2,"signal_id":1}""";
        await server.PostAsync("/api/trades", closed);
        await server.PostAsync("/api/trades", closed.Replace("{", """{"strategy":"new",""", StringComparison.Ordinal));
        foreach (var (strategy, count) in new[] { ("old", 1), ("new", 1), ("none", 0) })
        {
            Assert.Equal(count, (int)(await server.GetAsync($"/api/performance?strategy={strategy}"))["data"]!["total_trades"]!);
        }
    }

    /// <summary>Other programs write anything into the file. What cannot be read counts as if it were not there, and nothing fails.</summary>
    [Theory]
    [OnlyOnSqlite("a column of PostgreSQL has one type")]
    [InlineData("contract_size", "'many'")]
    [InlineData("contract_size", "-5")]
    [InlineData("contract_size", "1e28")]
    [InlineData("contract_size", "9e999")]
    [InlineData("contract_type", "'perpetual'")]
    [InlineData("contract_type", "x'00ff'")]
    [InlineData("settle_asset", "42")]
    [InlineData("settle_asset", "'  '")]
    [InlineData("fee_asset", "'BNB'")]
    [InlineData("fee_asset, fee_rate", "'BNB', 'dear'")]
    [InlineData("fee_asset, fee_rate", "'BNB', 1e-28")]
    [InlineData("fee_asset, fee_rate", "'BNB', 7e28")]
    [InlineData("funding", "7e28")]
    [InlineData("funding", "-7e28")]
    [InlineData("strategy", "1.5")]
    [InlineData("remaining_quantity", "'half'")]
    [InlineData("remaining_quantity", "7e28")]
    [InlineData("realized_pnl", "-7e28")]
    [InlineData("average_cost", "0")]
    [InlineData("initial_stop_loss", "'tight'")]
    [InlineData("initial_stop_loss", "1e-28")]
    public async Task What_another_program_stores_in_these_columns_breaks_nothing(string columns, string values)
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (pair, id) in new[] { ("A/USDT", 1), ("BTC/USD:BTC", 2) })
        {
            server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, quantity, fees, {columns}) VALUES ('{pair}', 'BUY', 100, 2, 0.5, {values})");
            server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, exit_price, quantity, pnl, status, fees, {columns}) VALUES ('{pair}', 'BUY', 100, 110, 2, -7e28, 'closed', 0.5, {values})");
            foreach (var path in new[] { "trades", "trades/open", $"trades/{(2 * id) - 1}", $"trades/{2 * id}", $"trades/{(2 * id) - 1}/fills", $"trades/{2 * id}/fills", "performance", "performance?currency=BTC" })
            {
                await server.GetAsync("/api/" + path);
            }

            foreach (var (method, path, body) in new[]
            {
                ("PATCH", $"{2 * id}", """{"fees":1,"funding":2,"reason":"r"}"""), ("PATCH", $"{(2 * id) - 1}", """{"stop_loss":90}"""),
                ("POST", $"{(2 * id) - 1}/fills", """{"kind":"entry","price":120,"quantity":2,"fees":1}"""), ("POST", $"{(2 * id) - 1}/close", """{"exit_price":120}"""),
            })
            {
                var (status, answer) = await server.Client.SendAsync(method, "/api/trades/" + path, body);
                Assert.True(status is 200 or 201 or 400 or 409, $"{path}: {answer.ToJsonString()}");
            }
        }
    }

    private static string? Field(JsonObject refusal) => (string?)refusal["details"]![0]!["field"];
}
