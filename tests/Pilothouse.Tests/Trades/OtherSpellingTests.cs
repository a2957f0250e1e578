using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Trades;

/// <summary>Trades that the seed's bots and others wrote into the file in their own spelling count like ours, wherever trades are counted.</summary>
public sealed class OtherSpellingTests
{
    private const string Columns = "trading_pair, side, entry_price, exit_price, quantity, pnl, status, position_mode, external_id, timestamp, closed_at";

    [Fact]
    public async Task Trades_in_other_spellings_are_listed_by_side_and_by_status_as_they_are_stored()
    {
        await using var server = await FilledAsync();
        Assert.Equal([1, 2, 4, 5], await IdsAsync(server, "/api/trades?side=BUY"));
        Assert.Equal([1, 2, 4, 5], await IdsAsync(server, "/api/trades?side=long"));
        Assert.Equal([3, 6, 7], await IdsAsync(server, "/api/trades?side=SHORT"));
        Assert.Equal([1, 2, 3], await IdsAsync(server, "/api/trades/open"));
        Assert.Equal([1, 2], await IdsAsync(server, "/api/trades/open?side=Buy"));
        Assert.Equal([1, 2, 3], await IdsAsync(server, "/api/trades?status=open"));
        Assert.Equal([4, 5, 6, 7], await IdsAsync(server, "/api/trades?status=CLOSED"));
        Assert.Equal([6, 7], await IdsAsync(server, "/api/trades?status=closed&side=SELL&closed_from=2026-01-01"));
        var first = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal(("Long", "OPEN"), ((string?)first["side"], (string?)first["status"]));
    }

    [Fact]
    public async Task Performance_counts_them_by_side()
    {
        await using var server = await FilledAsync();
        Assert.Equal((4, 26m), await TotalAsync(server, ""));
        Assert.Equal((2, 20m), await TotalAsync(server, "?side=BUY"));
        Assert.Equal((2, 20m), await TotalAsync(server, "?side=Long&trading_pair=a/b"));
        Assert.Equal((2, 6m), await TotalAsync(server, "?side=SELL&from_date=2026-01-01"));
    }

    [Theory]
    [InlineData("Long", 110, "20")]
    [InlineData("buy", 110, "20")]
    [InlineData("SHORT", 110, "-20")]
    [InlineData("Sell", 90, "20")]
    public async Task They_are_closed_and_put_right_with_the_profit_of_their_side(string side, int exit, string pnl)
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"INSERT INTO trades({Columns}) VALUES ('A/B', '{side}', 100, NULL, 2, 0, 'Open', 'ONE_WAY', 'x', '2026-03-01 00:00:00', NULL)");
        var same = $$"""{"trading_pair":"A/B","side":"{{side}}","entry_price":100,"quantity":2,"position_mode":"one-way","status":"open","external_id":"x"}""";
        Assert.Equal(1, (long)(await server.PostAsync("/api/trades", same, 200))["trade_id"]!);
        var closed = await server.PostAsync("/api/trades/1/close", $$"""{"exit_price":{{exit}}}""", 200);
        Assert.Equal((pnl, "closed"), (closed["data"]!["pnl"]!.ToString(), (string?)closed["data"]!["status"]));
        var (status, corrected) = await server.Client.SendAsync("PATCH", "/api/trades/1", """{"fees":1,"reason":"forgotten"}""");
        Assert.Equal((200, decimal.Parse(pnl, null) - 1), (status, (decimal)corrected["data"]!["pnl"]!));
    }

    [Fact]
    public async Task The_status_command_counts_them()
    {
        await using var server = await FilledAsync();
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status) VALUES ('2026-03-02 11:59:00', 'odd', 'ERROR')");
        var (_, output, error) = await ServerProcess.RunAsync(server.Folder, ["status", "--json"], await TestEngine.CommandAsync(server.Folder));
        var report = JsonNode.Parse(output);
        Assert.True(report is not null, error);
        Assert.Equal((3, 4), ((long)report["rows"]!["open_trades"]!, (long)report["rows"]!["closed_trades"]!));
        Assert.Equal("error", (string?)report["bots"]![0]!["status"]);
    }

    private static async Task<TestServer> FilledAsync()
    {
        var server = await TestServer.StartAsync();
        string[] rows =
        [
            "'A/B', 'Long', 100, NULL, 2, 0, 'OPEN'", "'A/B', 'buy', 100, NULL, 2, 0, 'Open'", "'A/B', 'Short', 100, NULL, 2, 0, 'open'",
            "'a/b', 'LONG', 100, 105, 2, 10, 'Closed'", "'A/B', 'Buy', 100, 105, 2, 10, 'CLOSED'", "'A/B', 'short', 100, 98, 2, 4, 'closed'",
            "'A/B', 'SELL', 100, 99, 2, 2, 'cLosed'",
        ];
        foreach (var (i, row) in rows.Index())
        {
            server.Sql($"INSERT INTO trades({Columns}) VALUES ({row}, NULL, NULL, '2026-03-02 10:0{i}:00', '2026-03-02 11:0{i}:00')");
        }

        return server;
    }

    private static async Task<IEnumerable<long>> IdsAsync(TestServer server, string path) =>
        (await server.GetAsync(path))["data"]!.AsArray().Select(static trade => (long)trade!["id"]!).Order();

    private static async Task<(int Trades, decimal Pnl)> TotalAsync(TestServer server, string query)
    {
        var data = (await server.GetAsync("/api/performance" + query))["data"]!;
        return ((int)data["total_trades"]!, (decimal)data["total_pnl"]!);
    }
}
