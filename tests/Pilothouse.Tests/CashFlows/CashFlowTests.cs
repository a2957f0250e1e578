using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CashFlows;

/// <summary>Deposits and withdrawals over HTTP. What every record has in common is tested for all tables.</summary>
public sealed class CashFlowTests
{
    private const string Deposit = """{"timestamp":"2026-03-01T10:00:00Z","bot_name":"a","mode":"Paper","amount":2500.25,"asset":"usdc","note":"salary","external_id":"d1"}""";

    [Fact]
    public async Task A_flow_comes_back_as_it_was_sent_and_is_in_the_audit_log()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync("/api/cash-flows", Deposit);
        Assert.Equal("Cash flow stored successfully", (string?)answer["message"]);
        var flow = (await server.GetAsync("/api/cash-flows?asset=Usdc&mode=PAPER"))["data"]![0]!;
        Assert.Equal(
            """{"id":1,"timestamp":"2026-03-01T10:00:00\u002B00:00","bot_name":"a","mode":"paper","amount":2500.25,"asset":"USDC","note":"salary","external_id":"d1"}""",
            flow.ToJsonString());
        var row = (await server.GetAsync("/api/audit?record_table=cash_flows"))["data"]![0]!;
        Assert.Equal(("createCashFlow", 1L, 2500.25m, "USDC"), ((string?)row["operation"], (long)row["record_id"]!, (decimal)row["after"]!["amount"]!, (string?)row["after"]!["asset"]));
        Assert.Equal("cash_flows 1 recorded", server.Sql("SELECT table_name || ' ' || row_id || ' ' || kind FROM changes"));
    }

    [Theory]
    [InlineData("{}", "amount", "is required")]
    [InlineData("""{"amount":0}""", "amount", "must not be 0: a deposit is positive, a withdrawal negative")]
    [InlineData("""{"amount":-0.0}""", "amount", "must not be 0: a deposit is positive, a withdrawal negative")]
    [InlineData("""{"amount":"5"}""", "amount", "must be a number")]
    [InlineData("""{"amount":1,"mode":"live"}""", "mode", "must be one of auto, manual, paper")]
    [InlineData("""{"amount":1,"asset":""}""", "asset", null)]
    [InlineData("""{"amount":1,"asset":"123456789012345678901"}""", "asset", "must be at most 20 characters long")]
    [InlineData("""{"amount":1,"external_id":" "}""", "external_id", "must not be empty")]
    [InlineData("""{"amount":1,"amout":2}""", "amout", "is not a field here; the right name is amount")]
    [InlineData("""{"amount":1,"timestamp":"2026-03-02T12:06:00Z"}""", "timestamp", null)]
    public async Task A_wrong_flow_is_refused_by_the_name_of_its_field(string body, string field, string? message)
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/cash-flows", body);
        Assert.Equal((400, field), (status, (string?)refusal["details"]![0]!["field"]));
        Assert.Contains(message ?? "", (string)refusal["details"]![0]!["message"]!, StringComparison.Ordinal);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM cash_flows"));
    }

    [Fact]
    public async Task The_same_flow_under_its_external_id_is_stored_once_and_another_one_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/cash-flows", Deposit);
        var again = await server.PostAsync("/api/cash-flows", """{"bot_name":"a","amount":2500.25,"asset":"USDC","external_id":"d1"}""", 200);
        Assert.Equal(("Cash flow was stored before", 1L), ((string?)again["message"], (long)again["cash_flow_id"]!));
        foreach (var (field, value) in new (string, JsonNode)[] { ("amount", -2500.25), ("asset", "BTC"), ("mode", "auto"), ("note", "x"), ("timestamp", "2026-03-01T10:00:01Z") })
        {
            var body = JsonNode.Parse(Deposit)!.AsObject();
            body[field] = value;
            var (status, refusal) = await server.Client.SendAsync("POST", "/api/cash-flows", body.ToJsonString());
            Assert.Equal((409, "external-id-taken", field), (status, (string?)refusal["code"], (string?)refusal["details"]![0]!["field"]));
        }

        // The id is the bot's own; another bot may use the same one.
        await server.PostAsync("/api/cash-flows", """{"bot_name":"b","amount":1,"external_id":"d1"}""");
        var batch = await server.PostAsync("/api/cash-flows/batch", $$"""{"items":[{{Deposit}},{"bot_name":"a","amount":-5}]}""");
        Assert.Equal((1, 1, "[1,3]"), ((int)batch["count"]!, (int)batch["stored_before"]!, batch["ids"]!.ToJsonString()));
        Assert.Equal("3", server.Sql("SELECT count(*) FROM cash_flows"));
    }

    [Fact]
    public async Task A_key_of_a_bot_stores_flows_of_that_bot_only()
    {
        await using var server = await TestServer.StartAsync();
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"],"bot_name":"a"}"""))["key"]!;
        using var bot = server.ClientWithKey(key);
        Assert.Equal(201, (await bot.SendAsync("POST", "/api/cash-flows", """{"amount":1}""")).Status);
        var (status, refusal) = await bot.SendAsync("POST", "/api/cash-flows", """{"amount":1,"bot_name":"b"}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
        Assert.Equal("a", server.Sql("SELECT bot_name FROM cash_flows"));
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", "/api/cash-flows", """{"amount":1}""")).Status);
    }

    [OnlyOnSqlite("another program writes the file")]
    [Fact]
    public async Task A_flow_that_another_program_replaces_is_in_the_log_of_changes()
    {
        await using var server = await TestServer.StartAsync();
        await Tool.SqliteAsync(server.DatabasePath, """
            INSERT INTO cash_flows(amount, external_id) VALUES (1, 'x');
            INSERT OR REPLACE INTO cash_flows(amount, external_id) VALUES (2, 'x');
            INSERT INTO cash_flows(amount, external_id) VALUES (3, 'y');
            UPDATE OR REPLACE cash_flows SET external_id = 'x' WHERE external_id = 'y';
            """);
        Assert.Equal("1 recorded,1 removed,2 recorded,3 recorded,2 removed,3 changed",
            server.Sql("SELECT group_concat(row_id || ' ' || kind) FROM (SELECT * FROM changes ORDER BY seq)"));
    }
}
