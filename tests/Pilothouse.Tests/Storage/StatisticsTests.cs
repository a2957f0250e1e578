using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

public sealed class StatisticsTests
{
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
