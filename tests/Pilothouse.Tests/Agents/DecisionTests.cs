using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Agents;

/// <summary>Decisions over HTTP. What every record has in common is tested for all tables.</summary>
public sealed class DecisionTests
{
    private const string Path = "/api/agents/decisions";

    private const string Decision = """
        {"timestamp":"2026-03-01T10:00:00Z","agent_name":"risk","agent_role":"risk_manager","decision_type":"entry","decision":"approve","confidence":0.8,
        "input_data":{"price":1.5,"book":[[1,2],[3,4]]},"output_data":["a",null],"execution_time_ms":12}
        """;

    [Fact]
    public async Task Json_comes_back_as_json_and_not_as_its_text()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("Decision stored successfully", (string?)(await server.PostAsync(Path, Decision))["message"]);
        foreach (var decision in new[] { (await server.GetAsync($"{Path}/1"))["data"]!, (await server.GetAsync($"{Path}?agent_name=risk"))["data"]![0]! })
        {
            WriteChecks.Same("""{"price":1.5,"book":[[1,2],[3,4]]}""", decision["input_data"]!);
            WriteChecks.Same("""["a",null]""", decision["output_data"]!);
        }

        using var csv = await server.Client.RawAsync("GET", $"{Path}?format=csv");
        var lines = (await csv.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\r\n");
        Assert.StartsWith("id,timestamp,agent_name,agent_role,decision_type,decision,confidence,reasoning,input_data,output_data,", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"[\"\"a\"\",null]\"", lines[1], StringComparison.Ordinal);
        Assert.Equal(404, (await server.Client.SendAsync("GET", $"{Path}/2")).Status);
    }

    [Theory]
    [InlineData("input_data", "\"{}\"", "must be an object or a list, not its text")]
    [InlineData("output_data", "5", "must be an object or a list, not its text")]
    [InlineData("input_data", """{"a":{"b":1,"b":2}}""", "has the name b twice")]
    [InlineData("input_data", """{"a":["\u0000"]}""", "must not contain the character U+0000")]
    [InlineData("input_data", """{"\ud800":1}""", "has half of a surrogate pair")]
    [InlineData("input_data", """[1e400]""", "has a number that is too large or has too many digits")]
    [InlineData("confidence", "80", "must be from 0 to 1")]
    [InlineData("execution_time_ms", "-1", "must be at least 0")]
    [InlineData("agent_name", "\" \"", "must not be empty")]
    [InlineData("decision", "null", "is required")]
    public async Task A_wrong_decision_is_refused_by_the_name_of_its_field(string field, string value, string message)
    {
        await using var server = await TestServer.StartAsync();
        var fields = JsonNode.Parse(Decision)!.AsObject();
        fields.Remove(field);
        var body = $"{fields.ToJsonString()[..^1]},\"{field}\":{value}}}";
        var (status, refusal) = await server.Client.SendAsync("POST", Path, body);
        Assert.Equal((400, message), (status, (string?)refusal["details"]?[0]?["message"]));
        Assert.StartsWith(field, (string)refusal["details"]![0]!["field"]!, StringComparison.Ordinal);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM agent_decisions"));
    }

    [OnlyOnSqlite("another program writes the file")]
    [Fact]
    public async Task Odd_rows_of_other_programs_are_shown()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO agent_decisions(timestamp, agent_name, agent_role, decision_type, decision, confidence, input_data, output_data, execution_time_ms)
            VALUES ('2026-03-01T10:00:00.123456', 'Risk', '', 'x', 'Do NOT trade', 'high', 'RSI = 80, {broken', '', 1.5), (NULL, 'r', 'b', 'c', 'd', 1e999, '"text"', 'null', 'x');
            """);
        var rows = (await server.GetAsync(Path))["data"]!.AsArray();
        Assert.Equal(("RSI = 80, {broken", "", null, null), ((string?)rows[0]!["input_data"], (string?)rows[0]!["output_data"], rows[0]!["confidence"], rows[0]!["execution_time_ms"]));
        Assert.Equal(("text", null, null), ((string?)rows[1]!["input_data"], rows[1]!["output_data"], rows[1]!["timestamp"]));
    }

    [Fact]
    public async Task Its_links_can_be_set_and_cleared_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync(("AUDIT_RECORDS", "true"));
        await server.PostAsync(Path, Decision);
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""");
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""");
        var answer = (await server.Client.SendAsync("PATCH", $"{Path}/1", """{"trade_id":1,"signal_id":1}""")).Body;
        Assert.Equal(("Decision updated successfully", 1L, 1L, "approve"),
            ((string?)answer["message"], (long)answer["data"]!["trade_id"]!, (long)answer["data"]!["signal_id"]!, (string?)answer["data"]!["decision"]));
        answer = (await server.Client.SendAsync("PATCH", $"{Path}/1", """{"signal_id":null}""")).Body;
        Assert.Equal((1L, null), ((long)answer["data"]!["trade_id"]!, answer["data"]!["signal_id"]));
        Assert.Equal("1 ", server.Sql("SELECT trade_id || ' ' || coalesce(signal_id, '') FROM agent_decisions".Replace("signal_id, ''", TestEngine.IsPostgres ? "signal_id::text, ''" : "signal_id, ''", StringComparison.Ordinal)));
        Assert.Equal(3, (await server.GetAsync("/api/audit?record_table=agent_decisions"))["data"]!.AsArray().Count);

        foreach (var (body, field, message) in new[]
        {
            ("""{"trade_id":2}""", "trade_id", "must be the id of a stored trade"),
            ("""{"spike_event_id":1}""", "spike_event_id", "must be the id of a stored spike"),
            ("""{"circuit_breaker_event_id":1}""", "circuit_breaker_event_id", "must be the id of a stored event of the circuit breaker"),
            ("""{"signal_id":0}""", "signal_id", "must be at least 1"),
            ("""{"trade_id":1,"confidence":0.9}""", "confidence", "cannot be changed"),
            ("""{"decision":"reject"}""", "decision", "cannot be changed"),
            ("""{"anything":1}""", "anything", "cannot be changed"),
            ("""{"tradeid":1}""", "tradeid", "is not a field here; the right name is trade_id"),
            ("{}", "body", "must have trade_id"),
        })
        {
            var (status, refusal) = await server.Client.SendAsync("PATCH", $"{Path}/1", body);
            Assert.Equal((400, field), (status, (string?)refusal["details"]?[0]?["field"]));
            Assert.StartsWith(message, (string)refusal["details"]![0]!["message"]!, StringComparison.Ordinal);
        }

        Assert.Equal(404, (await server.Client.SendAsync("PATCH", $"{Path}/9", """{"trade_id":1}""")).Status);
    }

    [Fact]
    public async Task A_key_of_a_bot_stores_and_links_decisions_of_that_bot_only()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""");
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"],"bot_name":"a"}"""))["key"]!;
        using var bot = server.ClientWithKey(key);
        Assert.Equal(201, (await bot.SendAsync("POST", Path, Decision)).Status);
        Assert.Equal("a", server.Sql("SELECT bot_name FROM agent_decisions"));
        Assert.Equal(200, (await bot.SendAsync("PATCH", $"{Path}/1", """{"trade_id":1}""")).Status);
        server.Sql("UPDATE agent_decisions SET bot_name = 'b'");
        var (status, refusal) = await bot.SendAsync("PATCH", $"{Path}/1", """{"trade_id":null}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
        (status, refusal) = await bot.SendAsync("POST", Path, Decision.Replace("\"agent_name\"", "\"bot_name\":\"b\",\"agent_name\"", StringComparison.Ordinal));
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
        Assert.Equal(401, (await server.Anonymous.SendAsync("PATCH", $"{Path}/1", """{"trade_id":1}""")).Status);
    }

    [Fact]
    public Task A_repetition_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Decision, "agent_decisions");

    [Fact]
    public async Task Decisions_are_told_in_the_live_stream()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Client, "?types=decision.recorded");
        await server.PostAsync(Path, Decision);
        var told = await stream.NextAsync();
        Assert.Equal("decision.recorded", told!.Name);
        Assert.Equal("approve", (string?)told.Data["decision"]);
    }
}
