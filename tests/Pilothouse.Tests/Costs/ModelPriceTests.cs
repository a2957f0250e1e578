using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Costs;

/// <summary>Prices of models, and the cost of uses that are sent with tokens alone.</summary>
public sealed class ModelPriceTests
{
    private const string Path = "/api/model-prices";
    private const string Costs = "/api/cost-analytics";
    private const string Good = """{"model":"Reader-2","valid_from":"2026-03-01T00:00:00Z","input_per_million":2.5,"output_per_million":10,"cached_per_million":0.25}""";
    private const string Tokens = """{"api_name":"llm","operation_type":"chat","model":"reader-2","input_tokens":1234,"output_tokens":567,"cached_tokens":8910}""";

    [Fact]
    public async Task The_price_of_the_time_of_the_use_makes_its_cost()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, Good);
        await server.PostAsync(Path, Good.Replace("2026-03-01", "2026-03-02").Replace("2.5,", "5,"));
        await server.PostAsync(Path, Good.Replace("2026-03-01", "2099-01-01").Replace("2.5,", "50,"));

        // 1234 x 2.5 + 8910 x 0.25 + 567 x 10 = 10982.5 millionths of a dollar, and from March 2 on 1234 x 2.5 more.
        var first = await PostAtAsync(server, "2026-03-01T23:59:59.999Z");
        WriteChecks.Same("""{"success":true,"message":"Cost stored successfully","cost_id":1,"estimated_cost":0.0109825,"cost_source":"priced"}""", first);
        Assert.Equal(0.0140675m, (decimal)(await PostAtAsync(server, "2026-03-02T00:00:00Z"))["estimated_cost"]!);
        Assert.Equal(0.0140675m, (decimal)(await server.PostAsync(Costs, Tokens))["estimated_cost"]!);
        Assert.Equal("unpriced", (string?)(await PostAtAsync(server, "2026-02-28T23:59:59Z"))["cost_source"]);
        var list = (await server.GetAsync($"{Costs}/records"))["data"]!.AsArray();
        Assert.Equal(["priced", "priced", "priced", "unpriced"], list.Select(static use => (string?)use!["cost_source"]));
        Assert.Null(list[3]!["estimated_cost"]);
    }

    [Fact]
    public async Task Without_a_price_of_its_own_a_cached_token_costs_what_one_of_input_does()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, """{"model":"m","valid_from":"2026-03-01","input_per_million":3,"output_per_million":0}""");
        Assert.Equal(0.003006m, (decimal)(await server.PostAsync(Costs, """{"api_name":"a","operation_type":"o","model":"M","input_tokens":2,"cached_tokens":1000,"output_tokens":9}"""))["estimated_cost"]!);
    }

    [Fact]
    public async Task A_cost_that_is_sent_is_kept_and_one_without_tokens_is_0_as_the_seeds()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, Good);
        Assert.False((await server.PostAsync(Costs, Tokens.Replace("{", """{"estimated_cost":7,""", StringComparison.Ordinal))).ContainsKey("cost_source"));
        await server.PostAsync(Costs, """{"api_name":"llm","operation_type":"chat","model":"reader-2"}""");
        await server.PostAsync(Costs, """{"api_name":"llm","operation_type":"chat","model":"reader-2","estimated_cost":0,"input_tokens":5}""");
        Assert.Equal(["0:sent", "0:", "7:sent"], (await server.GetAsync($"{Costs}/records"))["data"]!.AsArray().Select(static use => $"{use!["estimated_cost"]}:{use["cost_source"]}"));
        Assert.False((await server.GetAsync(Costs)).ContainsKey("unpriced"));
    }

    [Fact]
    public async Task Uses_of_an_unknown_model_are_named_and_count_in_no_sum_until_a_price_of_their_time_is_known()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Costs, Tokens);
        await server.PostAsync(Costs, Tokens.Replace("reader-2", "other"));
        server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, model, input_tokens) VALUES ('2026-03-02 11:00:00', 'llm', 'chat', 'READER-2', 1000000)");
        await server.PostAsync(Costs, """{"api_name":"llm","operation_type":"chat","estimated_cost":0.5}""");
        var answer = await server.GetAsync(Costs);
        Assert.Equal(0.5m, (decimal)answer["data"]![0]!["total_cost"]!);
        WriteChecks.Same("""{"uses":3,"input_tokens":1002468,"output_tokens":1134,"cached_tokens":17820,"models":["READER-2","other","reader-2"]}""", answer["unpriced"]!.AsObject());
        Assert.Null((await server.GetAsync($"{Costs}?hours=24&bot_name=nobody"))["unpriced"]);

        await server.PostAsync(Path, Good);
        answer = await UntilAsync(server, 1);
        Assert.Equal(0.5m + 0.0109825m + 2.5m, (decimal)answer["data"]![0]!["total_cost"]!);

        // A row that another program stores after the price is priced as well.
        server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, model, output_tokens, estimated_cost) VALUES ('2026-03-02 11:00:00', 'llm', 'chat', 'reader-2', 100, NULL)");
        await server.PostAsync(Path, """{"model":"OTHER","valid_from":"2026-03-02T12:00:00Z","input_per_million":0,"output_per_million":0}""");
        Assert.Equal(0.5m + 0.0109825m + 2.5m + 0.001m, (decimal)(await UntilAsync(server, 0))["data"]![0]!["total_cost"]!);
    }

    [Fact]
    public async Task A_correction_changes_no_cost_that_is_stored_and_the_audit_log_has_the_price_before()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, Good);
        await server.PostAsync(Costs, Tokens);
        var corrected = await server.PostAsync(Path, Good.Replace("2.5,", "99,"), 200);
        Assert.Equal((1, 2.5m), ((int)corrected["price_id"]!, (decimal)corrected["before"]!["input_per_million"]!));
        Assert.Equal(1, (int)(await server.GetAsync(Path))["count"]!);
        Assert.Equal(0.1300635m, (decimal)(await server.PostAsync(Costs, Tokens))["estimated_cost"]!);
        Assert.Equal([0.1300635m, 0.0109825m], (await server.GetAsync($"{Costs}/records"))["data"]!.AsArray().Select(static use => (decimal)use!["estimated_cost"]!));
        var audit = (await server.GetAsync("/api/audit?operation=createModelPrice"))["data"]!.AsArray();
        Assert.Equal((99m, 2.5m), ((decimal)audit[0]!["after"]!["input_per_million"]!, (decimal)audit[0]!["before"]!["input_per_million"]!));
        Assert.Null(audit[1]!["before"]);
    }

    [Fact]
    public async Task The_uses_of_a_batch_are_priced_too()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path + "/batch", $$"""{"items":[{{Good}},{"model":"b","valid_from":"2026-01-01","input_per_million":1,"output_per_million":1}]}""");
        var stored = await server.PostAsync(Costs + "/batch", $$"""{"items":[{{Tokens}},{{Tokens.Replace("reader-2", "B")}},{{Tokens.Replace("reader-2", "c")}},{{Tokens}}]}""");
        var uses = (await server.GetAsync($"{Costs}/records"))["data"]!.AsArray().ToDictionary(static use => (long)use!["id"]!, static use => (decimal?)use!["estimated_cost"]);
        Assert.Equal([0.0109825m, 0.010711m, null, 0.0109825m], stored["ids"]!.AsArray().Select(id => uses[(long)id!]));
    }

    [Fact]
    public async Task Single_uses_are_found_by_each_filter_and_as_CSV()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO agent_decisions(id, agent_name, agent_role, decision_type, decision) VALUES (9, 'a', 'b', 'c', 'd')");
        await server.PostAsync(Costs, """{"api_name":"Claude","operation_type":"Chat","bot_name":"a","model":"M","decision_id":9,"estimated_cost":1}""");
        await server.PostAsync(Costs, """{"api_name":"x","operation_type":"y","bot_name":"b","model":"n","estimated_cost":2}""");
        foreach (var filter in new[] { "api_name=claude", "operation_type=CHAT", "bot_name=a", "model=m", "decision_id=9", "model=M&bot_name=a", "api_name=CLAUDE&operation_type=chat&decision_id=9" })
        {
            Assert.Equal([1L], (await server.GetAsync($"{Costs}/records?{filter}"))["data"]!.AsArray().Select(static use => (long)use!["id"]!));
        }

        Assert.Equal("decision_id", (string?)(await server.PostAsync(Costs, """{"api_name":"x","operation_type":"y","decision_id":4711}""", 400))["details"]![0]!["field"]);
        var csv = await server.Client.GetStringAsync($"{Costs}/records?format=csv&bot_name=b", TestContext.Current.CancellationToken);
        Assert.StartsWith("id,timestamp,api_name,operation_type,", csv, StringComparison.Ordinal);
        Assert.Equal(2, csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await server.PostAsync(Path, Good);
        Assert.Contains("Reader-2", await server.Client.GetStringAsync($"{Path}?format=csv&model=READER-2", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"input_per_million":1,"output_per_million":1}""", "model", "Missing required field: model")]
    [InlineData("""{"model":"m","output_per_million":1}""", "input_per_million", "Missing required field: input_per_million")]
    [InlineData("""{"model":"m","input_per_million":-1,"output_per_million":1}""", "input_per_million", "Invalid input")]
    [InlineData("""{"model":"m","input_per_million":1000001,"output_per_million":1}""", "input_per_million", "Invalid input")]
    [InlineData("""{"model":"m","input_per_million":1,"output_per_million":1,"currency":"EUR"}""", "currency", "Invalid input")]
    [InlineData("""{"model":"m","input_per_million":1,"output_per_million":1,"valid_from":"soon"}""", "valid_from", "Invalid input")]
    public Task A_wrong_price_is_named_and_nothing_is_stored(string json, string field, string error) => WriteChecks.RefusesAsync(Path, json, "model_prices", field, error);

    [Fact]
    public Task Without_a_credential_no_price_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, "model_prices");

    [Fact]
    public Task The_same_price_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, "model_prices");

    private static Task<JsonObject> PostAtAsync(TestServer server, string time) =>
        server.PostAsync(Costs, Tokens.Replace("{", $$"""{"timestamp":"{{time}}",""", StringComparison.Ordinal));

    /// <summary>Waits until so many uses are unpriced; the server prices them in the background.</summary>
    private static async Task<JsonObject> UntilAsync(TestServer server, int unpriced)
    {
        for (var end = Environment.TickCount64 + 20_000; ; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var answer = await server.GetAsync(Costs);
            if (((int?)answer["unpriced"]?["uses"] ?? 0) == unpriced)
            {
                return answer;
            }

            Assert.True(Environment.TickCount64 < end, answer.ToJsonString());
        }
    }
}
