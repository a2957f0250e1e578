using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>The table <c>changes</c>: what the triggers write, whoever changes a row, and how its followers read it.</summary>
public sealed class ChangeLogTests
{
    private const string Trade = "INSERT INTO trades(id, trading_pair, side, entry_price, quantity, status, external_id)";

    /// <summary>A statement of another program, and the changes that it logs.</summary>
    [Theory]
    [InlineData("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1)", "signals 1 recorded")]
    [InlineData("INSERT INTO signals(id, trading_pair, signal_type, signal_strength, price) VALUES (7, 'A/B', 'BUY', 1, 1); UPDATE signals SET status = 'executed'", "signals 7 recorded,signals 7 changed")]
    [InlineData("INSERT INTO bot_status(bot_name, status) VALUES ('a', 'running'); UPDATE bot_status SET id = 5; DELETE FROM bot_status", "bot_status 1 recorded,bot_status 1 removed,bot_status 5 changed,bot_status 5 removed")]
    [InlineData(Trade + " VALUES (1, 'A/B', 'BUY', 1, 1, 'open', NULL); UPDATE trades SET stop_loss = 1; UPDATE trades SET status = 'CLOSED'; UPDATE trades SET pnl = 2; DELETE FROM trades",
        "trades 1 opened,trades 1 changed,trades 1 closed,trades 1 changed was closed,trades 1 removed was closed")]
    [InlineData(Trade + " VALUES (1, 'A/B', 'BUY', 1, 1, 'closed', NULL); UPDATE trades SET status = 'voided'", "trades 1 closed,trades 1 changed was closed")]
    [InlineData(Trade + " VALUES (1, 'A/B', 'BUY', 1, 1, 'closed', NULL); INSERT OR REPLACE INTO trades(id, trading_pair, side, entry_price, quantity, status) VALUES (1, 'A/B', 'BUY', 2, 1, 'open')",
        "trades 1 closed,trades 1 removed was closed,trades 1 opened")]
    [InlineData(Trade + " VALUES (1, 'A/B', 'BUY', 1, 1, 'open', 'x'); INSERT OR REPLACE INTO trades(id, trading_pair, side, entry_price, quantity, status, external_id) VALUES (2, 'A/B', 'BUY', 2, 1, 'closed', 'x')",
        "trades 1 opened,trades 1 removed,trades 2 closed")]
    [InlineData(Trade + " VALUES (1, 'A/B', 'BUY', 1, 1, 'closed', 'x'), (2, 'A/B', 'BUY', 1, 1, 'open', 'y'); UPDATE OR REPLACE trades SET external_id = 'x' WHERE id = 2",
        "trades 1 closed,trades 2 opened,trades 1 removed was closed,trades 2 changed")]
    [InlineData("INSERT INTO news_cache(article_url) VALUES ('u'); INSERT OR REPLACE INTO news_cache(article_url) VALUES ('u')", "news_cache 1 recorded,news_cache 1 removed,news_cache 2 recorded")]
    [InlineData("INSERT INTO circuit_breaker_events(triggered_at, trigger_reason, trigger_type, status) VALUES ('2026-01-01', 'r', 'manual', 'triggered')", "circuit_breaker_events 1 recorded")]
    public async Task What_another_program_writes_is_in_the_log(string statements, string expected)
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, statements);
        Assert.Equal(expected, Log(server));
    }

    /// <summary>A row is inserted, gets another id, and is deleted, and the same again while retention pauses the log.</summary>
    [Fact]
    public async Task Every_record_table_is_followed()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var table in RecordTables.Names)
        {
            var needed = server.Sql($"SELECT coalesce(group_concat(name), '') FROM pragma_table_info('{table}') WHERE [notnull] = 1 AND pk = 0")!;
            var values = string.Join(',', needed.Split(',').Select(static _ => "'x'"));
            var insert = needed.Length == 0 ? $"INSERT INTO {table} DEFAULT VALUES;" : $"INSERT INTO {table}({needed}) VALUES ({values});";
            var first = table == "trades" ? "opened" : "recorded";
            await Tool.SqliteAsync(server.DatabasePath, $"DELETE FROM changes; {insert} UPDATE {table} SET id = id + 6; DELETE FROM {table};");
            var expected = $"{table} 1 {first},{table} 1 removed,{table} 7 changed,{table} 7 removed";
            Assert.True(Log(server) == expected, $"{table}: a migration must give it the triggers of the log of changes, as pilothouse_0011 gives signals. Expected {expected}, found {Log(server)}.");
            await Tool.SqliteAsync(server.DatabasePath, $"DELETE FROM changes; INSERT INTO changes_paused VALUES ('test'); {insert} DELETE FROM {table}; DELETE FROM changes_paused;");
            Assert.True(!Log(server).Contains("removed", StringComparison.Ordinal), $"{table}: ph_{table}_removed must ask changes_paused, as ph_signals_removed does.");
        }
    }

    /// <summary>INSERT OR REPLACE and UPDATE OR REPLACE remove another row without running its delete trigger.</summary>
    [Fact]
    public async Task A_table_with_a_unique_key_says_which_row_was_replaced()
    {
        await using var server = await TestServer.StartAsync();
        Faults.None(RecordTables.Names.SelectMany(table => new[] { "INSERT", "UPDATE" }.Select(work => server.Sql($"""
            SELECT '{table} has a unique key: a migration must give it a trigger BEFORE {work} that logs the row that it replaces, as pilothouse_0011 gives news_cache'
            WHERE EXISTS (SELECT 1 FROM pragma_index_list('{table}') WHERE [unique] = 1)
              AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}' AND sql LIKE '%BEFORE {work} ON {table}%')
            """))).Where(static sentence => sentence is { Length: > 0 }));
    }

    [Fact]
    public async Task A_write_of_ours_counts_as_well()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":11}""", 200);
        Assert.Equal("trades 1 opened,trades 1 closed", Log(server));
        Assert.Matches(@"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$", server.Sql("SELECT at FROM changes WHERE seq = 1"));
    }

    [Fact]
    public async Task What_retention_deletes_is_no_change()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('2025-01-01', 'A/B', 'BUY', 1, 1), ('2026-03-02', 'A/B', 'BUY', 1, 1)");
        await server.Services.GetServices<IHostedService>().OfType<NightlyMaintenance>().Single().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1 0 signals 1 recorded,signals 2 recorded", server.Sql("SELECT (SELECT count(*) FROM signals) || ' ' || (SELECT count(*) FROM changes_paused)") + " " + Log(server));
        server.Sql("DELETE FROM signals");
        Assert.EndsWith("signals 2 removed", Log(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_is_kept_for_its_days_and_never_emptied_nor_shortened_past_a_follower()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        server.Sql("INSERT INTO changes(seq, table_name, row_id, kind, at) VALUES (1, 'a', 1, 'recorded', '2026-02-01'), (2, 'a', 2, 'recorded', '2026-02-02'), (3, 'a', 3, 'recorded', '2026-02-27'), (4, 'a', 4, 'recorded', '2026-02-03')");
        await PurgeAsync(new Follower(1), 7);
        Assert.Equal("2 3 4", Sequences());
        await PurgeAsync(new Follower(null), 0);
        Assert.Equal("2 3 4", Sequences());
        await PurgeAsync(new Follower(null), 7);
        Assert.Equal("3 4", Sequences());
        await PurgeAsync(new Follower(4), 1);
        Assert.Equal("4", Sequences());
        server.Sql("INSERT INTO changes(table_name, row_id, kind) VALUES ('a', 5, 'recorded')");
        Assert.Equal("4 5", Sequences());
        var reached = await Task.WhenAll(new long[] { 2, 3, 5, 6 }.Select(position =>
            database.ReadAsync(session => ChangeLog.ReachesAsync(session, position), TestContext.Current.CancellationToken).AsTask()));
        Assert.Equal([false, true, true, false], reached);
        var rest = await database.ReadAsync(session => ChangeLog.AfterAsync(session, 4, 10), TestContext.Current.CancellationToken);
        Assert.Equal([new Change(5, "a", 5, "recorded", false)], rest);

        async Task PurgeAsync(Follower follower, int days)
        {
            var purge = new ChangePurge(database, [follower], TimeSpan.FromDays(days), server.Clock);
            while (await purge.PurgeAsync(TestContext.Current.CancellationToken) > 0)
            {
            }
        }

        string Sequences() => server.Sql("SELECT group_concat(seq, ' ') FROM (SELECT seq FROM changes ORDER BY seq)")!;
    }

    [Fact]
    public async Task Who_waits_for_a_change_wakes_after_our_commit_and_after_that_of_another_process()
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        var cancel = TestContext.Current.CancellationToken;
        var waiting = database.WaitForChangeAsync(await database.StampAsync(cancel), cancel);
        await Task.Delay(100, cancel);
        Assert.False(waiting.IsCompleted);
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), cancel);
        waiting = database.WaitForChangeAsync(await database.StampAsync(cancel), cancel);
        await Tool.SqliteAsync(server.DatabasePath, "DELETE FROM signals");
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), cancel);
        await database.WaitForChangeAsync(await database.StampAsync(cancel) - 1, cancel).WaitAsync(TimeSpan.FromSeconds(5), cancel);
    }

    private static string Log(TestServer server) => server.Sql(
        "SELECT coalesce(group_concat(text, ','), '') FROM (SELECT table_name || ' ' || row_id || ' ' || kind || iif(was_closed, ' was closed', '') AS text FROM changes ORDER BY seq)")!;

    private sealed class Follower(long? position) : IChangeFollower
    {
        public ValueTask<long?> CatchUpAsync(CancellationToken cancel) => new(position);
    }
}
