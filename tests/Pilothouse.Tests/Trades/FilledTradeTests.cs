using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Trades;

namespace Pilothouse.Tests.Trades;

/// <summary>A trade that has fills is closed, changed, put right and voided like any other, by the API and by other programs.</summary>
public sealed class FilledTradeTests
{
    private const string Ten = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":100,"quantity":10,"fees":1,"timestamp":"2026-03-01T10:00:00Z"}""";

    /// <summary>The fees of a close are those of the whole trade up to now: 1 of the entry, 2 and 3 of the exits.</summary>
    [Fact]
    public async Task A_close_of_less_than_is_left_is_a_partial_exit()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        var part = await server.PostAsync("/api/trades/1/close", """{"exit_price":120,"quantity":4,"fees":3,"exit_reason":"half","closed_at":"2026-03-01T11:00:00Z"}""", 200);
        Assert.Equal(("Trade closed in part", "open", 6m, 78m, 3m, null), ((string?)part["message"], (string?)part["data"]!["status"], Money(part["data"]!, "remaining_quantity"), Money(part["data"]!, "realized_pnl"), Money(part["data"]!, "fees"), part["data"]!["closed_at"]));
        Assert.Equal("quantity", Field(await server.PostAsync("/api/trades/1/close", """{"exit_price":120,"quantity":7}""", 400)));
        Assert.Equal("closed_at", Field(await server.PostAsync("/api/trades/1/close", """{"exit_price":120,"closed_at":"2026-03-01T09:00:00Z"}""", 400)));
        var whole = (await server.PostAsync("/api/trades/1/close", """{"exit_price":90,"fees":6,"funding":0.5,"exit_reason":"stop"}""", 200))["data"]!;

        // 4 × 20 − 6 × 10 − 6 + 0.5; exits (4 × 120 + 6 × 90) ÷ 10.
        Assert.Equal(("closed", 14.5m, 15m, 102m, 6m, "stop"), ((string?)whole["status"], Money(whole, "pnl"), Money(whole, "realized_pnl"), Money(whole, "exit_price"), Money(whole, "fees"), (string?)whole["exit_reason"]));
        Assert.Equal(["3", "2", "1"], (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray().Select(static fill => fill!["fees"]!.ToString()));
        var audit = (await server.GetAsync("/api/audit?record_table=trades"))["data"]!.AsArray().Select(static row => (string?)row!["operation"]);
        Assert.Equal(["closeTrade", "closeTrade", "createTrade"], audit);
    }

    [Fact]
    public async Task Its_quantity_is_that_of_its_fills_and_all_else_may_change()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":110,"quantity":10}""");
        var (status, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"quantity":5}""");
        Assert.Equal((409, "trade-has-fills"), (status, (string?)body["code"]));

        // A client may send back the whole record.
        var record = (await server.GetAsync("/api/trades/1"))["data"]!.AsObject();
        record["stop_loss"] = 90;
        (status, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", record.ToJsonString());
        Assert.Equal((200, 90m, 105m), (status, Money(body["data"]!, "stop_loss"), Money(body["data"]!, "entry_price")));
    }

    [Fact]
    public async Task It_is_put_right_at_its_last_exit()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":120,"quantity":10,"filled_at":"2026-03-01T11:00:00Z","fees":1}""");
        await server.PostAsync("/api/trades/1/fills", """{"kind":"exit","price":130,"quantity":20,"filled_at":"2026-03-01T12:00:00Z","fees":2}""");
        var (_, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":125,"fees":5,"funding":-3,"closed_at":"2026-03-01T13:00:00Z","reason":"r"}""");

        // 20 × (125 − 110) − 5 − 3; the exit has 3 of the fees.
        Assert.Equal((292m, 297m, 125m, "2026-03-01T13:00:00+00:00"), (Money(body["data"]!, "pnl"), Money(body["data"]!, "realized_pnl"), Money(body["data"]!, "exit_price"), (string?)body["data"]!["closed_at"]));
        Assert.Equal("125 3 2026-03-01T13:00:00+00:00", (await server.GetAsync("/api/trades/1/fills"))["data"]![0] is { } exit ? $"{exit["price"]} {exit["fees"]} {exit["filled_at"]}" : "");
        Assert.Equal("closed_at", Field((await server.Client.SendAsync("PATCH", "/api/trades/1", """{"closed_at":"2026-03-01T10:30:00Z","reason":"r"}""")).Body));
        Assert.Equal(292m, Money((await server.GetAsync("/api/performance"))["data"]!, "total_pnl"));

        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/2/close", """{"exit_price":130,"quantity":5}""", 200);
        await server.PostAsync("/api/trades/2/close", """{"exit_price":130}""", 200);
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/trades/2", """{"exit_price":1,"reason":"r"}""");
        Assert.Equal((409, "trade-has-fills"), (status, (string?)refusal["code"]));
        (status, _) = await server.Client.SendAsync("PATCH", "/api/trades/2", """{"exit_reason":"target","reason":"r"}""");
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task Another_program_may_close_what_is_left_and_its_row_counts()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":120,"quantity":4}""", 200);
        server.Sql("UPDATE trades SET status = 'closed', exit_price = 130, pnl = 259, closed_at = '2026-03-02 11:00:00' WHERE id = 1");
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal((259m, 259m, 0m), (Money(trade, "pnl"), Money(trade, "realized_pnl"), Money(trade, "remaining_quantity")));
        Assert.Equal(259m, Money((await server.GetAsync("/api/performance"))["data"]!, "total_pnl"));
        Assert.Equal(["exit 130 6 ", "exit 120 4 2", "entry 100 10 1"], (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray()
            .Select(static fill => $"{fill!["kind"]} {fill["price"]} {fill["quantity"]} {(fill["id"] is null ? "" : fill["id"])}"));

        // Its correction is that of a trade with one exit: 10 × (140 − 100) − 1.
        var (_, body) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":140,"reason":"r"}""");
        Assert.Equal(399m, Money(body["data"]!, "pnl"));
    }

    [Fact]
    public async Task Exits_at_the_same_time_never_close_more_than_there_is()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var trade in Enumerable.Range(1, 3))
        {
            await server.PostAsync("/api/trades", Ten);
            var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => i % 3 == 0
                ? server.Client.SendAsync("POST", $"/api/trades/{trade}/close", """{"exit_price":110,"quantity":1}""")
                : server.Client.SendAsync("POST", $"/api/trades/{trade}/fills", """{"kind":"exit","price":110,"quantity":1}""")));
            Assert.Equal((10, 20), (answers.Count(static answer => answer.Status < 300), answers.Count(static answer => answer.Status == 409)));
            var closed = (await server.GetAsync($"/api/trades/{trade}"))["data"]!;
            Assert.Equal(("closed", 99m, 11), ((string?)closed["status"], Money(closed, "pnl"), (int)(await server.GetAsync($"/api/trades/{trade}/fills"))["count"]!));
        }
    }

    [Fact]
    public async Task Another_program_may_open_a_closed_trade_again_and_store_fills_itself()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":120}""", 200);
        server.Sql("UPDATE trades SET status = 'open', exit_price = NULL, closed_at = NULL, pnl = 0 WHERE id = 1");
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal((10m, 0m, 100m), (Money(trade, "remaining_quantity"), Money(trade, "realized_pnl"), Money(trade, "average_cost")));
        trade = (await server.PostAsync("/api/trades/1/close", """{"exit_price":130}""", 200))["data"]!;
        Assert.Equal((299m, "closed"), (Money(trade, "pnl"), (string?)trade["status"]));

        // Its rows are in the list at once, and in the trade with the next fill: 10 × (110 − 105).
        await server.PostAsync("/api/trades", Ten.Replace("\"fees\":1,", "", StringComparison.Ordinal));
        server.Sql("INSERT INTO fills(trade_id, kind, price, quantity, filled_at) VALUES (2, 'ENTRY', 100, 10, '2026-03-01 10:00:00')");
        server.Sql("INSERT INTO fills(trade_id, kind, price, quantity, filled_at) VALUES (2, 'Entry', 110, 10, '2026-03-01 11:00:00')");
        Assert.Equal(2, (int)(await server.GetAsync("/api/trades/2/fills"))["count"]!);
        trade = (await server.PostAsync("/api/trades/2/fills", """{"kind":"exit","price":110,"quantity":10}"""))["data"]!;
        Assert.Equal((20m, 10m, 105m, 50m), (Money(trade, "quantity"), Money(trade, "remaining_quantity"), Money(trade, "average_cost"), Money(trade, "realized_pnl")));
    }

    [Theory]
    [InlineData("UPDATE trades SET side = 'HOLD'")]
    [InlineData("UPDATE trades SET entry_price = -1")]
    [InlineData("UPDATE trades SET quantity = 0")]
    public async Task A_trade_that_cannot_be_computed_takes_no_fill(string sql)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Ten);
        server.Sql(sql);
        Assert.Equal("unreadable-trade", (string?)(await server.PostAsync("/api/trades/1/fills", """{"kind":"entry","price":1,"quantity":1}""", 409))["code"]);
        await server.GetAsync("/api/trades/1/fills");
    }

    [Fact]
    public async Task A_gate_is_asked_before_a_trade_is_opened_and_before_an_entry_is_added_and_for_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        var gate = new ClosedGate();
        var access = server.Services.GetRequiredService<TradeAccess>();
        var fills = new FillService(access, [gate], server.Clock);
        var trades = new TradeService(access, fills, [gate], server.Clock);
        var database = server.Services.GetRequiredService<Database>();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":2,"bot_name":"one","mode":"paper"}""");

        var trade = new NewTrade { TradingPair = "A/B", Side = "BUY", EntryPrice = 1, Quantity = 1, BotName = "two", Mode = "AUTO" };
        await RefusedAsync(session => trades.RecordAsync(session, Caller.Server, trade).AsTask(), "two auto");
        await RefusedAsync(session => fills.AddAsync(session, Caller.Server, 1, new() { Kind = "entry", Price = 1, Quantity = 1 }).AsTask(), "one paper");
        gate.Asked = null;
        await database.WriteAsync(async session => await trades.RecordAsync(session, Caller.Server, trade with { Status = "closed", ExitPrice = 2 }));
        await database.WriteAsync(async session => await fills.AddAsync(session, Caller.Server, 1, new() { Kind = "exit", Price = 1, Quantity = 1 }));
        await database.WriteAsync(async session => await trades.CloseAsync(session, Caller.Server, 1, new() { ExitPrice = 2 }));
        Assert.Null(gate.Asked);

        async Task RefusedAsync<T>(Func<Session, Task<T>> work, string asked)
        {
            await Assert.ThrowsAsync<Refusal>(() => database.WriteAsync(async session => await work(session)));
            Assert.Equal(asked, gate.Asked);
        }
    }

    private static decimal Money(JsonNode record, string field) => (decimal)record[field]!;

    private static string? Field(JsonObject refusal) => (string?)refusal["details"]![0]!["field"];

    /// <summary>A gate that lets nobody through.</summary>
    private sealed class ClosedGate : ITradeGate
    {
        public string? Asked { get; set; }

        public ValueTask DemandAsync(Session session, WantedPosition wanted)
        {
            Asked = $"{wanted.BotName} {wanted.Mode}";
            throw new Refusal(409, ErrorCodes.NotFound, "Trading is stopped", "Wait.");
        }
    }
}
