using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Agents;
using Pilothouse.Performance;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Prices;

namespace Pilothouse.Tests.Agents;

/// <summary>What the decisions of agents were worth.</summary>
public sealed class AgentPerformanceTests
{
    private const string Path = "/api/agents/performance";

    private static readonly string[] Words =
        ["BUY", "sell", "Hold", "SKIP", "reject: spread too wide", "approve", "enter_long", "no-trade", "don't buy", "EXECUTE", "STRONG_SELL", "thinking", "Short", "wait"];

    /// <summary>Every figure is that of tests/tools/agents.py, which judges the same rows with numpy and pandas; also after rows came and changed.</summary>
    [Theory]
    [InlineData(1, "daily")]
    [InlineData(2, "weekly")]
    public async Task Figures_are_those_of_pandas(int seed, string period)
    {
        await using var server = await TestServer.StartAsync();
        var world = new MadeWorld(server, seed, minutesLong: 2400);
        await world.PostAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(1.5));
        var random = new Random(seed);
        for (var i = 0; i < 12; i++)
        {
            server.Sql($"""
                INSERT INTO spike_events(trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to)
                VALUES ('{(i % 2 == 0 ? "SUI/USDC" : "ethusdc")}', 'volume', '{(i % 3 == 0 ? "dump" : "pump")}', 5, 15, 1, 2)
                """);
        }

        server.Sql("UPDATE signals SET signal_type = CASE id % 3 WHEN 0 THEN 'BUY' WHEN 1 THEN 'Sell' ELSE 'HOLD' END");
        await PostCostsAsync(server, random, await PostDecisionsAsync(server, random, 250));
        await AssertSameAsync(server, world, period);

        // From here on the kept figures follow: new decisions, costs, links, trades that close and are put right, and the passing of time.
        await PostCostsAsync(server, random, await PostDecisionsAsync(server, random, 30));
        await server.Client.SendAsync("PATCH", "/api/agents/decisions/3", """{"trade_id":2}""");
        await server.Client.SendAsync("PATCH", "/api/agents/decisions/4", """{"trade_id":null,"signal_id":1}""");
        var open = (await server.GetAsync("/api/trades/open"))["data"]!.AsArray();
        foreach (var trade in open.Take(5))
        {
            await server.Client.SendAsync("POST", $"/api/trades/{trade!["id"]}/close", """{"exit_price":3}""");
        }

        var closed = (await server.GetAsync("/api/trades?status=closed&limit=3"))["data"]!.AsArray();
        foreach (var trade in closed)
        {
            await server.Client.SendAsync("PATCH", $"/api/trades/{trade!["id"]}", """{"exit_price":0.0001,"reason":"test"}""");
        }

        server.Sql("DELETE FROM agent_decisions WHERE id IN (7, 8)");
        server.Clock.Advance(TimeSpan.FromHours(5));
        await AssertSameAsync(server, world, period);
    }

    [Fact]
    public async Task A_trade_decides_and_the_price_where_there_is_none()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals/batch", """
            {"items":[{"timestamp":"2026-03-01T10:00:00Z","trading_pair":"A/B","signal_type":"BUY","signal_strength":50,"price":10},
                      {"timestamp":"2026-03-01T11:00:00Z","trading_pair":"A/B","signal_type":"HOLD","signal_strength":0,"price":11},
                      {"timestamp":"2026-03-01T14:00:00Z","trading_pair":"A/B","signal_type":"HOLD","signal_strength":0,"price":10}]}
            """);
        await server.PostAsync("/api/trades", """{"timestamp":"2026-03-01T10:00:00Z","trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1,"status":"closed","exit_price":9,"closed_at":"2026-03-01T12:00:00Z"}""");
        foreach (var (agent, word, trade) in new[] { ("a", "BUY", "null"), ("b", "skip", "null"), ("c", "approve", "1"), ("d", "reject", "1"), ("e", "approve", "null"), ("f", "hm", "null") })
        {
            await server.PostAsync("/api/agents/decisions", $$"""
                {"timestamp":"2026-03-01T10:00:00Z","agent_name":"{{agent}}","agent_role":"r","decision_type":"t","decision":"{{word}}","confidence":0.9,"signal_id":1,"trade_id":{{trade}}}
                """);
        }

        var agents = await AgentsAsync(server);
        Assert.Equal(
            "a right neither unknown,b wrong neither unknown,c wrong wrong wrong,d wrong neither unknown,e right neither unknown,f unknown unknown unknown",
            string.Join(',', agents.Select(static agent => $"{agent!["agent_name"]} {string.Join(' ', agent["figures"]!["horizons"]!.AsArray().Select(OutcomeOf))}")));
        var figures = agents[5]!["figures"]!["horizons"]![0]!;
        Assert.Equal((null, "no decision was right or wrong by this horizon"), (figures["accuracy_percent"], (string?)figures["undefined"]!["accuracy_percent"]));
        var brier = agents[0]!["figures"]!["horizons"]![0]!;
        Assert.Equal(0.01, (double)brier["brier_score"]!, 12);
        Assert.False((bool)brier["enough_data"]!);

        static string OutcomeOf(JsonNode? horizon) => ((string[])["right", "wrong", "neither", "unknown"]).Single(outcome => (int)horizon![outcome]! == 1);
    }

    [Fact]
    public async Task Filters_select_decisions_and_unknown_words_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (agent, role, type, bot, day) in new[] { ("a", "r", "t", "x", 1), ("a", "s", "t", "y", 2), ("b", "r", "u", "x", 3) })
        {
            await server.PostAsync("/api/agents/decisions", $$"""
                {"timestamp":"2026-02-0{{day}}T10:00:00Z","agent_name":"{{agent}}","agent_role":"{{role}}","decision_type":"{{type}}","decision":"hold","bot_name":"{{bot}}"}
                """);
        }

        foreach (var (query, expected) in new[]
        {
            ("", "a 2,b 1"), ("?agent_name=a", "a 2"), ("?agent_role=r", "a 1,b 1"), ("?decision_type=u", "b 1"), ("?bot_name=y", "a 1"), ("?agent_name=z", ""),
            ("?from_date=2026-02-02", "a 1,b 1"), ("?to_date=2026-02-02", "a 2"), ("?from_date=2026-02-02&to_date=2026-02-02T10:00:00", "a 1"),
        })
        {
            Assert.Equal(expected, string.Join(',', (await AgentsAsync(server, query)).Select(static agent => $"{agent!["agent_name"]} {agent["figures"]!["decisions"]}")));
        }

        Assert.Equal(400, (await server.Client.SendAsync("GET", $"{Path}?period=yearly")).Status);
        Assert.Equal(400, (await server.Client.SendAsync("GET", $"{Path}?agentname=a")).Status);
    }

    [Fact]
    public async Task Agents_are_listed_with_their_roles_last_decision_and_cost_of_today()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (agent, role, hour) in new[] { ("a", "risk", 8), ("a", "exit", 9), ("b", "scout", 10) })
        {
            await server.PostAsync("/api/agents/decisions", $$"""
                {"timestamp":"2026-03-02T{{hour:00}}:00:00Z","agent_name":"{{agent}}","agent_role":"{{role}}","decision_type":"t","decision":"hold","output_data":{"hour":{{hour}} } }
                """);
        }

        foreach (var (at, decision, cost) in new[] { ("2026-03-02T09:00:00Z", 1, "0.1"), ("2026-03-02T09:00:00Z", 2, "0.2"), ("2026-03-01T23:59:59Z", 2, "7") })
        {
            await server.PostAsync("/api/cost-analytics", $$"""{"timestamp":"{{at}}","api_name":"x","operation_type":"y","estimated_cost":{{cost}},"decision_id":{{decision}}}""");
        }

        var answer = await server.GetAsync("/api/agents");
        Assert.Equal(2, (int)answer["count"]!);
        var (first, second) = (answer["data"]![0]!, answer["data"]![1]!);
        Assert.Equal(("b", 0m, 10), ((string?)first["agent_name"], (decimal)first["cost_today"]!, (int)first["last_decision"]!["output_data"]!["hour"]!));
        Assert.Equal(("a", "[\"exit\",\"risk\"]", 2, 0.3m, 2L),
            ((string?)second["agent_name"], second["roles"]!.ToJsonString(), (int)second["decisions"]!, (decimal)second["cost_today"]!, (long)second["last_decision"]!["id"]!));
        Assert.Single((await server.GetAsync("/api/agents?limit=1"))["data"]!.AsArray());
    }

    [Fact]
    public async Task A_spike_counts_in_the_rows_by_what_came_of_its_trade()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"timestamp":"2026-02-25T10:00:00Z","trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1,"status":"closed","exit_price":11,"closed_at":"2026-02-25T12:00:00Z"}""");
        await server.PostAsync("/api/agents/decisions", """{"timestamp":"2026-02-25T10:00:00Z","agent_name":"a","agent_role":"r","decision_type":"t","decision":"buy","trade_id":1}""");
        await server.PostAsync("/api/spikes", """{"timestamp":"2026-02-25T09:00:00Z","trading_pair":"A/B","spike_type":"x","direction":"pump","magnitude_percent":5,"timeframe_minutes":5,"price_from":1,"price_to":2,"agent_detected_by":"a","status":"traded","trade_id":1}""");
        await RunAsync(server);
        Assert.Equal((1, 1, 0), await SpikesAsync());
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":9,"reason":"test"}""");
        await RunAsync(server);
        Assert.Equal((1, 0, 1), await SpikesAsync());

        async Task<(int All, int True, int False)> SpikesAsync()
        {
            var row = (await server.GetAsync($"{Path}?period=daily&agent_name=a"))["data"]!.AsArray().Single()!;
            return ((int)row["total_spikes_detected"]!, (int)row["true_positives"]!, (int)row["false_positives"]!);
        }
    }

    [Fact]
    public async Task Ended_periods_get_a_row_of_each_agent_which_is_put_right_for_a_week()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"timestamp":"2026-02-25T10:00:00Z","trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1,"status":"closed","exit_price":11,"closed_at":"2026-02-25T12:00:00Z"}""");
        await server.PostAsync("/api/agents/decisions", """{"timestamp":"2026-02-25T10:00:00Z","agent_name":"a","agent_role":"r","decision_type":"t","decision":"buy","confidence":0.5,"execution_time_ms":20,"trade_id":1}""");
        await server.PostAsync("/api/agents/decisions", """{"timestamp":"2026-03-01T10:00:00Z","agent_name":"b","agent_role":"r","decision_type":"t","decision":"hold"}""");
        server.Sql("INSERT INTO spike_events(timestamp, trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to, agent_detected_by, outcome) VALUES ('2026-02-25 11:00:00', 'A/B', 'x', 'pump', 5, 5, 1, 2, 'a', 'Profitable')");
        await RunAsync(server);
        var row = (await server.GetAsync($"{Path}?period=daily&agent_name=a"))["data"]!.AsArray().Single()!;
        Assert.Equal(("2026-02-26T00:00:00+00:00", "2026-02-25T00:00:00+00:00", 1, 1, 0, 100.0, 0.5, 20.0, 1, 1, 0),
            ((string?)row["timestamp"], (string?)row["period_start"], (int)row["total_decisions"]!, (int)row["correct_decisions"]!, (int)row["incorrect_decisions"]!,
                (double)row["accuracy_percent"]!, (double)row["avg_confidence"]!, (double)row["avg_execution_time_ms"]!, (int)row["total_spikes_detected"]!,
                (int)row["true_positives"]!, (int)row["false_positives"]!));
        Assert.Equal("daily a,daily b,monthly a,weekly a,weekly b", server.Sql(TestEngine.IsPostgres
            ? "SELECT string_agg(period || ' ' || agent_name, ',' ORDER BY period, agent_name) FROM agent_performance"
            : "SELECT group_concat(period || ' ' || agent_name) FROM (SELECT * FROM agent_performance ORDER BY period, agent_name)"));
        Assert.Equal(0, await RunAsync(server));

        // A correction turns the row over, and it stays one row; a week after its end it stays as it is.
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":9,"reason":"test"}""");
        await RunAsync(server);
        row = (await server.GetAsync($"{Path}?period=daily&agent_name=a"))["data"]!.AsArray().Single()!;
        Assert.Equal((0, 1, 0.0), ((int)row["correct_decisions"]!, (int)row["incorrect_decisions"]!, (double)row["accuracy_percent"]!));
        server.Clock.Advance(TimeSpan.FromDays(8));
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"exit_price":12,"reason":"test"}""");
        await RunAsync(server);
        Assert.Equal("0", server.Sql("SELECT correct_decisions FROM agent_performance WHERE period = 'daily' AND agent_name = 'a'"));
    }

    [OnlyOnSqlite("another program writes the file")]
    [Fact]
    public async Task Odd_rows_of_other_programs_count_as_far_as_they_can_be_read()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO agent_decisions(timestamp, agent_name, agent_role, decision_type, decision, confidence, execution_time_ms, signal_id)
            VALUES ('2026-03-01T10:00:00.5', 'a', 'r', 't', 'x', 85, 'soon', 99), ('never', 'a', 'r', 't', 'x', 0.5, 1, NULL), (NULL, 'a', 'r', 't', 'x', 0.5, 1, NULL),
              ('2026-03-01 10:00:00', 'a', '', '', '', 'high', -5, NULL), ('2026-03-01 10:00:00', x'00', 'r', 't', 7, -1, 2.5, NULL);
            """);
        var agents = await AgentsAsync(server);
        var figures = agents.Single(static agent => (string?)agent!["agent_name"] == "a")!["figures"]!;
        Assert.Equal((2, 0.85, null), ((int)figures["decisions"]!, (double)figures["avg_confidence"]!, figures["avg_execution_time_ms"]));
        Assert.Equal(2, agents.Count);
        Assert.Equal(2, (await server.GetAsync("/api/agents"))["data"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("skip", true, 0)]
    [InlineData("DO NOT TRADE", true, 0)]
    [InlineData("Don\u2019t buy", true, 1)]
    [InlineData("NO-GO", true, 0)]
    [InlineData("rejected_long", true, 1)]
    [InlineData("Enter SHORT now", false, -1)]
    [InlineData("approve", false, 0)]
    [InlineData("buy, then sell", false, 1)]
    [InlineData("notable", false, 0)]
    public void Decisions_are_read_word_by_word(string text, bool isAgainst, int way)
    {
        var stance = Stance.Of(text);
        Assert.Equal((isAgainst, way), (stance.IsAgainst, stance.Way));
        Assert.Equal(text != "notable", stance.IsKnown);
    }

    private static async Task<JsonArray> AgentsAsync(TestServer server, string query = "") => (await server.GetAsync(Path + query))["computed"]!["agents"]!.AsArray();

    private static Task<int> RunAsync(TestServer server) =>
        server.Services.GetServices<IHostedService>().OfType<PeriodKeeper>().Single().RunAsync(TestContext.Current.CancellationToken);

    /// <returns>Their ids: on PostgreSQL numbers may be left out.</returns>
    private static async Task<long[]> PostDecisionsAsync(TestServer server, Random random, int count)
    {
        var items = new JsonArray();
        var (signals, trades) = (await IdsAsync(server, "/api/signals"), await IdsAsync(server, "/api/trades"));
        for (var i = 0; i < count; i++)
        {
            items.Add(new JsonObject
            {
                ["timestamp"] = server.Clock.GetUtcNow().AddMinutes(-random.Next(2400)).AddSeconds(-random.Next(60)).ToString("O", CultureInfo.InvariantCulture),
                ["agent_name"] = $"agent {random.Next(3)}",
                ["agent_role"] = $"role {random.Next(2)}",
                ["decision_type"] = random.Next(2) == 0 ? "entry" : "risk",
                ["decision"] = Words[random.Next(Words.Length)],
                ["confidence"] = random.Next(6) == 0 ? null : random.Next(5) == 0 ? random.Next(6) / 5.0 : random.NextDouble(),
                ["execution_time_ms"] = random.Next(8) == 0 ? null : random.Next(3) == 0 ? random.Next(100) : random.Next(200_000),
                ["trade_id"] = random.Next(3) == 0 ? trades[random.Next(trades.Length)] : null,
                ["signal_id"] = random.Next(3) > 0 ? signals[random.Next(signals.Length)] : null,
                ["spike_event_id"] = random.Next(3) == 0 ? random.Next(12) + 1 : null,
            });
        }

        return IdsOf((await server.PostAsync("/api/agents/decisions/batch", new JsonObject { ["items"] = items }.ToJsonString()))["ids"]!);

        static long[] IdsOf(JsonNode list) => [.. list.AsArray().Select(static id => (long)id!)];
    }

    private static async Task<long[]> IdsAsync(TestServer server, string path) =>
        [.. (await server.GetAsync(path + "?limit=500"))["data"]!.AsArray().Select(static row => (long)row!["id"]!)];

    private static async Task PostCostsAsync(TestServer server, Random random, long[] decisions)
    {
        var items = new JsonArray();
        for (var i = 0; i < 120; i++)
        {
            items.Add(new JsonObject
            {
                ["api_name"] = "x",
                ["operation_type"] = "y",
                ["estimated_cost"] = random.Next(5) == 0 ? null : random.Next(1000) / 10_000m,
                ["decision_id"] = decisions[random.Next(decisions.Length)],
            });
        }

        await server.PostAsync("/api/cost-analytics/batch", new JsonObject { ["items"] = items }.ToJsonString());
    }

    private static async Task AssertSameAsync(TestServer server, MadeWorld world, string period)
    {
        static JsonNode Rows(JsonObject answer) => answer["data"]!.DeepClone();
        var spikes = new JsonArray([.. Enumerable.Range(1, 12).Select(id => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["trading_pair"] = server.Sql($"SELECT trading_pair FROM spike_events WHERE id = {id}"),
            ["direction"] = server.Sql($"SELECT direction FROM spike_events WHERE id = {id}"),
        })]);
        var costs = new JsonArray([.. (server.Sql(TestEngine.IsPostgres
            ? "SELECT string_agg(decision_id || ' ' || coalesce(estimated_cost::text, ''), ',') FROM cost_analytics"
            : "SELECT group_concat(decision_id || ' ' || coalesce(estimated_cost, '')) FROM cost_analytics")!).Split(',').Select(static cost => (JsonNode)new JsonObject
            {
                ["decision_id"] = long.Parse(cost.Split(' ')[0], CultureInfo.InvariantCulture),
                ["estimated_cost"] = cost.EndsWith(' ') ? null : double.Parse(cost.Split(' ')[1], CultureInfo.InvariantCulture),
            })]);
        var expected = (await world.ExpectedAsync("agents.py", ("period", period), ("spikes", spikes), ("costs", costs),
            ("decisions", Rows(await server.GetAsync("/api/agents/decisions?limit=500"))), ("listed_signals", Rows(await server.GetAsync("/api/signals?limit=500")))))["agents"]!;
        var kept = await AgentsAsync(server, $"?period={period}");
        AssertNear(expected, kept, "agents");

        // What is kept is what a server that has just begun computes.
        using var fresh = new AgentLedger(server.Services.GetRequiredService<Database>(), server.Clock);
        var anew = await fresh.AnswerAsync(new AgentQuestion(period), TestContext.Current.CancellationToken);
        Assert.True(kept.Count == anew.Agents.Count);
        for (var i = 0; i < kept.Count; i++)
        {
            Assert.Equal(
                anew.Agents[i].Figures.Horizons.Select(static horizon => (horizon.Right, horizon.Wrong, horizon.Neither, horizon.Unknown)),
                kept[i]!["figures"]!["horizons"]!.AsArray().Select(static horizon => ((long)horizon!["right"]!, (long)horizon["wrong"]!, (long)horizon["neither"]!, (long)horizon["unknown"]!)));
        }
    }

    private static void AssertNear(JsonNode? expected, JsonNode? actual, string where)
    {
        switch (expected)
        {
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    AssertNear(value, actual![name], $"{where}.{name}");
                }

                break;
            case JsonArray items:
                Assert.True(items.Count == actual!.AsArray().Count, $"{where}: {actual.ToJsonString()}");
                for (var i = 0; i < items.Count; i++)
                {
                    AssertNear(items[i], actual[i], $"{where}[{i}]");
                }

                break;
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number:
                Assert.True(actual is not null && Math.Abs((double)value - (double)actual) <= 1e-9 * Math.Max(1, Math.Abs((double)value)), $"{where}: {value} and {actual}");
                break;
            default:
                Assert.True(expected?.ToJsonString() == actual?.ToJsonString(), $"{where}: {expected} and {actual}");
                break;
        }
    }
}
