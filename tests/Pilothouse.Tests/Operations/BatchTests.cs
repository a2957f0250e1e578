using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Operations;

/// <summary><c>/batch</c> of every POST of records: all or none, one transaction, refusals that name the item.</summary>
public sealed class BatchTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    public static readonly TheoryData<string, string, string> Records = new()
    {
        { "/api/signals", "signals", Signal },
        { "/api/trades", "trades", """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1}""" },
        { "/api/bot-status", "bot_status", """{"bot_name":"a","status":"running"}""" },
        { "/api/market-context", "market_context", """{"btc_price":1}""" },
        { "/api/analysis", "chart_analyses", """{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY"}""" },
        { "/api/correlation", "correlation_data", """{"asset1":"BTC","asset2":"ETH","correlation_value":0.5}""" },
        { "/api/cost-analytics", "cost_analytics", """{"api_name":"x","operation_type":"y"}""" },
        { "/api/models", "model_checkpoints", """{"model_path":"m.pkl","version":"v1"}""" },
        { "/api/cash-flows", "cash_flows", """{"amount":-1.5}""" },
        { "/api/spikes", "spike_events", """{"trading_pair":"A/B","spike_type":"x","direction":"dump","magnitude_percent":5,"timeframe_minutes":5,"price_from":2,"price_to":1}""" },
        { "/api/agents/performance", "agent_performance", """{"agent_name":"a","period":"daily"}""" },
        { "/api/agents/decisions", "agent_decisions", """{"agent_name":"a","agent_role":"b","decision_type":"c","decision":"skip","input_data":{"a":[1]}}""" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public async Task Every_record_can_be_posted_many_at_once(string path, string table, string item)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync(path + "/batch", $$"""{"items":[{{item}},{{item}},{{item}}]}""");
        Assert.Equal(("3", 3, 0, "[1,2,3]"), (server.Sql($"SELECT count(*) FROM {table}"), (int)answer["count"]!, (int)answer["stored_before"]!, answer["ids"]!.ToJsonString()));
        var (status, refusal) = await server.Client.SendAsync("POST", path + "/batch", $$"""{"items":[{{item}},{}]}""");
        Assert.Equal(400, status);
        Assert.StartsWith("items[1]", (string)refusal["details"]![0]!["field"]!, StringComparison.Ordinal);
        Assert.Equal("3", server.Sql($"SELECT count(*) FROM {table}"));
    }

    [Theory]
    [InlineData("""{"items":[]}""", "items", "must have at least one item")]
    [InlineData("{}", "items", "is required")]
    [InlineData("""{"items":{}}""", "items", "must be a list of objects")]
    [InlineData("""{"items":[1]}""", "items[0]", "must be an object")]
    [InlineData("""{"item":[{}]}""", "item", "is not a field here; the right name is items")]
    [InlineData("""{"items":[{}],"items":[{}]}""", "items", "is there twice")]
    [InlineData("""{"items":[{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":NaN}]}""", "items[0].price", "is NaN, which is no number in JSON: send null, or leave it out")]
    [InlineData("""{"items":[{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1},{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":"1"}]}""", "items[1].price", "must be a number")]
    [InlineData("""{"items":[{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"prise":1}]}""", "items[0].prise", "is not a field here; the right name is price")]
    public async Task A_batch_that_is_wrong_is_refused_by_the_name_of_the_field(string body, string field, string message)
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/signals/batch", body);
        Assert.Equal((400, field, message), (status, (string?)refusal["details"]?[0]?["field"], (string?)refusal["details"]?[0]?["message"]));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task Every_wrong_item_is_named_at_once_and_the_field_of_each()
    {
        await using var server = await TestServer.StartAsync();
        var items = Enumerable.Range(0, 20).Select(static i => i % 5 == 3 ? """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":0}""" : Signal);
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/signals/batch", $$"""{"items":[{{string.Join(',', items)}}]}""");
        Assert.Equal((400, "items[3].price items[8].price items[13].price items[18].price"),
            (status, string.Join(' ', refusal["details"]!.AsArray().Select(static detail => (string)detail!["field"]!))));
    }

    [Fact]
    public async Task What_conflicts_with_the_database_undoes_the_whole_batch_and_names_the_item()
    {
        await using var server = await TestServer.StartAsync();
        const string trade = """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1,"external_id":"x1"}""";
        await server.PostAsync("/api/trades", trade);
        var again = await server.PostAsync("/api/trades/batch", $$"""{"items":[{{trade}},{{trade.Replace("x1", "x2", StringComparison.Ordinal)}}]}""");
        Assert.Equal((1, 1, "[1,2]"), ((int)again["count"]!, (int)again["stored_before"]!, again["ids"]!.ToJsonString()));

        var (status, refusal) = await server.Client.SendAsync("POST", "/api/trades/batch",
            $$"""{"items":[{{trade.Replace("x1", "x3", StringComparison.Ordinal)}},{{trade.Replace("10", "11", StringComparison.Ordinal)}}]}""");
        Assert.Equal((409, "external-id-taken", "items[1].entry_price"), (status, (string?)refusal["code"], (string?)refusal["details"]![0]!["field"]));
        var (missing, unknown) = await server.Client.SendAsync("POST", "/api/trades/batch", $$"""{"items":[{{trade.Replace("x1", "x4", StringComparison.Ordinal)}},{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"signal_id":99}]}""");
        Assert.Equal((400, "items[1].signal_id"), (missing, (string?)unknown["details"]![0]!["field"]));
        Assert.Equal("2", server.Sql("SELECT count(*) FROM trades"));
    }

    [Fact]
    public async Task At_most_5000_items_and_16_MB_are_taken()
    {
        await using var server = await TestServer.StartAsync();
        var (status, refusal) = await server.Client.SendAsync("POST", "/api/signals/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat(Signal, 5001))}}]}""");
        Assert.Equal((400, "must have at most 5000 items"), (status, (string?)refusal["details"]![0]!["message"]));
        var answer = await server.PostAsync("/api/signals/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat(Signal, 5000))}}]}""");
        Assert.Equal(5000, (int)answer["count"]!);
        var wide = """{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY","ai_analysis":"TEXT"}""".Replace("TEXT", new string('x', 9_000), StringComparison.Ordinal);
        Assert.Equal(1500, (int)(await server.PostAsync("/api/analysis/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat(wide, 1500))}}]}"""))["count"]!);
        (status, refusal) = await server.Client.SendAsync("POST", "/api/analysis/batch", $$"""{"items":[{{string.Join(',', Enumerable.Repeat(wide, 1900))}}]}""", ("Expect", "100-continue"));
        Assert.Equal((413, "Send at most 16 MB."), (status, (string?)refusal["message"]));
    }

    [Fact]
    public async Task A_batch_is_repeated_by_its_key()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var round in new[] { 1, 2 })
        {
            using var answer = await server.Client.RawAsync("POST", "/api/signals/batch", System.Text.Encoding.UTF8.GetBytes($$"""{"items":[{{Signal}},{{Signal}}],"remark":1}"""), ("Idempotency-Key", "k"));
            var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            Assert.Equal((201, round == 2, """["remark"]"""), ((int)answer.StatusCode, answer.Headers.Contains("Idempotency-Replayed"), body["ignored"]!.ToJsonString()));
        }

        Assert.Equal("2", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task Batches_beside_one_another_are_each_stored_whole_and_each_row_is_a_change()
    {
        await using var server = await TestServer.StartAsync();
        var body = $$"""{"items":[{{string.Join(',', Enumerable.Repeat(Signal, 500))}}]}""";
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var (status, _) = await server.Client.SendAsync("POST", "/api/signals/batch", body);
            Assert.Equal(201, status);
        }));
        Assert.Equal("4000", server.Sql("SELECT count(*) FROM signals"));
        Assert.Equal(4000.ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM changes WHERE table_name = 'signals'"));
    }
}
