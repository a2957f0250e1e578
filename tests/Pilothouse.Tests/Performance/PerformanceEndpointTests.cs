using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Compares the endpoint with figures.py, an independent computation in numpy, for every way in which trades are closed.</summary>
public sealed class PerformanceEndpointTests
{
    [Fact]
    public async Task Without_trades_the_seeds_fields_are_0_and_the_others_say_why_they_are_null()
    {
        await using var server = await TestServer.StartAsync();
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        foreach (var field in new[] { "total_trades", "winning_trades", "losing_trades", "win_rate", "total_pnl", "avg_win", "avg_loss", "max_win", "max_loss", "risk_reward_ratio" })
        {
            Assert.Equal(0m, (decimal)data[field]!);
        }

        Assert.Null(data["sharpe_ratio"]);
        Assert.NotEmpty((string)data["undefined"]!["sharpe_ratio"]!);
        Assert.Null(data["basis"]!["starting_balance_source"]);
    }

    [Fact]
    public async Task The_kept_answer_follows_every_kind_of_change_by_whomever()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            switch (i % 10)
            {
                case 3:
                    // The seed's bot closes a trade itself, without closed_at.
                    server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status) VALUES ('2026-03-02T12:00:0{i % 7}', 'X/B', 'BUY', 10, 11, 2, 2, 'Closed')");
                    break;
                case 5:
                    server.Sql($"UPDATE trades SET pnl = pnl + 1, exit_price = exit_price + 1.0 / quantity WHERE side = 'BUY' AND lower(status) = 'closed' AND id = {random.Next(1, i)}");
                    break;
                case 7:
                    server.Sql($"DELETE FROM trades WHERE id = {random.Next(1, i)}");
                    break;
                case 8:
                    var id = random.Next(1, i);
                    server.Sql(Replacing("trades(id, timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status)", $"{id}, '2026-03-01 00:00:00', 'X/B', 'SELL', 10, 9.5, 1, 0.5, 'closed'", $"id = {id}"));
                    break;
                default:
                    server.Clock.Advance(TimeSpan.FromHours(5));
                    var trade = await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":1.5}""");
                    await server.PostAsync($"/api/trades/{trade["trade_id"]}/close", string.Create(CultureInfo.InvariantCulture, $$"""{"exit_price":{{100 + random.Next(-9, 10)}},"fees":0.25}"""), 200);
                    break;
            }

            if (i % 4 == 0)
            {
                await ExpectAsync(server, "/api/performance", "1000");
            }
        }

        await ExpectAsync(server, "/api/performance", "1000");
        await using var restarted = await server.RestartAsync(("STARTING_BALANCE", "1000"));
        await ExpectAsync(restarted, "/api/performance", "1000");
    }

    [Fact]
    public async Task Periods_filters_and_zones_count_the_trades_that_they_name()
    {
        await using var server = await TestServer.StartAsync();
        var now = TestServer.Start;
        var number = 0;
        foreach (var hours in new[] { 0, 23, 24, 25, 100, 168, 169, 700, 720, 721, 2000 })
        {
            number++;
            var closed = Pilothouse.Storage.Timestamps.ToAnswer(now.AddHours(-hours));
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"{{(number % 2 == 0 ? "A/B" : "C/B")}}","side":"{{(number % 3 == 0 ? "SELL" : "BUY")}}","mode":"paper","bot_name":"b{{number % 2}}","entry_price":10,"quantity":1,"status":"closed","exit_price":{{10 + number}},"timestamp":"{{closed}}","closed_at":"{{closed}}"}""");
        }

        async Task<long> Count(string query) => (long)(await server.GetAsync("/api/performance?" + query))["data"]!["total_trades"]!;
        Assert.Equal(3, await Count("period=daily"));
        Assert.Equal(6, await Count("period=WEEKLY"));
        Assert.Equal(9, await Count("period=monthly"));
        Assert.Equal(11, await Count("period=all"));
        Assert.Equal(5, await Count("trading_pair=a/b"));
        Assert.Equal(3, await Count("side=SELL"));
        Assert.Equal(6, await Count("bot_name=b1"));
        Assert.Equal(0, await Count("mode=auto"));
        Assert.Equal(1, await Count("period=daily&trading_pair=A/B"));
        await ExpectAsync(server, "/api/performance?starting_balance=500&tz=America/New_York", "500", "America/New_York");
        var basis = (await server.GetAsync("/api/performance?period=daily"))["data"]!["basis"]!;
        Assert.Equal("2026-03-01T12:00:00+00:00", (string?)basis["from"]);
        Assert.Equal("2026-03-02T12:00:00+00:00", (string?)basis["to"]);
    }

    [OnlyOnSqlite("counts on the one long read at a time")]
    [Fact]
    public async Task What_asks_for_everything_in_more_words_gets_the_kept_answer_without_reading_the_trades()
    {
        await using var server = await TestServer.StartAsync();
        var kept = (await server.GetAsync("/api/performance")).ToJsonString();

        // The one long read at a time is taken. The kept answer needs none.
        using var held = new ManualResetEventSlim();
        var turn = server.Services.GetRequiredService<Database>().ReadAsync(ReadKind.LongKnown, _ => new ValueTask<bool>(held.Wait(TimeSpan.FromSeconds(20)))).AsTask();
        foreach (var query in new[] { "period=all", "period=ALL&tz=UTC", "unknown=1" })
        {
            Assert.Equal(kept, (await server.GetAsync("/api/performance?" + query)).ToJsonString());
        }

        var waiting = server.GetAsync("/api/performance?tz=Europe/Berlin");
        await server.GetAsync("/api/signals");
        Assert.False(waiting.IsCompleted);
        held.Set();
        Assert.True(await turn);
        await waiting;
    }

    [Fact]
    public async Task The_log_of_changes_is_shortened_and_the_figures_stay_right()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await ExpectAsync(server, "/api/performance", "1000");
        server.Sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO changes(table_name, row_id, kind, at) SELECT 'signals', i, 'recorded', '2026-02-20 12:00:00.000' FROM n");
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1,"status":"closed","exit_price":11}""");
        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("trades", server.Sql("SELECT table_name FROM changes"));
        await ExpectAsync(server, "/api/performance", "1000");
    }

    [Fact]
    public async Task A_bot_that_replaces_a_closed_trade_by_its_external_id_does_not_make_two_of_it()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var day in new[] { 1, 2 })
        {
            server.Sql(Replacing("trades(timestamp, trading_pair, side, entry_price, quantity, pnl, status, external_id)", $"'2026-02-0{day} 00:00:00', 'A/B', 'BUY', 1, 1, {day}, 'closed', 'x'", "external_id = 'x'"));
            var data = (await server.GetAsync("/api/performance"))["data"]!;
            Assert.Equal((1L, (decimal)day), ((long)data["total_trades"]!, (decimal)data["total_pnl"]!));
        }
    }

    /// <summary>SQL with which another program puts a row in the place of one with the same key.</summary>
    private static string Replacing(string columns, string values, string same) => TestEngine.IsPostgres
        ? $"DELETE FROM trades WHERE {same}; INSERT INTO {columns} VALUES ({values})"
        : $"INSERT OR REPLACE INTO {columns} VALUES ({values})";

    [Fact]
    public async Task The_starting_balance_is_what_the_bot_that_was_there_first_reported_first()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('2026-01-01 00:00:00', 'a', 'running', NULL), ('2026-01-02 00:00:00', 'a', 'running', 100.5), ('2026-01-03 00:00:00', 'a', 'running', 900), ('2026-01-03 00:00:00', 'b', 'running', 50)");
        var basis = (await server.GetAsync("/api/performance"))["data"]!["basis"]!;
        Assert.Equal((100.5m, "bot_status"), ((decimal)basis["starting_balance"]!, (string?)basis["starting_balance_source"]));
        Assert.Equal((2, 1), ((int)basis["accounts"]!, (int)basis["flows"]!));
        basis = (await server.GetAsync("/api/performance?bot_name=b"))["data"]!["basis"]!;
        Assert.Equal(50m, (decimal)basis["starting_balance"]!);
    }

    [Theory]
    [InlineData("period=yearly", "period")]
    [InlineData("starting_balance=0", "starting_balance")]
    [InlineData("starting_balance=NaN", "starting_balance")]
    [InlineData("tz=Mars/Phobos", "tz")]
    [InlineData("tz=Europe//Berlin", "tz")]
    [InlineData("tz=/Europe/Berlin", "tz")]
    [InlineData("tz=Europe/Berlin/", "tz")]
    [InlineData("tz=./Europe/Berlin", "tz")]
    [InlineData("tz=Asia/../Europe/Berlin", "tz")]
    [InlineData("tz=posix/Europe/Berlin", "tz")]
    [InlineData("tz=right/Europe/Berlin", "tz")]
    [InlineData("tz=..%2F..%2F..%2Fusr/share/zoneinfo/UTC", "tz")]
    [InlineData("side=HOLD", "side")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var body = await server.GetAsync("/api/performance?" + query, 400);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Asia/Kolkata")]
    [InlineData("US/Eastern")]
    [InlineData("Etc/GMT+5")]
    [InlineData("America/Port-au-Prince")]
    public async Task Every_name_of_a_time_zone_is_taken(string zone)
    {
        await using var server = await TestServer.StartAsync();
        var body = await server.GetAsync("/api/performance?tz=" + Uri.EscapeDataString(zone));
        Assert.Equal(zone, (string?)body["data"]!["basis"]!["time_zone"]);
    }

    private static async Task ExpectAsync(TestServer server, string path, string balance, string zone = "UTC") =>
        await Numpy.CompareAsync(server, path, await Numpy.FiguresAsync(server, balance, zone));
}
