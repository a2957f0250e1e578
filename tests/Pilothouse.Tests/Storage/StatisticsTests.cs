using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

public sealed class StatisticsTests
{
    [Fact]
    public async Task Tables_whose_counting_would_take_the_write_lock_for_long_keep_their_statistics()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO signals(id, trading_pair, signal_type, signal_strength, price) VALUES (200001, 'A/B', 'BUY', 1, 1)");
        server.Sql("INSERT INTO trades(id, trading_pair, side, entry_price, quantity) VALUES (200000, 'A/B', 'BUY', 1, 1)");

        await server.Services.GetRequiredService<Database>().Upkeep.OptimizeAsync(TestContext.Current.CancellationToken);

        Assert.Equal("0", server.Sql("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'signals'"));
        Assert.NotEqual("0", server.Sql("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'trades'"));
    }

    [Fact]
    public async Task The_statistics_of_the_night_count_no_table_row_by_row()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql(""""
            CREATE TABLE "others' ""bots""" (id INTEGER PRIMARY KEY, pair TEXT);
            CREATE INDEX "others' ""pairs""" ON "others' ""bots"""(pair) WHERE pair <> '';
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO "others' ""bots"""(pair) SELECT 'P' || (i % 7) FROM n;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO trades(trading_pair, side, entry_price, quantity, status) SELECT 'P' || (i % 7), 'BUY', 1, 1, 'closed' FROM n;
            """");

        await server.Services.GetRequiredService<Database>().Upkeep.OptimizeAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", server.Sql("SELECT group_concat(tbl) FROM sqlite_stat1 WHERE idx IS NULL"));
        Assert.Equal("others' \"pairs\"\nph_changes_closings\nph_trades_groups", server.Sql(
            "SELECT group_concat(idx, char(10)) FROM (SELECT idx FROM sqlite_stat1 WHERE idx IN ('others'' \"pairs\"', 'ph_changes_closings', 'ph_trades_groups') ORDER BY idx)"));
    }
}
