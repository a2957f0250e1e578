using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Candles;
using Pilothouse.Retention;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Candles;

/// <summary>/api/candles: what is stored, what takes whose place, what is refused, and in which order they come.</summary>
public sealed class CandleTests
{
    private const string Good = """{"trading_pair":"SUI/USDC","timeframe":"1m","open_time":"2026-03-02T11:00:00Z","open":2,"high":4,"low":1,"close":3,"volume":10}""";

    [Fact]
    public async Task A_candle_takes_the_place_of_the_one_of_its_time()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(1, (long)(await server.PostAsync("/api/candles", Good))["candle_id"]!);
        Assert.Equal(1, (long)(await server.PostAsync("/api/candles", Good.Replace("\"close\":3", "\"close\":3.5", StringComparison.Ordinal).Replace("SUI", "sui", StringComparison.Ordinal)))["candle_id"]!);
        Assert.NotEqual(1, (long)(await server.PostAsync("/api/candles", Good.Replace("11:00", "11:01", StringComparison.Ordinal)))["candle_id"]!);
        Assert.NotEqual(1, (long)(await server.PostAsync("/api/candles", Good.Replace("1m", "1M", StringComparison.Ordinal)))["candle_id"]!);
        var list = await server.GetAsync("/api/candles?trading_pair=sui/usdc&timeframe=1m");
        var expected = JsonNode.Parse("""{"id":1,"trading_pair":"SUI/USDC","timeframe":"1m","open_time":"2026-03-02T11:00:00+00:00","open":2,"high":4,"low":1,"close":3.5,"volume":10,"known_at":"2026-03-02T11:01:00+00:00"}""");
        Assert.Equal(expected!.ToJsonString(), list["data"]![0]!.ToJsonString());
        Assert.Equal((2, null), ((int)list["count"]!, list["next_cursor"]));
    }

    [Fact]
    public async Task The_same_candle_again_is_no_change_and_another_is_one()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/candles", Good);
        await server.PostAsync("/api/candles", Good);
        var other = (await server.PostAsync("/api/candles/batch", $"{{\"items\":[{Good},{Good.Replace("11:00", "11:01", StringComparison.Ordinal)}]}}"))["ids"]![1];
        Assert.Equal($"1 recorded,{other} recorded", Log(server));
        await server.PostAsync("/api/candles/batch", $"{{\"items\":[{Good.Replace(":10}", ":11}", StringComparison.Ordinal)},{Good.Replace(",\"volume\":10", "", StringComparison.Ordinal)}]}}");
        Assert.Equal($"1 recorded,{other} recorded,1 changed,1 changed", Log(server));
    }

    [Fact]
    [OnlyOnSqlite("INSERT OR REPLACE is SQLite's")]
    public async Task A_candle_that_another_program_replaces_is_logged_as_removed()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/candles", Good);
        await Tool.SqliteAsync(server.DatabasePath, "INSERT OR REPLACE INTO candles(trading_pair, timeframe, open_time, open, high, low, close) VALUES ('SUI/USDC', '1m', '2026-03-02T11:00:00Z', 2, 2, 2, 2)");
        Assert.Equal("1 recorded,1 removed,2 recorded", Log(server));
    }

    /// <summary>The last of two candles of one time in one batch counts, in one transaction or several at once.</summary>
    [Fact]
    public async Task A_batch_may_hold_a_candle_twice_and_several_batches_may_come_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync("/api/candles/batch", Batch(0, 50, 1, twice: true));
        Assert.Equal(51, (int)answer["count"]!);
        Assert.Equal((long)answer["ids"]![0]!, (long)answer["ids"]![50]!);
        Assert.Equal("50 1", server.Sql("SELECT count(*) || ' ' || (SELECT count(*) FROM candles WHERE close = 3) FROM candles"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async part => await server.PostAsync("/api/candles/batch", Batch(part * 20, 100, 1))));
        Assert.All(answers, static stored => Assert.Equal(100, stored["ids"]!.AsArray().Select(static id => (long)id!).Distinct().Count()));
        Assert.Equal("240", server.Sql("SELECT count(*) FROM candles"));
    }

    [Theory]
    [InlineData("\"high\":4", "\"high\":0.5", "high")]
    [InlineData("\"open\":2", "\"open\":0.9", "open")]
    [InlineData("\"close\":3", "\"close\":4.1", "close")]
    [InlineData("\"volume\":10", "\"volume\":-1", "volume")]
    [InlineData("\"low\":1", "\"low\":0", "low")]
    [InlineData("\"low\":1", "\"low\":\"1\"", "low")]
    [InlineData("\"low\":1", "\"low\":NaN", "low")]
    [InlineData("\"low\":1,", "", "low")]
    [InlineData("\"open_time\":\"2026-03-02T11:00:00Z\",", "", "open_time")]
    [InlineData("2026-03-02T11:00:00Z", "2026-03-02T12:06:00Z", "open_time")]
    [InlineData("2026-03-02T11:00:00Z", "yesterday", "open_time")]
    [InlineData("\"1m\"", "\"1min\"", "timeframe")]
    [InlineData("\"1m\"", "\"1H\"", "timeframe")]
    [InlineData("\"1m\"", "\"0m\"", "timeframe")]
    [InlineData("\"1m\"", "\"m\"", "timeframe")]
    [InlineData("\"1m\"", "\"\"", "timeframe")]
    [InlineData("\"1m\"", "\"1000m\"", "timeframe")]
    [InlineData("\"1m\"", "60", "timeframe")]
    [InlineData("SUI/USDC", "", "trading_pair")]
    [InlineData("\"volume\"", "\"volumes\"", "volumes")]
    public async Task What_is_no_candle_is_refused_and_named(string part, string wrong, string field)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Contains(part, Good, StringComparison.Ordinal);
        var body = Good.Replace(part, wrong, StringComparison.Ordinal);
        var (status, answer) = await server.Client.SendAsync("POST", "/api/candles", body);
        Assert.Equal((400, field), (status, (string?)answer["details"]![0]!["field"]));
        (status, answer) = await server.Client.SendAsync("POST", "/api/candles/batch", $"{{\"items\":[{Good},{body}]}}");
        Assert.Equal((400, $"items[1].{field}"), (status, (string?)answer["details"]![0]!["field"]));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM candles"));
    }

    [Fact]
    public async Task Several_wrong_prices_are_named_together()
    {
        await using var server = await TestServer.StartAsync();
        var (_, answer) = await server.Client.SendAsync("POST", "/api/candles", Good.Replace("\"open\":2", "\"open\":9", StringComparison.Ordinal).Replace("\"close\":3", "\"close\":0.1", StringComparison.Ordinal));
        Assert.Equal(["open", "close"], answer["details"]!.AsArray().Select(static detail => (string?)detail!["field"]));
    }

    [Theory]
    [InlineData("timeframe=1m", "trading_pair")]
    [InlineData("trading_pair=SUI/USDC", "timeframe")]
    [InlineData("trading_pair=SUI/USDC&timeframe=1min", "timeframe")]
    [InlineData("trading_pair=SUI/USDC&timeframe=1m&limit=0", "limit")]
    [InlineData("trading_pair=SUI/USDC&timeframe=1m&from=soon", "from")]
    [InlineData("trading_pair=SUI/USDC&timeframe=1m&from=2026-03-03&to=2026-03-02", "from")]
    [InlineData("trading_pairs=SUI/USDC&timeframe=1m", "trading_pairs")]
    public async Task A_wrong_question_is_refused_and_named(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, answer) = await server.Client.SendAsync("GET", $"/api/candles?{query}");
        Assert.Equal((400, field), (status, (string?)answer["details"]![0]!["field"]));
    }

    [Fact]
    public async Task A_cursor_that_this_list_did_not_give_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var cursor in new[] { "x", "!!!", "c2lnbmFsc3wxfDIwMjYtMDEtMDE", "Y2FuZGxlc3x4" })
        {
            var (status, answer) = await server.Client.SendAsync("GET", $"/api/candles?trading_pair=A/B&timeframe=1m&cursor={cursor}");
            Assert.Equal((400, "invalid-cursor"), (status, (string?)answer["code"]));
        }
    }

    /// <summary>As ccxt's fetch_ohlcv: from a time on the oldest, without one the newest; always in the order of time.</summary>
    [Fact]
    public async Task Pages_go_forward_from_a_time_and_else_back_and_lose_none()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/candles/batch", Batch(0, 100, 1));
        await server.PostAsync("/api/candles", Good.Replace("SUI", "BTC", StringComparison.Ordinal));
        Assert.Equal([97, 98, 99], await MinutesAsync(server, "limit=3"));
        Assert.Equal([0, 1, 2], await MinutesAsync(server, "limit=3&from=2026-03-02"));
        Assert.Equal([8, 9, 10], await MinutesAsync(server, "limit=3&to=2026-03-02T00:10:00Z"));
        Assert.Equal([10, 11], await MinutesAsync(server, "from=2026-03-02T00:10:00Z&to=2026-03-02T00:11:30Z"));
        Assert.Empty(await MinutesAsync(server, "to=2026-03-01"));
        Assert.Equal(Enumerable.Range(5, 90), await AllAsync(server, "limit=7&from=2026-03-02T00:05:00Z&to=2026-03-02T01:34:00Z", forward: true));
        Assert.Equal(Enumerable.Range(0, 95), await AllAsync(server, "limit=8&to=2026-03-02T01:34:00Z", forward: false));
        var list = await server.GetAsync("/api/candles?trading_pair=SUI/USDC&timeframe=1m&limit=9999");
        Assert.Equal((100, null), ((int)list["count"]!, list["next_cursor"]));
    }

    [Fact]
    public async Task A_list_holds_five_thousand()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/candles/batch", Batch(0, 700, 1));
        server.Sql(TestEngine.IsPostgres
            ? "INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close) SELECT 'SUI/USDC', '1m', timestamptz '2025-01-01Z' + i * interval '1 minute', 2, 3, 1, 2 FROM generate_series(1, 5000) AS i"
            : "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close) SELECT 'SUI/USDC', '1m', datetime('2025-01-01', i || ' minutes'), 2, 3, 1, 2 FROM n");
        var first = await server.GetAsync("/api/candles?trading_pair=SUI/USDC&timeframe=1m&limit=6000");
        Assert.Equal(5000, (int)first["count"]!);
        var second = await server.GetAsync($"/api/candles?trading_pair=SUI/USDC&timeframe=1m&limit=6000&cursor={first["next_cursor"]}");
        Assert.Equal((700, null), ((int)second["count"]!, second["next_cursor"]));
    }

    /// <summary>The close of a candle that still runs is a price of the moment in which it was stored.</summary>
    [Fact]
    public async Task A_running_candle_says_when_its_close_was_known()
    {
        await using var server = await TestServer.StartAsync();
        var running = Good.Replace("11:00", "12:00", StringComparison.Ordinal).Replace("1m", "1h", StringComparison.Ordinal);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        await server.PostAsync("/api/candles", running);
        Assert.Equal("2026-03-02T12:20:00+00:00", await KnownAtAsync());
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        await server.PostAsync("/api/candles", running);
        Assert.Equal("2026-03-02T12:40:00+00:00", await KnownAtAsync());
        server.Clock.Advance(TimeSpan.FromMinutes(40));
        await server.PostAsync("/api/candles", running);
        Assert.Equal("2026-03-02T13:00:00+00:00", await KnownAtAsync());
        Assert.Equal("1 recorded,1 known,1 known", Log(server));

        async Task<string?> KnownAtAsync() => (string?)(await server.GetAsync("/api/candles?trading_pair=SUI/USDC&timeframe=1h"))["data"]![0]!["known_at"];
    }

    [Fact]
    public async Task A_write_needs_its_right_and_a_repetition_stores_nothing_again()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/candles", Good)).Status);
        var first = await server.Client.RawAsync("POST", "/api/candles", System.Text.Encoding.UTF8.GetBytes(Good), ("Idempotency-Key", "a"));
        var second = await server.Client.RawAsync("POST", "/api/candles", System.Text.Encoding.UTF8.GetBytes(Good), ("Idempotency-Key", "a"));
        Assert.Equal((201, 201), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/api/candles?trading_pair=A/B&timeframe=1m")).Status);
    }

    [Fact]
    public async Task Retention_removes_old_candles_but_not_those_of_days()
    {
        await using var server = await TestServer.StartAsync(("CANDLES_RETENTION_DAYS", "10"));
        foreach (var (timeframe, day) in new[] { ("1m", 1), ("4h", 1), ("1d", 1), ("1w", 1), ("1M", 1), ("1m", 25) })
        {
            await server.PostAsync("/api/candles", Good.Replace("1m", timeframe, StringComparison.Ordinal).Replace("2026-03-02", $"2026-02-{day:D2}", StringComparison.Ordinal));
        }

        await server.Services.GetServices<IHostedService>().OfType<NightlyMaintenance>().Single().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1d 1w 1M 1m", string.Join(' ', (await ServerTimeframesAsync()).Order(StringComparer.Ordinal).OrderBy(static timeframe => timeframe switch { "1d" => 0, "1w" => 1, "1M" => 2, _ => 3 })));
        Assert.DoesNotContain("removed", Log(server), StringComparison.Ordinal);

        async Task<List<string>> ServerTimeframesAsync()
        {
            var left = new List<string>();
            foreach (var timeframe in new[] { "1m", "4h", "1d", "1w", "1M" })
            {
                left.AddRange(Enumerable.Repeat(timeframe, (int)(await server.GetAsync($"/api/candles?trading_pair=SUI/USDC&timeframe={timeframe}"))["count"]!));
            }

            return left;
        }
    }

    [Theory]
    [InlineData("30s", "2026-03-02T00:00:30Z")]
    [InlineData("15m", "2026-03-02T00:15:00Z")]
    [InlineData("4h", "2026-03-02T04:00:00Z")]
    [InlineData("3d", "2026-03-05T00:00:00Z")]
    [InlineData("1w", "2026-03-09T00:00:00Z")]
    [InlineData("1M", "2026-04-02T00:00:00Z")]
    [InlineData("1y", "2027-03-02T00:00:00Z")]
    [InlineData("1x", null)]
    [InlineData("01m", null)]
    [InlineData("+1m", null)]
    [InlineData("1 m", null)]
    [InlineData("", null)]
    public void A_timeframe_ends_where_the_next_begins(string timeframe, string? end) => Assert.Equal(
        end is null ? null : DateTimeOffset.Parse(end, CultureInfo.InvariantCulture),
        Timeframe.EndOf(timeframe, new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero)));

    private static string Batch(int first, int count, decimal price, bool twice = false)
    {
        var items = Enumerable.Range(first, count).Select(minute => Item(minute, price)).ToList();
        if (twice)
        {
            items.Add(Item(first, price + 2));
        }

        return $"{{\"items\":[{string.Join(',', items)}]}}";

        static string Item(int minute, decimal price) => string.Create(CultureInfo.InvariantCulture,
            $$"""{"trading_pair":"SUI/USDC","timeframe":"1m","open_time":{{new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).AddMinutes(minute).ToUnixTimeMilliseconds()}},"open":{{price}},"high":{{price + 1}},"low":{{price / 2}},"close":{{price}}}""");
    }

    private static async Task<List<int>> MinutesAsync(TestServer server, string query) =>
        Minutes(await server.GetAsync($"/api/candles?trading_pair=SUI/USDC&timeframe=1m&{query}"));

    private static async Task<List<int>> AllAsync(TestServer server, string query, bool forward)
    {
        var all = new List<int>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await server.GetAsync($"/api/candles?trading_pair=SUI/USDC&timeframe=1m&{query}{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            all.InsertRange(forward ? all.Count : 0, Minutes(page));
            cursor = (string?)page["next_cursor"];
        }

        return all;
    }

    private static List<int> Minutes(JsonObject page) => [.. page["data"]!.AsArray().Select(static candle =>
        (int)(DateTimeOffset.Parse((string)candle!["open_time"]!, CultureInfo.InvariantCulture) - new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero)).TotalMinutes)];

    private static string Log(TestServer server) => server.Sql(TestEngine.IsPostgres
        ? "SELECT coalesce(string_agg(row_id || ' ' || kind, ',' ORDER BY seq), '') FROM changes WHERE table_name = 'candles'"
        : "SELECT coalesce(group_concat(row_id || ' ' || kind, ','), '') FROM (SELECT * FROM changes WHERE table_name = 'candles' ORDER BY seq)")!;
}
