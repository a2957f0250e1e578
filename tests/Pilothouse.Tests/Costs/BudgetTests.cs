using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Budgets;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Costs;

/// <summary>Budgets for outside APIs: what a month has used, the event, and the pause.</summary>
public sealed class BudgetTests
{
    private const string Path = "/api/cost-budgets";
    private static readonly (string, string) OfAll = ("COST_BUDGET_MONTHLY", "10");
    private static readonly (string, string) Enforced = ("COST_BUDGET_ENFORCE", "true");

    [Fact]
    public async Task A_budget_is_set_changed_and_removed_and_the_audit_log_has_it()
    {
        await using var server = await TestServer.StartAsync(OfAll);
        await SpendAsync(server, "alpha", 3);
        WriteChecks.Same("""{"success":true,"message":"Budget set","budget_id":1}""", await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":40}"""));
        WriteChecks.Same("""{"success":true,"message":"Budget changed","budget_id":1,"before":40}""", await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":4}""", 200));
        await SpendAsync(server, "beta", 1);
        var list = (await server.GetAsync(Path))["data"]!.AsArray();
        Assert.Equal(["* 10 4 40", "alpha 4 3 75"], list.Select(static one => $"{one!["bot_name"]} {one["monthly_budget"]} {one["spent"]} {one["used_percent"]}"));
        Assert.Null(list[0]!["id"]);

        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"{Path}/1")).Status);
        Assert.Equal(404, (await server.Client.SendAsync("DELETE", $"{Path}/1")).Status);
        Assert.Equal(1, (int)(await server.GetAsync(Path))["count"]!);
        var audit = (await server.GetAsync("/api/audit"))["data"]!.AsArray();
        Assert.Equal(["removeCostBudget", "setCostBudget", "setCostBudget"], audit.Select(static row => (string?)row!["operation"]).Where(static name => name!.Contains("Budget", StringComparison.Ordinal)));
        Assert.Equal(40m, (decimal)audit.Where(static row => (string?)row!["operation"] == "setCostBudget").First()!["before"]!["monthly_budget"]!);
    }

    [Theory]
    [InlineData("""{"monthly_budget":1}""", "bot_name")]
    [InlineData("""{"bot_name":"a"}""", "monthly_budget")]
    [InlineData("""{"bot_name":"a","monthly_budget":0}""", "monthly_budget")]
    [InlineData("""{"bot_name":"*","monthly_budget":5}""", "bot_name")]
    public async Task A_wrong_budget_is_named(string json, string field)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(field, (string?)(await server.PostAsync(Path, json, 400))["details"]![0]!["field"]);
    }

    [Fact]
    public async Task Only_the_scope_control_sets_a_budget()
    {
        await using var server = await TestServer.StartAsync();
        using var client = server.ClientWithKey(await server.CreateKeyAsync("writer", "read", "write"));
        Assert.Equal(403, (await client.SendAsync("POST", Path, """{"bot_name":"a","monthly_budget":5}""")).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", Path, """{"bot_name":"a","monthly_budget":5}""")).Status);
        Assert.Equal(403, (await client.SendAsync("DELETE", $"{Path}/1")).Status);
    }

    [Fact]
    public async Task Each_part_of_a_budget_is_reached_once_in_a_month_whoever_stores_the_use_and_over_a_restart()
    {
        var server = await TestServer.StartAsync(OfAll);
        try
        {
            await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":4}""");
            await SpendAsync(server, "alpha", 3.3m);
            await LookAsync(server);
            Assert.Equal(["alpha 80 4"], await MarksAsync(server));

            // Another program's row, and one that is unpriced: that is in no sum.
            server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, bot_name) VALUES ('2026-03-02 11:00:00', 'x', 'y', 4.9, 'beta')");
            await server.PostAsync("/api/cost-analytics", """{"api_name":"x","operation_type":"y","model":"?","input_tokens":100,"bot_name":"beta"}""");
            await LookAsync(server);
            Assert.Equal(["alpha 80 4", "* 80 10"], await MarksAsync(server));
            Assert.Equal(1, (int)(await server.GetAsync(Path))["data"]![0]!["unpriced_uses"]!);
            server = await server.RestartAsync(OfAll);
            await LookAsync(server);
            Assert.Equal(2, (await MarksAsync(server)).Count);

            // A raised budget is another one, and may be reached again.
            await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":5}""", 200);
            await LookAsync(server);
            Assert.Equal(2, (await MarksAsync(server)).Count);
            await SpendAsync(server, "alpha", 2);
            await LookAsync(server);
            Assert.Equal(["alpha 80 4", "* 80 10", "* 100 10", "alpha 80 5", "alpha 100 5"], await MarksAsync(server));

            // A new month begins with nothing.
            server.Clock.Advance(TimeSpan.FromDays(31));
            await LookAsync(server);
            Assert.Equal(5, (await MarksAsync(server)).Count);
            Assert.Equal(0, (decimal)(await server.GetAsync(Path))["data"]![0]!["spent"]!);
            await SpendAsync(server, "alpha", 4);
            await LookAsync(server);
            Assert.Equal("alpha 80 5", (await MarksAsync(server))[^1]);
            Assert.DoesNotContain("control.asked", server.Sql("SELECT coalesce(max(kind), '') FROM changes WHERE table_name = 'bot_controls'")!, StringComparison.Ordinal);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_event_comes_by_itself_and_says_whose_budget_it_is()
    {
        await using var server = await TestServer.StartAsync(OfAll);
        await using var stream = await LiveStream.OpenAsync(server.Client, "?types=budget.*");
        server.Sql("INSERT INTO cost_analytics(timestamp, api_name, operation_type, estimated_cost, bot_name) VALUES ('2026-03-02 11:00:00', 'x', 'y', 8.5, 'beta')");
        var received = await stream.NextAsync();
        var data = received!.Data;
        Assert.Equal(("budget.reached", "*", 80, 10m, 8.5m, "2026-03"),
            (received.Name, (string?)data["bot_name"], (int)data["percent"]!, (decimal)data["monthly_budget"]!, (decimal)data["spent"]!, (string?)data["month"]));
    }

    [Fact]
    public async Task A_bot_that_has_used_up_its_budget_is_asked_to_pause_once_and_an_owner_lifts_it()
    {
        await using var server = await TestServer.StartAsync(OfAll, Enforced);
        await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":4}""");
        await SpendAsync(server, "alpha", 3.9m);
        await LookAsync(server);
        Assert.Equal("running", (string?)(await ControlAsync(server, "alpha"))["state"]);
        await SpendAsync(server, "alpha", 0.1m);
        await LookAsync(server);
        await LookAsync(server);
        var control = await ControlAsync(server, "alpha");
        Assert.Equal(("paused", "server", 1), ((string?)control["state"], (string?)control["asked_by"], control["controls"]!.AsArray().Count));
        Assert.Contains("4 of 4 dollars in 2026-03", (string?)control["reason"], StringComparison.Ordinal);
        Assert.Equal("running", (string?)(await ControlAsync(server, "beta"))["state"]);
        Assert.Equal("server", (string?)(await server.GetAsync("/api/audit?operation=controlBot"))["data"]![0]!["who"]);

        await server.PostAsync("/api/bots/alpha/control", """{"state":"running"}""");
        await SpendAsync(server, "alpha", 1);
        await LookAsync(server);
        Assert.Equal("running", (string?)(await ControlAsync(server, "alpha"))["state"]);

        // All together have a budget of their own: it pauses all.
        await SpendAsync(server, "beta", 5);
        await LookAsync(server);
        Assert.Equal(("paused", "paused"), ((string?)(await ControlAsync(server, "alpha"))["state"], (string?)(await ControlAsync(server, "gamma"))["state"]));
        var check = (await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "budgets")!;
        Assert.Equal("warning", (string?)check["state"]);
        Assert.Contains("pilothouse_budget_used{bot=\"alpha\"", await server.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bot_that_was_asked_to_stop_stays_so()
    {
        await using var server = await TestServer.StartAsync(Enforced);
        await server.PostAsync(Path, """{"bot_name":"alpha","monthly_budget":4}""");
        await server.PostAsync("/api/bots/alpha/control", """{"state":"stopped"}""");
        await SpendAsync(server, "alpha", 5);
        await LookAsync(server);
        Assert.Equal("stopped", (string?)(await ControlAsync(server, "alpha"))["state"]);
        Assert.Equal("alpha 100 4", (await MarksAsync(server))[^1]);
    }

    [Fact]
    public async Task Two_servers_say_it_once()
    {
        await using var two = await TwoServers.StartAsync(OfAll, Enforced);
        await SpendAsync(two.One, "alpha", 12);
        await Task.WhenAll(LookAsync(two.One), LookAsync(two.Two), LookAsync(two.One), LookAsync(two.Two));
        Assert.Equal("2", await two.SqlAsync("SELECT count(*) FROM cost_budget_marks"));
        Assert.Equal("1", await two.SqlAsync("SELECT count(*) FROM bot_controls"));
        Assert.Equal("1", await two.SqlAsync("SELECT count(*) FROM audit_log WHERE operation = 'controlBot'"));
    }

    private static Task LookAsync(TestServer server) => server.Services.GetRequiredService<BudgetWatch>().LookAsync(TestContext.Current.CancellationToken);

    private static Task<JsonObject> SpendAsync(TestServer server, string bot, decimal cost) => server.PostAsync("/api/cost-analytics",
        string.Create(CultureInfo.InvariantCulture, $$"""{"api_name":"x","operation_type":"y","bot_name":"{{bot}}","estimated_cost":{{cost}}}"""));

    private static async Task<JsonObject> ControlAsync(TestServer server, string bot) => (await server.GetAsync($"/api/bots/{bot}/control"))["data"]!.AsObject();

    /// <summary>What was reached, in the order in which it was; the events of the log of changes are as many.</summary>
    private static Task<List<string>> MarksAsync(TestServer server)
    {
        const string Text = "bot_name || ' ' || percent || ' ' || CAST(monthly_budget AS INTEGER)";
        var marks = server.Sql(TestEngine.IsPostgres
            ? $"SELECT coalesce(string_agg({Text}, ',' ORDER BY id), '') FROM cost_budget_marks"
            : $"SELECT coalesce(group_concat({Text}, ','), '') FROM (SELECT * FROM cost_budget_marks ORDER BY id)")!;
        var list = marks.Split(',', StringSplitOptions.RemoveEmptyEntries).ToList();
        Assert.Equal(list.Count.ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM changes WHERE table_name = 'cost_budget_marks'"));
        return Task.FromResult(list);
    }
}
