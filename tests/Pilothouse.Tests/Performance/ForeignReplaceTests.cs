using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>
/// SQLite's REPLACE removes a conflicting row without running delete triggers. Whatever a bot writes with it, the kept figures are those that a
/// full reading of the table gives.
/// </summary>
public sealed class ForeignReplaceTests
{
    private const string Columns = "timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at, bot_name, external_id";

    /// <summary>Before each: trades 1 to 4 are closed with 1, 10, 100 and 1000 (external ids a to d, all of bot b), 5 is open (e).</summary>
    public static TheoryData<string> Statements => new()
    {
        "UPDATE OR REPLACE trades SET id = 2 WHERE id = 5",
        "UPDATE OR REPLACE trades SET id = 2 WHERE id = 1",
        "UPDATE OR REPLACE trades SET external_id = 'b' WHERE id = 5",
        "UPDATE OR REPLACE trades SET external_id = 'b' WHERE id = 1",
        "UPDATE OR REPLACE trades SET external_id = 'z', bot_name = 'c' WHERE id IN (2, 3)",
        "UPDATE OR REPLACE trades SET external_id = 'd' WHERE id >= 2",
        "UPDATE OR REPLACE trades SET bot_name = '' WHERE id = 5; UPDATE trades SET bot_name = NULL, external_id = 'e2' WHERE id = 3; UPDATE OR REPLACE trades SET external_id = 'e2' WHERE id = 5",
        "UPDATE OR REPLACE trades SET id = 3, external_id = 'b', status = 'closed', pnl = 7 WHERE id = 5",
        "UPDATE OR REPLACE trades SET id = 9 WHERE id = 4",
        $"INSERT OR REPLACE INTO trades(id, {Columns}) VALUES (2, '2026-02-01 00:00:00', 'A/B', 'BUY', 1, NULL, 1, 0, 'open', NULL, 'b', 'n')",
        $"INSERT OR REPLACE INTO trades({Columns}) VALUES ('2026-02-01 00:00:00', 'A/B', 'BUY', 1, NULL, 1, 0, 'open', NULL, 'b', 'b')",
        $"REPLACE INTO trades(id, {Columns}) VALUES (2, '2026-02-01 00:00:00', 'A/B', 'BUY', 1, 2, 1, 7, 'closed', '2026-02-02 00:00:00', 'b', 'c')",
        $"REPLACE INTO trades(id, {Columns}) SELECT id, {Columns.Replace("pnl", "pnl + 5", StringComparison.Ordinal)} FROM trades WHERE id < 4",
        $"INSERT INTO trades(id, {Columns}) VALUES (2, '2026-02-01 00:00:00', 'A/B', 'BUY', 1, 2, 1, 7, 'closed', NULL, 'b', 'n') ON CONFLICT (id) DO UPDATE SET pnl = 77",
        $"INSERT INTO trades({Columns}) VALUES ('2026-02-01 00:00:00', 'A/B', 'BUY', 1, 2, 1, 7, 'closed', NULL, 'b', 'c') ON CONFLICT DO UPDATE SET status = 'open', pnl = 0",
        $"INSERT INTO trades({Columns}) VALUES ('2026-02-01 00:00:00', 'A/B', 'BUY', 1, 2, 1, 7, 'closed', NULL, 'b', 'c') ON CONFLICT DO NOTHING",
        $"INSERT OR IGNORE INTO trades(id, {Columns}) VALUES (2, '2026-02-01 00:00:00', 'A/B', 'BUY', 1, 2, 1, 7, 'closed', NULL, 'b', 'n')",
        "CREATE TRIGGER other AFTER INSERT ON bot_status BEGIN UPDATE OR REPLACE trades SET external_id = 'b' WHERE id = 5; END; INSERT INTO bot_status(bot_name, status) VALUES ('x', 'running')",
    };

    [OnlyOnSqlite("REPLACE is a word of SQLite")]
    [Theory]
    [MemberData(nameof(Statements))]
    public async Task The_kept_figures_follow_a_row_that_was_replaced(string statement)
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        for (var i = 0; i < 5; i++)
        {
            var pnl = (int)Math.Pow(10, i);
            var (status, closedAt) = i == 4 ? ("open", "NULL") : ("closed", FormattableString.Invariant($"'2026-01-0{i + 1} 12:00:00'"));
            server.Sql(FormattableString.Invariant(
                $"""
                INSERT INTO trades(id, {Columns})
                VALUES ({i + 1}, '2026-01-0{i + 1} 00:00:00', 'A/B', 'BUY', 1, {1 + pnl}, 1, {(i == 4 ? 0 : pnl)}, '{status}', {closedAt}, 'b', '{(char)('a' + i)}')
                """));
        }

        var before = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((4L, 1111m), ((long)before["total_trades"]!, (decimal)before["total_pnl"]!));
        await Tool.SqliteAsync(server.DatabasePath, "PRAGMA recursive_triggers = OFF; " + statement + ";");

        var after = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(server.Sql("SELECT count(*) || ' ' || coalesce(sum(CAST(pnl AS INTEGER)), 0) FROM trades WHERE lower(status) = 'closed'"),
            string.Create(CultureInfo.InvariantCulture, $"{(long)after["total_trades"]!} {(decimal)after["total_pnl"]!:0}"));

        // A server that has just started has read every trade anew.
        await using var fresh = await server.RestartAsync(("STARTING_BALANCE", "1000"));
        Assert.Equal((await fresh.GetAsync("/api/performance"))["data"]!["total_pnl"]!.ToJsonString(), after["total_pnl"]!.ToJsonString());
        Assert.Equal((await fresh.GetAsync("/api/performance"))["data"]!["max_drawdown"]?.ToJsonString(), after["max_drawdown"]?.ToJsonString());
    }
}
