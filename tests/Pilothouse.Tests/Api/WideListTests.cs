using System.Globalization;
using System.Text.RegularExpressions;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>
/// Lists with several filters contain, page after page, what a plain SELECT finds, whichever way the list is read.
/// </summary>
public sealed partial class WideListTests
{
    /// <summary>
    /// More rows than a short walk reads, so that the lists are made from groups. Some bots write other spellings, close before they open, or leave fields out.
    /// </summary>
    private const string Fill = """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3999)
        INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, status, closed_at, bot_name, mode)
        SELECT CASE i % 5 WHEN 0 THEN strftime('%Y-%m-%dT%H:%M:%SZ', '2024-01-01', (i / 4) || ' hours') ELSE datetime('2024-01-01', (i / 4) || ' hours') END,
          CASE i % 3 WHEN 0 THEN 'AAA/USD' WHEN 1 THEN 'BBB/USD' ELSE 'ccc/usd' END,
          CASE WHEN i < 400 AND i % 7 = 0 THEN 'SELL' WHEN i % 6 = 0 AND i < 3000 THEN 'sell' ELSE 'BUY' END, 1, 1,
          CASE WHEN i % 50 = 7 THEN 'voided' WHEN i % 40 = 3 THEN 'open' WHEN i % 60 = 5 THEN NULL WHEN i % 2 = 1 THEN 'closed' ELSE 'CLOSED' END,
          CASE WHEN i % 40 = 3 OR i % 11 = 0 THEN NULL
            ELSE datetime('2024-01-01', (i / 4 + CASE WHEN i % 9 = 0 THEN 1500 WHEN i % 13 = 0 THEN -30 ELSE 5 END) || ' hours') END,
          CASE WHEN i % 17 = 0 THEN NULL WHEN i % 4 = 1 THEN 'b' WHEN i < 900 THEN 'c' ELSE 'a' END,
          CASE WHEN i % 10 = 0 THEN NULL WHEN i % 4 = 1 THEN 'paper' WHEN i < 700 THEN 'AUTO' ELSE 'manual' END
        FROM n;
        INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, status, bot_name, strategy, timeframe)
        SELECT timestamp, trading_pair, CASE WHEN id % 3 <> 0 THEN side ELSE 'hold' END, 1, 1, CASE WHEN id < 500 THEN 'skipped' WHEN id % 2 <> 0 THEN 'pending' ELSE 'executed' END,
          bot_name, CASE WHEN id % 5 <> 0 THEN 's' || (id % 3) END, CASE WHEN id % 8 <> 0 THEN '5m' WHEN id < 1500 THEN '1d' END FROM trades;
        INSERT INTO chart_analyses(timestamp, trading_pair, timeframe, recommendation, bot_name, model)
        SELECT timestamp, trading_pair, coalesce(timeframe, '1h'), signal_type, bot_name, CASE WHEN id % 3 <> 0 THEN 'm' || (id % 4) END FROM signals;
        INSERT INTO audit_log(timestamp, who, operation, door, record_table, record_id, chain, number, key_id, hash)
        SELECT timestamp, coalesce(bot_name, 'pin'), signal_type, 'http', CASE WHEN id % 3 <> 0 THEN 'trades' WHEN id < 800 THEN 'keys' END, id / 9, 'old', id, 'k', 'h' FROM signals;
        """;

    private static readonly string TimeKey = TestEngine.IsPostgres ? "timestamp" : "replace(replace(timestamp, 'T', ' '), 'Z', '')";

    private static readonly string Closed = $"lower(status) = 'closed' AND coalesce(closed_at, {TimeKey})";

    private static readonly string[] Times =
    [
        "", "from_date=2024-02-10T03:00:00", "to_date=2024-03-01", "from_date=2024-01-20&to_date=2024-04-01",
    ];

    private static readonly string[] Closes =
    [
        "", "closed_from=2024-02-01T05:00:00", "closed_to=2024-03-05", "closed_from=2024-01-05&closed_to=2024-05-20",
        "closed_from=2024-03-03&closed_to=2024-03-04",
        "closed_from=2030-01-01", "closed_to=2020-01-01",
    ];

    [Fact]
    public async Task Trades_with_any_filters_are_those_that_the_database_has()
    {
        await using var server = await FilledAsync();
        await AssertListsAsync(server, "/api/trades", "trades", Closes,
            ["", "side=BUY", "side=SELL"], ["", "mode=paper", "mode=auto"], ["", "bot_name=a", "bot_name=b", "bot_name=nobody"],
            ["", "trading_pair=AAA/USD", "trading_pair=ccc/usd"], ["", "status=closed", "status=voided"]);
    }

    [Fact]
    public async Task Signals_with_any_filters_are_those_that_the_database_has()
    {
        await using var server = await FilledAsync();
        await AssertListsAsync(server, "/api/signals", "signals", [""],
            ["", "signal_type=SELL", "signal_type=HOLD"], ["", "status=skipped", "status=pending"], ["", "bot_name=c", "bot_name=b"],
            ["", "trading_pair=BBB/USD"], ["", "strategy=s1"], ["", "timeframe=1d"]);
    }

    [Fact]
    public async Task Analyses_with_any_filters_are_those_that_the_database_has()
    {
        await using var server = await FilledAsync();
        await AssertListsAsync(server, "/api/analysis", "chart_analyses", [""],
            ["", "recommendation=SELL", "recommendation=HOLD"], ["", "timeframe=1d", "timeframe=5m"], ["", "bot_name=c"],
            ["", "trading_pair=BBB/USD"], ["", "model=m3"]);
    }

    [Fact]
    public async Task Rows_of_the_audit_log_with_any_filters_are_those_that_the_database_has()
    {
        await using var server = await FilledAsync();
        await AssertListsAsync(server, "/api/audit", "audit_log", [""],
            ["", "who=pin", "who=c"], ["", "operation=SELL", "operation=hold"],
            ["", "record_table=keys", "record_table=trades", "record_table=trades&record_id=31"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task A_group_whose_values_are_no_text_hides_no_row()
    {
        await using var server = await FilledAsync();
        server.Sql("UPDATE trades SET bot_name = x'00ff' WHERE id % 100 = 1");
        await AssertListsAsync(server, "/api/trades", "trades", [""], ["trading_pair=AAA/USD"], ["side=SELL"], ["", "mode=auto"]);
    }

    [Fact]
    public async Task More_groups_than_are_looked_at_hide_no_row()
    {
        await using var server = await FilledAsync();
        server.Sql("UPDATE trades SET bot_name = 'bot' || id");
        await AssertListsAsync(server, "/api/trades", "trades", [""], ["trading_pair=AAA/USD"], ["side=SELL"], ["", "mode=auto"]);
    }

    private static async Task<TestServer> FilledAsync()
    {
        var server = await TestServer.StartAsync();
        server.Sql(TestEngine.IsPostgres ? HoursAfter().Replace(Fill, "timestamptz '2024-01-01' + ($1) * interval '1 hour'") : Fill);
        return server;
    }

    /// <summary>
    /// Tries every combination of filters: the first page of each, and for some of them all pages. Of thousands of combinations it tries each
    /// fifth, which has every value beside every other one since no filter has five or ten values; the two engines try different fifths.
    /// </summary>
    private static async Task AssertListsAsync(TestServer server, string path, string table, string[] windows, params string[][] filters)
    {
        var chosen = filters.Append(Times).Append(windows).Aggregate(
            new List<string> { "" },
            static (all, values) => [.. all.SelectMany(each => values.Select(value => each + (value.Length > 0 ? "&" + value : "")))]);
        const int most = 3000;
        const int step = 5;
        Assert.All(filters.Append(Times).Append(windows), static values => Assert.NotEqual(0, values.Length % step));
        var number = 0;
        foreach (var query in chosen.Count <= most ? chosen : chosen.Where((_, i) => i % step == (TestEngine.IsPostgres ? 1 : 0)))
        {
            var inOrder = $"SELECT id FROM {table} WHERE {Condition(table, query)} ORDER BY {TimeKey} DESC, id DESC";
            var expected = server.Sql(TestEngine.IsPostgres ? $"SELECT string_agg(id::text, ',') FROM ({inOrder}) AS rows" : $"SELECT group_concat(id) FROM ({inOrder})") is { Length: > 0 } found
                ? found.Split(',') : [];
            var limit = 1 + (number % 3 * 60);
            var pages = number++ % 25 == 0 ? 6 : 2;
            var ids = new List<string>();
            string? cursor = null;
            for (var page = 0; page < pages && (page == 0 || cursor is not null); page++)
            {
                var answer = await server.GetAsync($"{path}?limit={limit}{query}{(cursor is null ? "" : "&cursor=" + cursor)}");
                ids.AddRange(answer["data"]!.AsArray()
                    .Select(static row => row!["id"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture)));
                cursor = (string?)answer["next_cursor"];
                Assert.Equal(ids.Count < expected.Length, cursor is not null);
            }

            Assert.True(
                expected.Take(limit * pages).SequenceEqual(ids),
                $"{path}?{query}\nexpected {string.Join(',', expected.Take(limit * pages))}\nanswered {string.Join(',', ids)}");
        }
    }

    private static string Condition(string table, string query)
    {
        var conditions = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static sent =>
        {
            var (name, value) = (sent.Split('=')[0], sent.Split('=')[1].Replace('T', ' '));
            var day = value.Length == 10 ? value + " 23:59:59.999" : value;
            return name switch
            {
                "from_date" => $"{TimeKey} >= '{value}'",
                "to_date" => $"{TimeKey} <= '{day}'",
                "closed_from" => $"{Closed} >= '{value}'",
                "closed_to" => $"{Closed} <= '{day}'",
                "bot_name" or "strategy" or "timeframe" or "model" or "who" or "operation"
                    or "record_table" or "record_id" => $"{name} = '{sent.Split('=')[1]}'",
                _ => $"lower({name}) = lower('{sent.Split('=')[1]}')",
            };
        });
        return string.Join(" AND ", conditions.Append(
            table == "trades" && !query.Contains("status=", StringComparison.Ordinal) ? "coalesce(lower(status), '') <> 'voided'" : "1 = 1"));
    }

    /// <summary>SQLite's words for a time some hours after the beginning of 2024.</summary>
    [GeneratedRegex(@"(?:strftime\('[^']*', |datetime\()'2024-01-01', \((.+?)\) \|\| ' hours'\)", RegexOptions.Singleline)]
    private static partial Regex HoursAfter();
}
