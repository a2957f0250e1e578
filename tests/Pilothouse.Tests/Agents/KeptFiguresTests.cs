using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Agents;
using Pilothouse.Costs;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Agents;

/// <summary>
/// The figures of agents and costs that are kept are those of a server that has just begun, after every write of whichever program: in the
/// spellings of the seed's bots too, and where rows go, or come to be about something else.
/// </summary>
public sealed class KeptFiguresTests
{
    private static readonly string[] Words = ["BUY", "sell", "Hold", "reject: spread too wide", "approve", "enter_long", "no-trade", "hm"];
    private static readonly string[] Pairs = ["SUI/USDC", "sui/usdc", "BTC/USDT", "ETH/USDC"];
    private static readonly string[] Periods = ["daily", "monthly"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task What_is_kept_is_what_a_fresh_server_answers(int seed)
    {
        var draw = new Random(seed);
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 40; i++)
        {
            Write(server, draw, draw.Next(8));
        }

        if (seed % 2 == 0)
        {
            // So many ids are read on two threads.
            server.Sql($"INSERT INTO agent_decisions(id, timestamp, agent_name, agent_role, decision_type, decision, signal_id) VALUES (60000, {Time(draw)}, 'agent 1', 'r', 't', 'buy', 1)");
        }

        for (var round = 0; round < 60; round++)
        {
            await AssertSameAsync(server, $"seed {seed}, round {round}");
            for (var i = draw.Next(1, 4); i > 0; i--)
            {
                Write(server, draw, draw.Next(22));
            }

            server.Clock.Advance(TimeSpan.FromMinutes(draw.Next(3) == 0 ? draw.Next(200) : 0));
        }

        await AssertSameAsync(server, $"seed {seed}, end");
    }

    [Fact]
    public async Task What_the_nightly_work_deletes_is_in_no_figure_any_more()
    {
        var draw = new Random(9);
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            Write(server, draw, draw.Next(8));
        }

        await AssertSameAsync(server, "before");
        foreach (var table in new[] { "agent_decisions", "candles", "cost_analytics" })
        {
            server.Sql($"""
                INSERT INTO changes_paused(reason) VALUES ('retention');
                DELETE FROM {table} WHERE id % 3 = 0;
                DELETE FROM changes_paused;
                INSERT INTO maintenance_runs(task, finished_at, good, message) VALUES ('nightly', '2026-03-02 03:00:0{table.Length % 10}', 1, 'test')
                  ON CONFLICT (task) DO UPDATE SET finished_at = excluded.finished_at
                """);
            await AssertSameAsync(server, table);
        }
    }

    [Fact]
    public async Task The_cost_of_an_agent_moves_with_the_name_of_its_decision()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO agent_decisions(id, timestamp, agent_name, agent_role, decision_type, decision) VALUES (1, '2026-03-02 10:00:00', 'a', 'r', 't', 'd')");
        server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, decision_id) VALUES ('2026-03-02 10:00:00', 'x', 'y', 0.5, 1), ('2026-03-02 10:00:00', 'x', 'y', 0.25, 2)");
        Assert.Equal("a 0.5,- 0.25", await ByAgentAsync(server));
        server.Sql("UPDATE agent_decisions SET agent_name = 'b'");
        Assert.Equal("b 0.5,- 0.25", await ByAgentAsync(server));
        server.Sql("INSERT INTO agent_decisions(id, timestamp, agent_name, agent_role, decision_type, decision) VALUES (2, '2026-03-02 10:00:00', 'c', 'r', 't', 'd')");
        Assert.Equal("b 0.5,c 0.25", await ByAgentAsync(server));
        server.Sql("DELETE FROM agent_decisions WHERE id = 1");
        Assert.Equal("- 0.5,c 0.25", await ByAgentAsync(server));

        static async Task<string> ByAgentAsync(TestServer server) => string.Join(',', (await server.GetAsync("/api/cost-analytics/summary?by=agent"))["data"]!["by_agent"]!.AsArray()
            .Select(static agent => $"{(string?)agent!["name"] ?? "-"} {agent["cost"]}"));
    }

    private static async Task AssertSameAsync(TestServer server, string when)
    {
        var (database, cancel) = (server.Services.GetRequiredService<Database>(), TestContext.Current.CancellationToken);
        using var agents = new AgentLedger(database, server.Clock);
        foreach (var period in Periods)
        {
            var anew = JsonSerializer.SerializeToNode(await agents.AnswerAsync(new AgentQuestion(period), cancel), AgentFiguresJson.Default.ComputedPerformance);
            Near.Same(anew, (await server.GetAsync($"/api/agents/performance?period={period}"))["computed"], $"{when}: {period}");
        }

        using var costs = new CostLedger(database);
        var question = new CostSummaryQuestion(new(1990, 1, 2), new(2100, 1, 1), null, null, null, null, null, null, 500);
        var summary = await costs.ReadAsync(cube => new CostSummaryMaker(question, server.Clock.GetUtcNow()).Make(cube), cancel);
        Near.Same(JsonSerializer.SerializeToNode(summary, CostSummaryJson.Default.CostSummary),
            (await server.GetAsync("/api/cost-analytics/summary?from_date=1990-01-02&to_date=2100-01-01&limit=500"))["data"], $"{when}: costs");
    }

    private static void Write(TestServer server, Random draw, int what)
    {
        var (id, pair) = (draw.Next(1, 60), Pairs[draw.Next(Pairs.Length)]);
        server.Sql(what switch
        {
            0 or 1 or 8 => Decisions(draw),
            2 or 9 => $"INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price, status) VALUES ({Time(draw)}, '{pair}', '{(draw.Next(2) == 0 ? "BUY" : "Sell")}', 50, {draw.Next(1, 9)}, 'pending')",
            3 or 10 => Candle(draw, pair),
            4 or 11 => $"INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, status, pnl, exit_price, closed_at) VALUES ({Time(draw)}, '{pair}', 'BUY', 1, 1, {(draw.Next(2) == 0 ? "'open', NULL, NULL, NULL" : $"'{(TestEngine.IsPostgres ? "closed" : "Closed")}', {draw.Next(-2, 3)}, 1, {Time(draw)}")})",
            5 or 12 => $"INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, model, decision_id) VALUES ({Time(draw)}, 'api {draw.Next(2)}', 'o', {(draw.Next(5) == 0 ? "NULL" : $"0.{draw.Next(1000)}")}, 'm', {draw.Next(1, 70)})",
            6 => $"INSERT INTO spike_events(trading_pair, spike_type, direction, magnitude_percent, timeframe_minutes, price_from, price_to) VALUES ('{pair}', 'volume', '{(draw.Next(2) == 0 ? "dump" : "pump")}', 5, 15, 1, 2)",
            7 or 13 => $"INSERT INTO market_context(timestamp, btc_price, eth_price) VALUES ({Time(draw)}, {draw.Next(1, 9)}, {draw.Next(1, 9)})",
            14 => $"UPDATE agent_decisions SET {Pick(draw, $"decision = '{Words[draw.Next(Words.Length)]}'", "agent_name = 'agent 7'", $"timestamp = {Time(draw)}", $"signal_id = {Known("signals", id)}", $"trade_id = {Known("trades", id)}")} WHERE id = {id}",
            15 => $"DELETE FROM agent_decisions WHERE id = {id}",
            16 => $"UPDATE signals SET {Pick(draw, $"price = {draw.Next(1, 9)}", $"timestamp = {Time(draw)}", $"trading_pair = '{pair}'", "signal_type = 'SELL'", "status = 'executed'")} WHERE id = {id}",
            17 => $"UPDATE candles SET {Pick(draw, $"close = {draw.Next(1, 9)}", $"open_time = {At(TestServer.Start.AddMinutes(-draw.Next(1000)).AddSeconds(draw.Next(1, 60)))}", "known_at = NULL")} WHERE id = {id}",
            18 => $"UPDATE trades SET {Pick(draw, $"pnl = {draw.Next(-2, 3)}", $"status = 'closed', pnl = {draw.Next(-2, 3)}, closed_at = {Time(draw)}", "status = 'voided'")} WHERE id = {id}",
            19 => $"UPDATE cost_analytics SET {Pick(draw, "estimated_cost = 0.125", $"decision_id = {draw.Next(1, 70)}", $"timestamp = {Time(draw)}")} WHERE id = {id}",
            20 => $"DELETE FROM {Pick(draw, "cost_analytics", "candles", "market_context")} WHERE id = {id}",
            _ => $"UPDATE {Pick(draw, $"market_context SET btc_price = {draw.Next(1, 9)}", $"market_context SET timestamp = {Time(draw)}", "spike_events SET direction = 'dump'")} WHERE id = {id}",
        });
    }

    /// <summary>Three decisions; in a file some name what is not there yet, or have a time, a confidence or a duration as nobody should write it.</summary>
    private static string Decisions(Random draw)
    {
        string Link(string table) => draw.Next(3) == 0 ? Known(table, draw.Next(1, 40)) : "NULL";
        string Odd(string value, params string[] odd) => !TestEngine.IsPostgres && draw.Next(6) == 0 ? odd[draw.Next(odd.Length)] : value;
        string Row() => $"""
            ({Odd(Time(draw), "'2026-03-01T10:00:00Z'", "'2026-03-01 23:30:00+02:00'", "'yesterday'", "NULL", "12")}, 'agent {draw.Next(3)}', 'role {draw.Next(2)}', {Odd("'entry'", "''")},
              '{Words[draw.Next(Words.Length)].Replace("'", "''", StringComparison.Ordinal)}', {Odd($"0.{draw.Next(100)}", "75", "'high'", "NULL", "1")}, {Odd($"{draw.Next(5000)}", "'slow'", "NULL", "3.0", "-1")},
              {Link("trades")}, {Odd(Link("signals"), $"{draw.Next(40, 60)}")}, {Link("spike_events")})
            """;
        return $"INSERT INTO agent_decisions(timestamp, agent_name, agent_role, decision_type, decision, confidence, execution_time_ms, trade_id, signal_id, spike_event_id) VALUES {Row()}, {Row()}, {Row()}";
    }

    /// <summary>A candle, in the place of one that is there already; without known_at it was stored by another program.</summary>
    private static string Candle(Random draw, string pair)
    {
        var minute = draw.Next(-2000, 300) / 15 * 15;
        var (open, known) = (Time(draw, minute), draw.Next(3) == 0 ? "NULL" : Time(draw, minute + draw.Next(1, 16)));
        return $"""
            INSERT INTO candles(trading_pair, timeframe, open_time, open, high, low, close, known_at) VALUES ('{pair}', '15m', {open}, 1, 9, 1, {draw.Next(1, 9)}, {known})
            ON CONFLICT (upper(trading_pair), timeframe, {(TestEngine.IsPostgres ? "coalesce(open_time,'-infinity'::timestamptz)" : "coalesce(open_time_utc,replace(replace(open_time,'T',' '),'Z',''),'')")})
            DO UPDATE SET close = excluded.close, known_at = excluded.known_at
            """;
    }

    private static string Known(string table, int id) => $"(SELECT id FROM {table} WHERE id = {id})";

    private static string Pick(Random draw, params string[] words) => words[draw.Next(words.Length)];

    private static string Time(Random draw) => Time(draw, draw.Next(-2000, 300));

    /// <summary>So many minutes from when the server began.</summary>
    private static string Time(Random draw, int minute) => At(TestServer.Start.AddMinutes(minute).AddSeconds(draw.Next(5) == 0 ? draw.Next(60) : 0));

    private static string At(DateTimeOffset time) => $"'{time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}{(TestEngine.IsPostgres ? "+00" : "")}'";
}
