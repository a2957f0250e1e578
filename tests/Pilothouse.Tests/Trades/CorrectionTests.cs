using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>A closed trade is put right by its owner with a reason, or voided; the figures follow, and the audit log tells of it.</summary>
public sealed class CorrectionTests
{
    private const string Closed = """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":2,"status":"closed","exit_price":110,"fees":1,"timestamp":"2026-03-01T10:00:00Z","closed_at":"2026-03-01T12:00:00Z"}""";

    [Fact]
    public async Task A_correction_changes_the_trade_the_figures_and_the_audit_log()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Closed);
        Assert.Equal(19m, await TotalAsync(server));
        var (_, answer) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":105,"fees":2,"closed_at":"2026-03-01T11:00:00Z","exit_reason":"stop","reason":"the exchange says so"}""");
        var trade = answer["data"]!;
        Assert.Equal((105m, 2m, 8m, 4m, "2026-03-01T11:00:00+00:00", "stop"),
            ((decimal)trade["exit_price"]!, (decimal)trade["fees"]!, (decimal)trade["pnl"]!, (decimal)trade["pnl_percentage"]!, (string?)trade["closed_at"], (string?)trade["exit_reason"]));
        Assert.Equal(8m, await TotalAsync(server));
        var audit = (await server.GetAsync("/api/audit?record_table=trades&record_id=1"))["data"]!;
        Assert.Equal(("changeTrade", "the exchange says so", 19m, 8m, "createTrade"),
            ((string?)audit[0]!["operation"], (string?)audit[0]!["reason"], (decimal)audit[0]!["before"]!["pnl"]!, (decimal)audit[0]!["after"]!["pnl"]!, (string?)audit[1]!["operation"]));
    }

    [Theory]
    [InlineData("""{"exit_price":105}""", 400, "reason")]
    [InlineData("""{"exit_price":105,"reason":" "}""", 400, "reason")]
    [InlineData("""{"exit_price":null,"reason":"r"}""", 400, "exit_price")]
    [InlineData("""{"closed_at":null,"reason":"r"}""", 400, "closed_at")]
    [InlineData("""{"closed_at":"2026-03-01T09:00:00Z","reason":"r"}""", 400, "closed_at")]
    [InlineData("""{"reason":"r"}""", 400, "body")]
    [InlineData("""{"stop_loss":1}""", 409, null)]
    [InlineData("""{"stop_loss":1,"fees":1,"reason":"r"}""", 409, null)]
    public async Task A_correction_that_says_too_little_or_too_much_is_refused(string body, int expected, string? field)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Closed);
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/trades/1", body);
        Assert.Equal((expected, field), (status, (string?)refusal["details"]?[0]?["field"]));
        Assert.Equal(19m, await TotalAsync(server));
    }

    [Fact]
    public async Task Only_the_fees_and_the_price_make_the_profit_anew()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at) VALUES ('2026-03-01 10:00:00', 'A/B', 'BUY', 100, 110, 2, 17.5, 'closed', '2026-03-01 12:00:00')");
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_reason":"stop","reason":"r"}""");
        Assert.Equal(17.5m, await TotalAsync(server));
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"fees":0,"reason":"r"}""");
        Assert.Equal(20m, await TotalAsync(server));
    }

    [Fact]
    public async Task An_open_trade_takes_no_correction()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":2}""");
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":1,"reason":"r"}""");
        Assert.Equal((400, "exit_price"), (status, (string?)refusal["details"]![0]!["field"]));
    }

    [Fact]
    public async Task A_voided_trade_is_out_of_every_list_and_figure_and_stays_in_the_database()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Closed);
        await server.PostAsync("/api/trades", Closed);
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":2}""");
        Assert.Equal(38m, await TotalAsync(server));
        foreach (var id in new[] { 1, 3 })
        {
            var answer = await server.PostAsync($"/api/trades/{id}/void", """{"reason":"made by a test"}""", 200);
            Assert.Equal(("voided", "made by a test", "2026-03-02T12:00:00+00:00"), ((string?)answer["data"]!["status"], (string?)answer["data"]!["void_reason"], (string?)answer["data"]!["voided_at"]));
        }

        Assert.Equal(19m, await TotalAsync(server));
        Assert.Equal("2", await IdsAsync(server, "/api/trades"));
        Assert.Equal("2", await IdsAsync(server, "/api/trades?status=closed"));
        Assert.Equal("", await IdsAsync(server, "/api/trades/open"));
        Assert.Equal("3 1", await IdsAsync(server, "/api/trades?status=voided"));
        Assert.Equal("voided", (string?)(await server.GetAsync("/api/trades/1"))["data"]!["status"]);
        foreach (var (method, path, body) in new[] { ("PATCH", "/api/trades/1", """{"fees":1,"reason":"r"}"""), ("POST", "/api/trades/3/close", """{"exit_price":1}"""), ("POST", "/api/trades/1/void", """{"reason":"r"}""") })
        {
            var (status, refusal) = await server.Client.SendAsync(method, path, body);
            Assert.Equal((409, "trade-voided"), (status, (string?)refusal["code"]));
        }
    }

    [Fact]
    public async Task Voiding_takes_the_scope_control_and_a_key_of_another_bot_may_correct_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Closed.Replace("{", """{"bot_name":"a",""", StringComparison.Ordinal));
        var made = await server.PostAsync("/api/keys", """{"name":"b","scopes":["write"],"bot_name":"b"}""");
        using var other = server.ClientWithKey((string)made["key"]!);
        var (status, refusal) = await other.SendAsync("PATCH", "/api/trades/1", """{"fees":0,"reason":"r"}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
        (status, refusal) = await other.SendAsync("POST", "/api/trades/1/void", """{"reason":"r"}""");
        Assert.Equal((403, "scope-needed"), (status, (string?)refusal["code"]));
    }

    private static async Task<decimal> TotalAsync(TestServer server) => (decimal)(await server.GetAsync("/api/performance"))["data"]!["total_pnl"]!;

    private static async Task<string> IdsAsync(TestServer server, string path) => string.Join(' ', (await server.GetAsync(path))["data"]!.AsArray().Select(static trade => (long)trade!["id"]!));

    /// <summary>The entry paid 2 BNB of the 3: the exit earned 1,000 less one BNB, at 100 and later at 200.</summary>
    [Fact]
    public async Task Another_rate_of_the_fees_leaves_the_entry_what_it_paid()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"SOL/USDT","side":"BUY","entry_price":100,"quantity":10,"fees":2,"fee_asset":"BNB","fee_rate":100}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":200,"fees":3}""", 200);
        Assert.Equal((700m, 900m, "exit 1,entry 2"), await ResultAsync(server));
        Assert.Equal(200, (await server.Client.SendAsync("PATCH", "/api/trades/1", """{"fee_rate":200,"reason":"the rate of the exchange"}""")).Status);
        Assert.Equal((400m, 800m, "exit 1,entry 2"), await ResultAsync(server));
    }

    /// <summary>The entry paid 0.5 USDT, the whole trade 0.003 BNB at 600, which is 1.8: the exit paid 1.3.</summary>
    [Fact]
    public async Task A_close_that_pays_in_another_asset_leaves_the_fees_of_the_entry_in_theirs()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"SOL/USDT","side":"BUY","entry_price":100,"quantity":1,"fees":0.5}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":110,"fees":0.003,"fee_asset":"BNB","fee_rate":600}""", 200);
        var (pnl, realized, _) = await ResultAsync(server);
        Assert.Equal((8.2m, 8.7m), (pnl, realized));
        var exit = (await server.GetAsync("/api/trades/1/fills"))["data"]![0]!;
        Assert.Equal(0.0021667, (double)exit["fees"]!, 1e-6);
    }

    private static async Task<(decimal Pnl, decimal Realized, string Fees)> ResultAsync(TestServer server)
    {
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        var fills = (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray();
        return ((decimal)trade["pnl"]!, (decimal)trade["realized_pnl"]!, string.Join(',', fills.Select(static fill => $"{fill!["kind"]} {fill["fees"]}")));
    }
}
