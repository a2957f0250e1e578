using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Tests.Performance;

namespace Pilothouse.Tests.Costs;

/// <summary>GET /api/cost-analytics/summary, held to pandas, and the sums behind it, which follow whoever writes.</summary>
public sealed class CostSummaryTests
{
    private const string Path = "/api/cost-analytics/summary";
    private const string Insert = "INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, bot_name) VALUES ";
    private readonly Random random = new(20261126);

    /// <summary>tests/tools/costs.py prices every use itself and adds up with pandas.</summary>
    [Fact]
    public async Task Every_figure_is_that_of_pandas()
    {
        await using var server = await TestServer.StartAsync();
        var agents = new JsonObject();
        for (var id = 1; id <= 5; id++)
        {
            agents[$"{id}"] = $"agent {id % 3}";
            server.Sql($"INSERT INTO agent_decisions(id, agent_name, agent_role, decision_type, decision) VALUES ({id}, 'agent {id % 3}', 'r', 't', 'd')");
        }

        var prices = JsonNode.Parse("""
            [{"model":"small","valid_from":"2026-01-01T00:00:00Z","input_per_million":0.15,"output_per_million":0.6,"cached_per_million":0.075},
             {"model":"Small","valid_from":"2026-02-27T12:30:00Z","input_per_million":0.17,"output_per_million":0.61,"cached_per_million":0.08},
             {"model":"large","valid_from":"2026-02-25T00:00:00Z","input_per_million":15,"output_per_million":75,"cached_per_million":null}]
            """)!.AsArray();
        await server.PostAsync("/api/model-prices/batch", new JsonObject { ["items"] = prices.DeepClone() }.ToJsonString());
        server.Clock.Advance(TimeSpan.FromDays(3.3));
        var uses = new JsonArray();
        for (var i = 0; i < 400; i++)
        {
            uses.Add(Use(server));
        }

        await server.PostAsync("/api/cost-analytics/batch", new JsonObject { ["items"] = uses.DeepClone() }.ToJsonString());
        var world = new JsonObject { ["now"] = server.Clock.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), ["uses"] = uses, ["prices"] = prices, ["agents"] = agents };
        await CompareAsync(server, world, "", "2026-03-01", "2026-03-05");
        await CompareAsync(server, world, "from_date=2026-02-20&to_date=2026-03-03", "2026-02-20", "2026-03-03");
        await CompareAsync(server, world, "from_date=2026-02-01&bot_name=b", "2026-02-01", "2026-03-05", ("bot", "b"));
        await CompareAsync(server, world, "from_date=2026-02-01&model=SMALL", "2026-02-01", "2026-03-05", ("model", "small"));
        await CompareAsync(server, world, "from_date=2026-02-01&api_name=llm&operation_type=Chat&agent=agent+1", "2026-02-01", "2026-03-05",
            ("api", "LLM"), ("operation", "chat"), ("agent", "agent 1"));
    }

    [Fact]
    public async Task The_sums_follow_every_change_whoever_makes_it()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("0 0", await CostAsync(server));
        await server.PostAsync("/api/cost-analytics", """{"api_name":"x","operation_type":"y","estimated_cost":0.1}""");
        server.Sql(Insert + "('2026-03-01 10:00:00', 'x', 'y', 0.2, 'a'), ('2026-03-02 10:00:00', 'x', 'y', 0.4, 'a'), ('2026-02-28 23:59:59.999', 'x', 'y', 9, 'a')");
        Assert.Equal("0.7 3", await CostAsync(server));
        server.Sql("UPDATE cost_analytics SET estimated_cost = 0.3 WHERE estimated_cost = 0.2");
        Assert.Equal("0.8 3", await CostAsync(server));
        server.Sql("UPDATE cost_analytics SET timestamp = '2026-02-01 00:00:00' WHERE estimated_cost = 0.4");
        Assert.Equal("0.4 2", await CostAsync(server));
        server.Sql("UPDATE cost_analytics SET timestamp = '2026-03-01 00:00:00' WHERE estimated_cost = 9");
        Assert.Equal("9.4 3", await CostAsync(server));
        server.Sql("UPDATE cost_analytics SET bot_name = 'b' WHERE estimated_cost = 9");
        Assert.Equal("9 1", await CostAsync(server, "?bot_name=b"));
        server.Sql("DELETE FROM cost_analytics WHERE estimated_cost = 9");
        Assert.Equal("0.4 2", await CostAsync(server));
        server.Sql("DELETE FROM cost_analytics");
        Assert.Equal("0 0", await CostAsync(server, "?from_date=2026-01-01"));
        server.Sql(Insert + "('2026-03-01 10:00:00', 'x', 'y', 0.2, 'a')");
        Assert.Equal("0.2 1", await CostAsync(server));
    }

    /// <summary>What retention deletes is no change in the log, and yet it is in no figure any more: here and after a restart alike.</summary>
    [Fact]
    public async Task What_retention_deletes_is_in_no_figure_any_more()
    {
        await using var server = await TestServer.StartAsync(("COST_ANALYTICS_RETENTION_DAYS", "2"));
        server.Sql(Insert + "('2026-02-28 11:00:00', 'x', 'y', 1, 'a'), ('2026-02-28 13:00:00', 'x', 'y', 2, 'a'), ('2026-02-27 13:00:00', 'x', 'y', 4, 'a')");
        const string All = "?from_date=2026-01-01";
        Assert.Equal("7 3", await CostAsync(server, All));
        server.Sql("INSERT INTO changes_paused(reason) VALUES ('test'); DELETE FROM cost_analytics WHERE estimated_cost IN (1, 4); DELETE FROM changes_paused");
        Assert.Equal("2 1", await CostAsync(server, All));
    }

    [Fact]
    public async Task The_projection_begins_with_the_third_day_of_the_month()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/cost-analytics", """{"api_name":"x","operation_type":"y","estimated_cost":4}""");
        server.Clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        var data = (await server.GetAsync(Path))["data"]!;
        Assert.Null(data["month"]!["projection"]);
        Assert.Equal("needs the third day of the month", (string?)data["undefined"]!["month.projection"]);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        data = (await server.GetAsync(Path))["data"]!;
        Assert.Equal(62m, (decimal)data["month"]!["projection"]!);
        Assert.False(data["undefined"]!.AsObject().ContainsKey("month.projection"));
    }

    [Theory]
    [InlineData("from_date=2026-03-01T01:00:00Z", "from_date")]
    [InlineData("to_date=2026-03-01T01:00:00Z", "to_date")]
    [InlineData("from_date=2026-03-02&to_date=2026-03-01", "from_date")]
    [InlineData("by=colour", "by")]
    public async Task What_the_sums_of_days_cannot_answer_is_refused(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(field, (string?)(await server.GetAsync($"{Path}?{query}", 400))["details"]![0]!["field"]);
    }

    [Fact]
    public async Task One_split_alone_and_its_dearest_parts_are_shown_when_asked_for()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql(Insert + "('2026-03-01 10:00:00', 'x', 'y', 0.2, 'a'), ('2026-03-01 10:00:00', 'x', 'y', 0.3, 'b'), ('2026-03-01 10:00:00', 'x', 'y', 0.1, 'c')");
        var data = (await server.GetAsync($"{Path}?by=bot&limit=2"))["data"]!;
        Assert.Equal(["b", "a"], data["by_bot"]!.AsArray().Select(static part => (string?)part!["name"]));
        Assert.Null(data["by_day"]);
        Assert.Equal(3, (int)data["total"]!["uses"]!);
    }

    private static async Task<string> CostAsync(TestServer server, string query = "")
    {
        var total = (await server.GetAsync(Path + query))["data"]!["total"]!;
        return $"{total["cost"]} {total["uses"]}";
    }

    private static async Task CompareAsync(TestServer server, JsonObject world, string query, string from, string to, params (string Split, string Value)[] filters)
    {
        (world["from"], world["to"], world["filters"]) = (from, to, new JsonObject(filters.Select(static one => KeyValuePair.Create(one.Split, (JsonNode?)one.Value))));
        var file = server.Folder.File("world.json");
        await File.WriteAllTextAsync(file, world.ToJsonString());
        var (code, output, error) = await Tool.RunAsync("/usr/bin/python3", [Repository.PathOf("tests", "tools", "costs.py"), file]);
        Assert.True(code == 0, output + error);
        var expected = JsonNode.Parse(output)!.AsObject();
        var actual = (await server.GetAsync($"{Path}?{query}"))["data"]!.AsObject();
        Assert.Equal((from, to), ((string?)actual["from"], (string?)actual["to"]));
        Assert.True((int)expected["total"]!["uses"]! > 3, "The case has too few uses to show anything.");
        Numpy.Compare("total", expected["total"]!.AsObject(), actual["total"]!.AsObject());
        Numpy.Compare("month", expected["month"]!.AsObject(), actual["month"]!.AsObject());
        Assert.Equal(expected["unpriced_models"]!.ToJsonString(), actual["unpriced_models"]!.ToJsonString());
        foreach (var split in new[] { "by_day", "by_api", "by_operation", "by_model", "by_bot", "by_agent" })
        {
            var parts = actual[split]!.AsArray().ToDictionary(static part => (string?)part!["name"] ?? "", static part => part!.AsObject());
            Assert.Equal(expected[split]!.AsObject().Select(static part => part.Key).Order(StringComparer.Ordinal), parts.Keys.Order(StringComparer.Ordinal));
            foreach (var (name, figures) in expected[split]!.AsObject())
            {
                Numpy.Compare($"{split} {name}", figures!.AsObject(), parts[name]);
            }
        }
    }

    private JsonObject Use(TestServer server)
    {
        T? Maybe<T>(T value)
            where T : struct => random.Next(3) == 0 ? null : value;
        string? One(params string?[] names) => names[random.Next(names.Length)];
        return new()
        {
            ["timestamp"] = server.Clock.GetUtcNow().AddSeconds(-random.Next(14 * 86_400)).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            ["api_name"] = One("llm", "news", "charts"),
            ["operation_type"] = One("chat", "fetch"),
            ["api_calls"] = random.Next(4),
            ["estimated_cost"] = random.Next(3) == 0 ? random.Next(1, 100_000) / 1_000_000m : null,
            ["cache_hits"] = Maybe(random.Next(5)),
            ["cache_misses"] = Maybe(random.Next(3)),
            ["bot_name"] = One("a", "b", "c", null),
            ["model"] = One("small", "SMALL", "large", "unknown", null),
            ["input_tokens"] = Maybe(random.Next(20_000)),
            ["output_tokens"] = Maybe(random.Next(3000)),
            ["cached_tokens"] = Maybe(random.Next(50_000)),
            ["decision_id"] = Maybe(random.Next(1, 6)),
        };
    }
}
