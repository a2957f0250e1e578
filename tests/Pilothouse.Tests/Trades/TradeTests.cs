using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

public sealed class TradeTests
{
    private const string Long = """{"trading_pair":"SUI/USDC","side":"buy","entry_price":1.25,"quantity":100,"stop_loss":1.1,"take_profit":1.5,"leverage":5,"position_mode":"One-Way"}""";

    [Theory]
    [InlineData("1234567890.12345678", "quantity cannot be kept exactly: round it to at most 15 digits.")]
    [InlineData("1e-29", "quantity is too close to zero.")]
    [InlineData("1e30", "quantity is too large.")]
    [InlineData("12345678901234567890123456789", "quantity must have at most 28 digits.")]
    [InlineData("{}", "quantity must be a number.")]
    public async Task A_quantity_that_cannot_be_kept_is_refused_with_what_to_do(string quantity, string message)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/trades", $$"""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":{{quantity}}}""");
        Assert.Equal((400, message), (status, (string?)body["message"]));
    }

    [Fact]
    public async Task A_trade_is_open_with_pnl_0_until_it_is_closed_with_the_pnl_computed_here()
    {
        await using var server = await TestServer.StartAsync();
        var stored = await server.PostAsync("/api/trades", Long);
        Assert.Equal("""{"success":true,"message":"Trade created successfully","trade_id":1}""", stored.ToJsonString());
        var open = (await server.GetAsync("/api/trades/open"))["data"]!.AsArray().Single()!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {"id":1,"timestamp":"2026-03-02T12:00:00+00:00","trading_pair":"SUI/USDC","side":"BUY","entry_price":1.25,"exit_price":null,"quantity":100,
            "pnl":0,"status":"open","signal_id":null,"leverage":5,"position_mode":"one-way","stop_loss":1.1,"take_profit":1.5,"closed_at":null,
            "bot_name":null,"mode":null,"fees":null,"pnl_percentage":null,"exit_reason":null,"external_id":null,"voided_at":null,"void_reason":null,
            "contract_size":1,"contract_type":"linear","settle_asset":"USDC","fee_asset":null,"fee_rate":null,"funding":null,"strategy":null,
            "remaining_quantity":100,"realized_pnl":0,"average_cost":1.25,"initial_stop_loss":1.1,"risk":null,"r_multiple":null,
            "price":null,"price_age_seconds":null,"unrealized_pnl":null,"mfe":null,"mae":null}
            """), open), open.ToJsonString());

        server.Clock.Advance(TimeSpan.FromHours(1));
        var closed = await server.PostAsync("/api/trades/1/close", """{"exit_price":1.35,"fees":0.26,"exit_reason":"target"}""", 200);
        Assert.Equal("Trade closed successfully", (string?)closed["message"]);
        Assert.Equal(1, (long)closed["trade_id"]!);
        var row = closed["data"]!;

        // (1.35 - 1.25) * 100 - 0.26; margin 1.25 * 100 / 5.
        Assert.Equal(9.74m, (decimal)row["pnl"]!);
        Assert.Equal(38.96m, (decimal)row["pnl_percentage"]!);
        Assert.Equal("2026-03-02T13:00:00+00:00", (string?)row["closed_at"]);
        Assert.Equal("closed", (string?)row["status"]);
        Assert.Equal("target", (string?)row["exit_reason"]);
        Assert.Empty((await server.GetAsync("/api/trades/open"))["data"]!.AsArray());
        Assert.True(JsonNode.DeepEquals(row, (await server.GetAsync("/api/trades/1"))["data"]));
    }

    [Fact]
    public async Task A_short_trade_wins_when_the_price_falls()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"BTC/USDT","side":"SELL","entry_price":70000.1,"quantity":0.003}""");
        var closed = await server.PostAsync("/api/trades/1/close", """{"exit_price":69000.1}""", 200);
        Assert.Equal(3m, (decimal)closed["data"]!["pnl"]!);
    }

    [Fact]
    public async Task A_closed_trade_stays_as_it_is()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Long);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":1.3}""", 200);
        var (status, body) = await server.Client.SendAsync("POST", "/api/trades/1/close", """{"exit_price":9}""");
        Assert.Equal((409, "already-closed"), (status, (string?)body["code"]));
        (status, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":1}""");
        Assert.Equal((409, "already-closed"), (status, (string?)body["code"]));
        Assert.Equal("1.3", server.Sql("SELECT exit_price FROM trades"));
    }

    [Fact]
    public async Task Changing_leaves_what_is_absent_and_clears_what_is_null()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Long);
        var (status, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":null,"quantity":50}""");
        Assert.Equal(200, status);
        Assert.Equal("Trade updated successfully", (string?)body["message"]);
        Assert.Null(body["data"]!["stop_loss"]);
        Assert.Equal(1.5m, (decimal)body["data"]!["take_profit"]!);
        Assert.Equal(50m, (decimal)body["data"]!["quantity"]!);
        foreach (var wrong in new[] { "{}", """{"quantity":null}""", """{"quantity":0}""", """{"stop_loss":-1}""", """{"side":"SELL"}""" })
        {
            Assert.Equal(400, (await server.Client.SendAsync("PATCH", "/api/trades/1", wrong)).Status);
        }
    }

    [Theory]
    [InlineData("""{"side":"BUY","entry_price":1,"quantity":1}""", "trading_pair")]
    [InlineData("""{"trading_pair":"A/B","side":"HOLD","entry_price":1,"quantity":1}""", "side")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":0,"quantity":1}""", "entry_price")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":-1}""", "quantity")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"signal_id":77}""", "signal_id")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"status":"closed"}""", "exit_price")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"exit_price":2}""", "exit_price")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"closed_at":"2026-01-01"}""", "closed_at")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"status":"closed","exit_price":2,"timestamp":"2026-01-02","closed_at":"2026-01-01"}""", "closed_at")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1e20,"quantity":1e20,"status":"closed","exit_price":2}""", "exit_price")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"position_mode":"both"}""", "position_mode")]
    [InlineData("""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"leverage":0}""", "leverage")]
    public async Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/trades", json);
        Assert.Equal(400, status);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task History_is_imported_closed_and_its_sent_pnl_is_ignored()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":2,"status":"CLOSED","exit_price":11,"pnl":999,"timestamp":"2026-01-01T00:00:00Z","closed_at":"2026-01-01 01:00:00"}""");
        var trade = (await server.GetAsync("/api/trades?status=closed"))["data"]![0]!;
        Assert.Equal(2m, (decimal)trade["pnl"]!);
        Assert.Equal("2026-01-01T01:00:00+00:00", (string?)trade["closed_at"]);
    }

    [Fact]
    public async Task The_same_external_id_is_the_same_trade_of_its_bot()
    {
        await using var server = await TestServer.StartAsync();
        const string mine = """{"trading_pair":"A/B","side":"BUY","entry_price":0.1,"quantity":3,"external_id":"x1","bot_name":"one"}""";
        await server.PostAsync("/api/trades", mine);
        Assert.Equal(1, (long)(await server.PostAsync("/api/trades", mine, 200))["trade_id"]!);
        Assert.Equal(2, (long)(await server.PostAsync("/api/trades", mine.Replace("one", "two")))["trade_id"]!);
        var (status, body) = await server.Client.SendAsync("POST", "/api/trades", mine.Replace("0.1", "0.2"));
        Assert.Equal((409, "external-id-taken"), (status, (string?)body["code"]));
        Assert.Equal("2", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task A_close_is_not_taken_for_a_repetition_of_the_open_trade()
    {
        await using var server = await TestServer.StartAsync();
        const string open = """{"trading_pair":"A/B","side":"BUY","entry_price":0.1,"quantity":3,"external_id":"x1"}""";
        await server.PostAsync("/api/trades", open);
        var closed = open.Replace("}", ""","status":"closed","exit_price":0.2}""");
        Assert.Equal("external-id-taken", (string?)(await server.PostAsync("/api/trades", closed, 409))["code"]);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":0.2}""", 200);
        Assert.Equal(1, (long)(await server.PostAsync("/api/trades", closed, 200))["trade_id"]!);
        Assert.Equal(1, (long)(await server.PostAsync("/api/trades", open, 200))["trade_id"]!);
        Assert.Equal("external-id-taken", (string?)(await server.PostAsync("/api/trades", closed.Replace("0.2", "0.3"), 409))["code"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public Task An_empty_external_id_is_refused_and_not_shared_by_all_trades(string id) =>
        WriteChecks.RefusesAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":3,"external_id":"{{id}}"}""", "trades", "external_id");

    [Fact]
    public async Task A_trade_that_a_bot_stored_to_the_microsecond_and_ahead_of_our_clock_can_be_closed()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity) VALUES ('2026-03-02 14:00:00.123456', 'A/B', 'BUY', 1, 1)");
        var closed = await server.PostAsync("/api/trades/1/close", """{"exit_price":2}""", 200);
        Assert.Equal("2026-03-02T14:00:00.123+00:00", (string?)closed["data"]!["closed_at"]);
    }

    [Fact]
    public async Task Lists_filter_by_everything_that_they_name()
    {
        await using var server = await TestServer.StartAsync();
        for (var day = 1; day <= 4; day++)
        {
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"{{(day % 2 == 0 ? "A/B" : "C/D")}}","side":"{{(day < 3 ? "BUY" : "SELL")}}","entry_price":1,"quantity":1,"bot_name":"bot{{day}}","status":"closed","exit_price":2,"timestamp":"2026-02-0{{day}}T00:00:00Z","closed_at":"2026-02-0{{day}}T12:00:00.5Z"}""");
        }

        async Task<string> Ids(string query) => string.Join(' ', (await server.GetAsync("/api/trades?" + query))["data"]!.AsArray().Select(trade => (long)trade!["id"]!));
        Assert.Equal("4 3 2 1", await Ids(""));
        Assert.Equal("4 2", await Ids("trading_pair=a/b"));
        Assert.Equal("2 1", await Ids("side=buy"));
        Assert.Equal("3", await Ids("bot_name=bot3"));
        Assert.Empty(await Ids("status=open"));
        Assert.Equal("3 2", await Ids("from_date=2026-02-02&to_date=2026-02-03"));
        Assert.Equal("3 2", await Ids("closed_from=2026-02-02T12:00:00.5Z&closed_to=2026-02-03"));
        Assert.Equal("2", await Ids("side=BUY&trading_pair=A/B&status=closed&closed_from=2026-02-01"));
    }

    [Fact]
    public async Task Open_trades_are_all_there_beyond_any_page()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
            INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity) SELECT '2026-01-01 00:00:00', 'A/B', 'BUY', 1, 1 FROM n
            """);
        var first = await server.GetAsync("/api/trades/open");
        Assert.Equal(5000, (int)first["count"]!);
        var second = await server.GetAsync($"/api/trades/open?cursor={(string?)first["next_cursor"]}");
        Assert.Equal([1L], second["data"]!.AsArray().Select(trade => (long)trade!["id"]!));
        Assert.Null(second["next_cursor"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task A_trade_that_another_program_spoiled_is_shown_and_not_closed()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, quantity) VALUES ('A/B', 'BUY', 'cheap', 1)");
        Assert.Null((await server.GetAsync("/api/trades/1"))["data"]!["entry_price"]);
        var (status, body) = await server.Client.SendAsync("POST", "/api/trades/1/close", """{"exit_price":1}""");
        Assert.Equal((409, "unreadable-trade"), (status, (string?)body["code"]));
    }

    [Theory]
    [InlineData("2.5", 201)]
    [InlineData("0.5", 201)]
    [InlineData("1000", 201)]
    [InlineData("0", 400)]
    [InlineData("-1", 400)]
    [InlineData("1000.1", 400)]
    public async Task Leverage_may_be_a_fraction(string leverage, int expected)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", $$"""{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":1,"status":"closed","exit_price":101,"leverage":{{leverage}}}""", expected);
        if (expected == 201)
        {
            var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
            Assert.Equal((decimal.Parse(leverage, System.Globalization.CultureInfo.InvariantCulture), decimal.Parse(leverage, System.Globalization.CultureInfo.InvariantCulture)),
                ((decimal)trade["leverage"]!, (decimal)trade["pnl_percentage"]!));
        }
    }

    [Fact]
    public async Task What_another_program_closed_shows_its_percentage_too()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO trades(trading_pair, side, entry_price, exit_price, quantity, pnl, status, leverage) VALUES ('A/B', 'BUY', 100, 110, 2, 20, 'CLOSED', 5), ('A/B', 'BUY', 100, 110, 0, 20, 'closed', 5), ('A/B', 'BUY', 100, NULL, 2, 0, 'open', 5)");
        var trades = (await server.GetAsync("/api/trades"))["data"]!.AsArray();
        Assert.Equal([null, null, "50"], trades.Select(static trade => trade!["pnl_percentage"]?.ToString()));
    }
}
