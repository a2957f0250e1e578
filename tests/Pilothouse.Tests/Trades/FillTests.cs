using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>Positions that are entered and left in several steps.</summary>
public sealed class FillTests
{
    private const string Ten = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":100,"quantity":10,"timestamp":"2026-03-01T10:00:00Z","bot_name":"one"}""";

    /// <summary>The example of metrics.md: 5 × (120 − 100) = 100; (5 × 100 + 5 × 140) ÷ 10 = 120; (10 × 100 + 5 × 140) ÷ 15 = 113.33.</summary>
    [Fact]
    public async Task An_exit_is_counted_against_the_average_cost_of_its_moment_and_a_later_entry_does_not_change_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":120,"quantity":5}""");
        var answer = await server.PostAsync("/api/trades/1/fills", """{"kind":"Entry","price":140,"quantity":5}""");
        Assert.Equal(("Fill stored successfully", 3L), ((string?)answer["message"], (long)answer["fill_id"]!));
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.True(JsonNode.DeepEquals(trade, answer["data"]), answer.ToJsonString());
        Assert.Equal((100m, 120m, 10m, 15m, "open", 0m), (Money(trade, "realized_pnl"), Money(trade, "average_cost"), Money(trade, "remaining_quantity"), Money(trade, "quantity"), (string?)trade["status"], Money(trade, "pnl")));
        Assert.Equal(113.333333333333m, Money(trade, "entry_price"));
        Assert.Null(trade["exit_price"]);

        // 10 × (150 − 120) = 300 beside the 100; exits (5 × 120 + 10 × 150) ÷ 15 = 140; 400 ÷ (15 × 113.33) = 23.53 %.
        var closed = (await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":150,"quantity":10}"""))["data"]!;
        Assert.Equal(("closed", 400m, 400m, 140m, 0m, "2026-03-02T12:00:00+00:00"), ((string?)closed["status"], Money(closed, "pnl"), Money(closed, "realized_pnl"), Money(closed, "exit_price"), Money(closed, "remaining_quantity"), (string?)closed["closed_at"]));
        Assert.Equal(23.5294117647m, Money(closed, "pnl_percentage"), 9);
        Assert.Null(closed["average_cost"]);

        var fills = (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray();
        Assert.Equal(["exit 150 10 300", "entry 140 5 ", "exit 120 5 100", "entry 100 10 "], fills.Select(static fill => $"{fill!["kind"]} {fill["price"]} {fill["quantity"]} {fill["realized_pnl"]}"));
        Assert.Equal("opened,recorded,recorded,changed,recorded,changed,recorded,closed", Changes(server));
    }

    [Fact]
    public async Task It_counts_once_with_all_its_profit_in_the_window_of_its_last_exit()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":120,"quantity":5,"filled_at":"2026-03-01T11:00:00Z"}""");
        Assert.Equal(0, (int)(await server.GetAsync("/api/performance"))["data"]!["total_trades"]!);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":110,"quantity":5,"filled_at":"2026-03-02T11:00:00Z","fees":2}""");
        foreach (var (query, trades, pnl) in new[] { ("", 1, 148m), ("?to_date=2026-03-01", 0, 0m), ("?from_date=2026-03-02", 1, 148m) })
        {
            var data = (await server.GetAsync("/api/performance" + query))["data"]!;
            Assert.Equal((trades, pnl), ((int)data["total_trades"]!, Money(data, "total_pnl")));
        }
    }

    [Fact]
    public async Task A_trade_with_one_entry_and_one_exit_shows_them_without_rows_of_its_own()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        Assert.Equal("entry 100 10 2026-03-01T10:00:00+00:00 ", await ShownAsync(server, 1));
        await server.PostAsync("/api/trades/1/close", """{"exit_price":110,"fees":3}""", 200);
        Assert.Equal("exit 110 10 2026-03-02T12:00:00+00:00 3;entry 100 10 2026-03-01T10:00:00+00:00 ", await ShownAsync(server, 1));
        server.Sql("INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at) VALUES ('2026-03-01 10:00:00', 'A/B', 'long', 5, 6, 2, 1.9, 'Closed', '2026-03-01 12:00:00')");
        Assert.Equal("exit 6 2 2026-03-01T12:00:00+00:00 ;entry 5 2 2026-03-01T10:00:00+00:00 ", await ShownAsync(server, 2));
        var first = await server.GetAsync("/api/trades/1/fills?limit=1");
        var rest = await server.GetAsync($"/api/trades/1/fills?limit=1&cursor={(string?)first["next_cursor"]}");
        Assert.Equal(("exit", "entry", null), ((string?)first["data"]![0]!["kind"], (string?)rest["data"]![0]!["kind"], (string?)rest["next_cursor"]));
        Assert.Equal("invalid-cursor", (string?)(await server.GetAsync("/api/trades/1/fills?cursor=ZmlsbHN8OTl8ZW50cnk", 400))["code"]);
        await server.GetAsync("/api/trades/9/fills", 404);
        await server.PostAsync("/api/trades", Ten.Replace("{", """{"fees":0.1,""", StringComparison.Ordinal));
        await server.PostAsync("/api/trades/3/close", """{"exit_price":123456.789,"fees":0.30}""", 200);
        Assert.Equal(["0.2", "0.1"], (await server.GetAsync("/api/trades/3/fills"))["data"]!.AsArray().Select(static fill => $"{(decimal)fill!["fees"]!:0.####}"));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM fills"));
    }

    [Theory]
    [InlineData("""{"price":1,"quantity":1}""", "kind")]
    [InlineData("""{"kind":"buy","price":1,"quantity":1}""", "kind")]
    [InlineData("""{"kind":"exit","quantity":1}""", "price")]
    [InlineData("""{"kind":"exit","price":-1,"quantity":1}""", "price")]
    [InlineData("""{"kind":"entry","price":0,"quantity":1}""", "price")]
    [InlineData("""{"kind":"exit","price":1,"quantity":0}""", "quantity")]
    [InlineData("""{"kind":"exit","price":1,"quantity":10.001}""", "quantity")]
    [InlineData("""{"kind":"exit","price":1,"quantity":"1"}""", "quantity")]
    [InlineData("""{"kind":"exit","price":1,"quantity":1,"filled_at":"2026-03-01T09:59:59Z"}""", "filled_at")]
    [InlineData("""{"kind":"entry","price":1,"quantity":1,"filled_at":"2026-03-01T09:59:59Z"}""", "filled_at")]
    [InlineData("""{"kind":"exit","price":1,"quantity":1,"filled_at":"2026-03-02T12:06:00Z"}""", "filled_at")]
    [InlineData("""{"kind":"entry","price":7e20,"quantity":7e20}""", "price")]
    [InlineData("""{"kind":"entry","price":1e-20,"quantity":1e-20}""", "price")]
    [InlineData("""{"kind":"exit","price":1,"quantity":1,"external_id":" "}""", "external_id")]
    [InlineData("""{"kind":"exit","price":1,"quantity":1,"fee":2}""", "fee")]
    [InlineData("""{"kind":"exit","price":1,"quantity":1,"fees":1e999}""", "fees")]
    public async Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        var refusal = await server.PostAsync("/api/trades/1/fills", json, 400);
        Assert.Equal(field, (string?)refusal["details"]![0]!["field"]);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM fills"));
    }

    [Fact]
    public async Task Fills_may_come_late_and_are_counted_in_the_order_of_their_times()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":140,"quantity":10,"filled_at":"2026-03-01T12:00:00Z"}""");

        // Before that entry was open what cost 100.
        var trade = (await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":120,"quantity":5,"filled_at":"2026-03-01T11:00:00Z"}"""))["data"]!;
        Assert.Equal((100m, 126.666666666667m), (Money(trade, "realized_pnl"), Money(trade, "average_cost")));
        foreach (var (body, field) in new[]
        {
            ("""{"kind":"exit","price":120,"quantity":6,"filled_at":"2026-03-01T11:30:00Z"}""", "filled_at"),
            ("""{"kind":"exit","price":120,"quantity":6,"filled_at":"2026-03-01T10:30:00Z"}""", "filled_at"),
            ("""{"kind":"exit","price":120,"quantity":16,"filled_at":"2026-03-01T13:00:00Z"}""", "quantity"),
        })
        {
            Assert.Equal(field, (string?)(await server.PostAsync("/api/trades/1/fills", body, 400))["details"]![0]!["field"]);
        }
    }

    [Fact]
    public async Task What_doubles_leave_over_of_a_quantity_is_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten.Replace("\"quantity\":10", "\"quantity\":0.1", StringComparison.Ordinal));
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":100,"quantity":0.2}""");
        var trade = (await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":110,"quantity":0.30000000000000004}"""))["data"]!;
        Assert.Equal(("closed", 0m), ((string?)trade["status"], Money(trade, "remaining_quantity")));
        Assert.Equal(3m, Money(trade, "pnl"), 12);
    }

    [Fact]
    public async Task A_closed_or_voided_trade_takes_no_fill()
    {
        await using var server = await TestServer.StartAsync();
        const string exit = """{"kind":"exit","price":120,"quantity":10,"external_id":"e"}""";
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", exit);
        Assert.Equal("already-closed", (string?)(await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":1,"quantity":1}""", 409))["code"]);

        // The exit that closed it is still the same fill.
        Assert.Equal(("Fill was stored before", 2L), (await server.PostAsync("/api/trades/1/fills", exit, 200)) is var again ? ((string?)again["message"], (long)again["fill_id"]!) : default);
        await server.PostAsync("/api/trades/1/void", """{"reason":"r"}""", 200);
        Assert.Equal("trade-voided", (string?)(await server.PostAsync("/api/trades/1/fills", exit, 409))["code"]);
        Assert.Equal(2, (int)(await server.GetAsync("/api/trades/1/fills"))["count"]!);
        await server.PostAsync("/api/trades/9/fills", exit, 404);
    }

    [Fact]
    public async Task The_same_external_id_is_the_same_fill_of_its_trade()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades", Ten);
        const string fill = """{"kind":"entry","price":0.3,"quantity":3,"external_id":"x"}""";
        await server.PostAsync("/api/trades/1/fills", fill);
        Assert.Equal(2, (long)(await server.PostAsync("/api/trades/1/fills", fill, 200))["fill_id"]!);
        Assert.Equal(4, (long)(await server.PostAsync("/api/trades/2/fills", fill))["fill_id"]!);
        var refusal = await server.PostAsync("/api/trades/1/fills", fill.Replace("0.3", "0.4", StringComparison.Ordinal).Replace("entry", "exit", StringComparison.Ordinal), 409);
        Assert.Equal("external-id-taken", (string?)refusal["code"]);
        Assert.Equal(["kind", "price"], refusal["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
        Assert.Equal("13", server.Sql("SELECT CAST(quantity AS INTEGER) FROM trades WHERE id = 1"));
    }

    [Fact]
    public async Task It_is_audited_repeated_by_its_key_and_for_its_own_bot_only()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        const string fill = """{"kind":"entry","price":120,"quantity":3}""";
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/trades/1/fills", fill)).Status);
        var other = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"two","scopes":["write"],"bot_name":"two"}"""))["key"]!);
        Assert.Equal("wrong-bot", (string?)(await other.SendAsync("POST", "/api/trades/1/fills", fill)).Body["code"]);
        var (_, first) = await server.Client.SendAsync("POST", "/api/trades/1/fills", fill, ("Idempotency-Key", "k"));
        var (_, again) = await server.Client.SendAsync("POST", "/api/trades/1/fills", fill, ("Idempotency-Key", "k"));
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        var audit = (await server.GetAsync("/api/audit?record_table=fills"))["data"]!.AsArray().Single()!;
        Assert.Equal(("addFill", 2L, 120m, 1L), ((string?)audit["operation"], (long)audit["record_id"]!, Money(audit["after"]!, "price"), (long)audit["after"]!["trade_id"]!));
        other.Dispose();
    }

    [Fact]
    public async Task A_batch_of_fills_is_stored_whole_or_not_at_all()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        const string entry = """{"kind":"entry","price":120,"quantity":5,"external_id":"a"}""";
        var refusal = await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{entry}},{"kind":"exit","price":1,"quantity":15.5}]}""", 400);
        Assert.Equal("items[1].quantity", (string?)refusal["details"]![0]!["field"]);
        Assert.Equal("0|10", server.Sql("SELECT (SELECT count(*) FROM fills) || '|' || CAST(quantity AS INTEGER) FROM trades"));
        var stored = await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{entry}},{"kind":"exit","price":130,"quantity":15}]}""");
        var ids = (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray().Select(static fill => (long)fill!["id"]!).Reverse().Skip(1);
        Assert.Equal(ids, stored["ids"]!.AsArray().Select(static id => (long)id!));
        Assert.Equal(350m, Money((await server.GetAsync("/api/trades/1"))["data"]!, "pnl"));
        Assert.Equal("opened,recorded,recorded,recorded,closed", Changes(server));

        // What was stored before is found again in a closed trade, and a new fill is not taken.
        var again = await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{entry}}]}""");
        Assert.Equal((0, 1, (long)stored["ids"]![0]!), ((int)again["count"]!, (int)again["stored_before"]!, (long)again["ids"]![0]!));
        refusal = await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{entry}},{"kind":"entry","price":1,"quantity":1}]}""", 409);
        Assert.Equal(("already-closed", "items[1]"), ((string?)refusal["code"], (string?)refusal["details"]![0]!["field"]));
    }

    /// <summary>By their times: in 10 at 100, out 4 at 110 (40), in 4 at 150 (1,200 ÷ 10 = 120), out 5 at 130 (50), out the last 5 at 140 (100).</summary>
    [Fact]
    public async Task The_items_of_a_batch_may_come_in_any_order()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills/batch", """
            {"items":[{"kind":"entry","price":150,"quantity":4,"filled_at":"2026-03-01T12:00:00Z","external_id":"a"},
            {"kind":"exit","price":130,"quantity":5,"filled_at":"2026-03-01T13:00:00Z"},
            {"kind":"entry","price":150,"quantity":4,"filled_at":"2026-03-01T12:00:00Z","external_id":"a"},
            {"kind":"exit","price":110,"quantity":4,"filled_at":"2026-03-01T11:00:00Z"},
            {"kind":"exit","price":140,"quantity":5,"filled_at":"2026-03-01T14:00:00Z"}]}
            """);
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal(("closed", 190m, "2026-03-01T14:00:00+00:00"), ((string?)trade["status"], Money(trade, "pnl"), (string?)trade["closed_at"]));
        Assert.Equal(["100", "50", "", "40", ""], (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray().Select(static fill => $"{fill!["realized_pnl"]}"));
    }

    [Fact]
    public async Task A_trade_takes_a_thousand_fills_and_the_exit_that_closes_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        var items = string.Join(',', Enumerable.Repeat("""{"kind":"entry","price":100,"quantity":1}""", 999));
        await server.PostAsync("/api/trades/1/fills/batch", $$"""{"items":[{{items}}]}""");
        Assert.Equal("too-many-fills", (string?)(await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":100,"quantity":1}""", 409))["code"]);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":101}""", 200);
        Assert.Equal(1001, (int)(await server.GetAsync("/api/trades/1/fills"))["count"]!);
        Assert.Equal(1009m, Money((await server.GetAsync("/api/trades/1"))["data"]!, "pnl"));
    }

    [Fact]
    public async Task Listeners_hear_of_each_fill_in_the_form_of_the_list_for_the_pair_and_the_bot_of_the_trade()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?trading_pair=SUI/USDC&bot_name=one");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":120,"quantity":4}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":130}""", 200);
        var events = await stream.NextAsync(5);
        Assert.Equal(["fill.recorded", "fill.recorded", "trade.changed", "fill.recorded", "trade.closed"], events.Select(static one => one.Name));
        var list = (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray();
        Assert.Equal([list[2]!.ToJsonString(), list[1]!.ToJsonString(), list[0]!.ToJsonString()], new[] { 0, 1, 3 }.Select(i => events[i].Data.ToJsonString()));
    }

    private static decimal Money(JsonNode record, string field) => (decimal)record[field]!;

    private static string Changes(TestServer server) => server.Sql(TestEngine.IsPostgres
        ? "SELECT string_agg(kind, ',' ORDER BY seq) FROM changes" : "SELECT group_concat(kind) FROM (SELECT kind FROM changes ORDER BY seq)")!;

    private static async Task<string> ShownAsync(TestServer server, long id) => string.Join(';', (await server.GetAsync($"/api/trades/{id}/fills"))["data"]!.AsArray()
        .Select(static fill => $"{fill!["kind"]} {fill["price"]} {fill["quantity"]} {fill["filled_at"]} {fill["fees"]}"));
}
