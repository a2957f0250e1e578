using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>A trade without a strategy of its own has that of its signal, which changes without the trade: the kept figures follow it.</summary>
public sealed class FollowedSignalsTests
{
    [Fact]
    public async Task The_split_by_strategy_follows_the_signals_of_closed_trades()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy) VALUES (1, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 1, 'grid'), (2, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 1, NULL)");
        server.Sql(Trade(1, 1, "NULL", 5) + "," + Row(2, 2, "NULL", 7) + "," + Row(3, 1, "'own'", 11));
        Assert.Equal("grid 5,null 7,own 11", await SplitAsync(server));
        server.Sql("UPDATE signals SET strategy = 'dca' WHERE id = 1");
        Assert.Equal("dca 5,null 7,own 11", await SplitAsync(server));
        Assert.Equal("dca 5,null 7,own 11", await SplitAsync(server, "&side=BUY"));
        server.Sql("UPDATE signals SET strategy = 'dca' WHERE id = 2");
        Assert.Equal("dca 12,own 11", await SplitAsync(server));

        // A trade that closes, and its signal in one commit; a status of a signal says nothing of its strategy.
        server.Sql("INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy) VALUES (4, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 1, 'scalp'); "
            + Trade(4, 4, "NULL", 13) + "; UPDATE signals SET status = 'executed' WHERE id = 4");
        Assert.Equal("dca 12,own 11,scalp 13", await SplitAsync(server));
    }

    [OnlyOnSqlite("PostgreSQL takes no trade of a signal that is not there")]
    [Fact]
    public async Task A_signal_that_comes_late_or_goes_changes_the_strategy_of_its_trade()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("PRAGMA foreign_keys=OFF; " + Trade(1, 7, "NULL", 5));
        Assert.Equal("null 5", await SplitAsync(server));
        server.Sql("INSERT INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy) VALUES (7, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 1, 'late')");
        Assert.Equal("late 5", await SplitAsync(server));
        server.Sql("PRAGMA foreign_keys=OFF; INSERT OR REPLACE INTO signals(id, timestamp, trading_pair, signal_type, signal_strength, price, strategy) VALUES (7, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 1, 'other')");
        Assert.Equal("other 5", await SplitAsync(server));
        server.Sql("PRAGMA foreign_keys=OFF; DELETE FROM signals");
        Assert.Equal("null 5", await SplitAsync(server));
    }

    private static string Trade(int id, int signal, string strategy, int pnl) =>
        "INSERT INTO trades(id, timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at, signal_id, strategy) VALUES " + Row(id, signal, strategy, pnl);

    private static string Row(int id, int signal, string strategy, int pnl) =>
        $"({id}, '2026-03-01 10:00:00', 'A/B', 'BUY', 1, 2, 1, {pnl}, 'closed', '2026-03-01 1{id}:00:00', {signal}, {strategy})";

    private static async Task<string> SplitAsync(TestServer server, string more = "") => string.Join(',', Groups(await server.GetAsync("/api/performance/by?by=strategy" + more))
        .Select(static group => $"{(string?)group!["key"] ?? "null"} {group["total_pnl"]}").Order(StringComparer.Ordinal));

    private static JsonArray Groups(JsonObject answer) => answer["data"]!["groups"]!.AsArray();
}
