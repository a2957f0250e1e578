using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Auth;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Consents;

/// <summary>Calls of AI agents that wait for a person: what waits, who decides, and that everything else fails closed.</summary>
public sealed class ConsentTests
{
    private const string Trade = """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha","mode":"paper"}""";
    private static readonly (string, string) ForAll = ("CONSENT_FOR", "open_trade, CLOSE_TRADE,change_trade,mode_auto,resume_bot,clear_breaker");

    [Fact]
    public async Task A_trade_of_an_agent_waits_until_a_person_approves_it_and_is_stored_once_under_the_agents_name()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        await using var agent = await McpConnection.OpenAsync(server, await server.CreateKeyAsync("agent", "read", "write"));
        var asked = await agent.CallAsync("open_trade", Trade);
        Assert.Equal((1, "open_trade", "waiting", "2026-03-02T12:05:00+00:00"), ((int)asked["consent_id"]!, (string?)asked["consent"], (string?)asked["status"], (string?)asked["expires_at"]));
        Assert.Equal(0, await TradesAsync(server));
        var waiting = Assert.Single((await server.GetAsync("/api/consents?status=waiting"))["data"]!.AsArray())!;
        Assert.Equal(("createTrade", "mcp", "alpha", 3), ((string?)waiting["operation"], (string?)waiting["door"], (string?)waiting["bot_name"], (int)waiting["body"]!["entry_price"]!));
        Assert.Equal("waiting", (string?)(await agent.CallAsync("get_consent", """{"consent_id":1}"""))["data"]!["status"]);

        var approved = await server.PostAsync("/api/consents/1/approve", "", 200);
        Assert.Equal(("approved", 201, 1), ((string?)approved["data"]!["status"], (int)approved["data"]!["result_status"]!, (int)approved["data"]!["result"]!["trade_id"]!));
        Assert.Equal(1, await TradesAsync(server));
        Assert.Equal(1, (int)(await agent.CallAsync("get_consent", """{"consent_id":1}"""))["data"]!["result"]!["trade_id"]!);
        var audit = (await server.GetAsync("/api/audit"))["data"]!.AsArray();
        Assert.Equal(
            ["approveConsent http tests consent_requests", "createTrade mcp agent trades", "askConsent mcp agent consent_requests"],
            audit.Select(static row => $"{row!["operation"]} {row["door"]} {row["who_name"]} {row["record_table"]}"));
        Assert.Equal(["consent.asked", "trade.opened", "consent.approved"], (await server.GetAsync("/api/events/recent"))["data"]!.AsArray().Select(static row => (string?)row!["event"]).Reverse());
        Assert.Equal("consent-decided", await RefusedAsync(server, 409, "/api/consents/1/approve"));
        Assert.Equal("consent-decided", await RefusedAsync(server, 409, "/api/consents/1/deny"));
        Assert.Equal(1, await TradesAsync(server));
    }

    [Fact]
    public async Task The_tools_say_that_they_may_wait_only_where_they_may()
    {
        foreach (var (settings, isThere) in new[] { (Array.Empty<(string, string)>(), false), ([ForAll], true) })
        {
            await using var server = await TestServer.StartAsync(settings);
            await using var agent = await McpConnection.OpenAsync(server);
            var tools = (await agent.Client.ListToolsAsync()).ToDictionary(static tool => tool.Name);
            Assert.Equal(isThere, tools.ContainsKey("get_consent"));
            Assert.Equal(isThere, (await server.GetAsync("/openapi/v1.json"))["paths"]!["/api/trades"]!["post"]!["responses"]!.AsObject().ContainsKey("202"));
            Assert.Equal(isThere, tools["open_trade"].ReturnJsonSchema!.Value.GetProperty("properties").TryGetProperty("consent_id", out _));
        }
    }

    [Fact]
    public async Task Over_HTTP_only_a_key_that_is_marked_as_an_agents_waits()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        var (status, asked) = await agent.SendAsync("POST", "/api/trades", Trade);
        Assert.Equal((202, "waiting"), (status, (string?)asked["status"]));
        await server.PostAsync("/api/trades", Trade);
        Assert.Equal(1, await TradesAsync(server));
    }

    [Fact]
    public async Task Without_CONSENT_FOR_nothing_waits()
    {
        await using var server = await TestServer.StartAsync();
        using var agent = await AgentAsync(server);
        Assert.Equal(201, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);
    }

    [Theory]
    [InlineData("POST", "/api/trades/1/fills", """{"kind":"entry","price":3,"quantity":1}""", 202)]
    [InlineData("POST", "/api/trades/1/fills", """{"kind":"exit","price":3,"quantity":1}""", 202)]
    [InlineData("PATCH", "/api/trades/1", """{"stop_loss":2}""", 202)]
    [InlineData("POST", "/api/trades/1/void", """{"reason":"a test"}""", 202)]
    [InlineData("POST", "/api/trades/1/close", """{"exit_price":4}""", 202)]
    [InlineData("POST", "/api/bots/alpha/control", """{"mode":"AUTO"}""", 202)]
    [InlineData("POST", "/api/bots/alpha/control", """{"state":"Running"}""", 202)]
    [InlineData("POST", "/api/bots/alpha/control", """{"state":"paused","mode":"paper"}""", 201)]
    [InlineData("POST", "/api/circuit-breaker/clear", """{"reason":"a test"}""", 202)]
    [InlineData("POST", "/api/circuit-breaker/trigger", """{"reason":"a test"}""", 201)]
    [InlineData("POST", "/api/signals", """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":10,"price":3}""", 201)]
    [InlineData("POST", "/api/trades/batch", """{"items":[{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10}]}""", 403)]
    [InlineData("POST", "/api/trades/1/fills/batch", """{"items":[{"kind":"exit","price":3,"quantity":1}]}""", 403)]
    public async Task What_could_cost_money_waits_and_what_stops_does_not(string method, string path, string body, int expected)
    {
        await using var server = await TestServer.StartAsync(ForAll);
        await server.PostAsync("/api/trades", Trade);
        using var agent = await AgentAsync(server);
        var (status, answer) = await agent.SendAsync(method, path, body);
        Assert.True(status == expected, answer.ToJsonString());
        Assert.Equal(expected == 403 ? "consent-needed" : null, (string?)answer["code"]);
        if (expected == 202)
        {
            await server.PostAsync("/api/consents/1/approve", "", 200);
            Assert.Equal("approved", (string?)(await server.GetAsync("/api/consents/1"))["data"]!["status"]);
        }
    }

    [Fact]
    public async Task A_larger_quantity_of_an_open_trade_counts_as_opening()
    {
        await using var server = await TestServer.StartAsync(("CONSENT_FOR", "open_trade"));
        await server.PostAsync("/api/trades", Trade);
        using var agent = await AgentAsync(server);
        Assert.Equal(200, (await agent.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":2}""")).Status);
        Assert.Equal(202, (await agent.SendAsync("PATCH", "/api/trades/1", """{"quantity":1000}""")).Status);
        Assert.Equal(201, (await agent.SendAsync("POST", "/api/trades/1/fills", """{"kind":"exit","price":3,"quantity":1}""")).Status);
    }

    [Fact]
    public async Task A_wrong_call_is_refused_at_once_and_does_not_wait()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        Assert.Equal(400, (await agent.SendAsync("POST", "/api/trades", """{"side":"BUY"}""")).Status);
        using var reader = await AgentAsync(server, "read");
        Assert.Equal(403, (await reader.SendAsync("POST", "/api/trades", Trade)).Status);
        Assert.Equal(0, (int)(await server.GetAsync("/api/consents"))["count"]!);
    }

    [Fact]
    public async Task A_denied_request_and_one_whose_time_is_up_do_nothing()
    {
        await using var server = await TestServer.StartAsync(ForAll, ("CONSENT_TIMEOUT_SECONDS", "60"));
        using var agent = await AgentAsync(server);
        await agent.SendAsync("POST", "/api/trades", Trade);
        await agent.SendAsync("POST", "/api/trades", Trade);
        var denied = await server.PostAsync("/api/consents/1/deny", """{"reason":"not now"}""", 200);
        Assert.Equal(("denied", "not now"), ((string?)denied["data"]!["status"], (string?)denied["data"]!["reason"]));

        server.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("waiting", (string?)(await server.GetAsync("/api/consents/2"))["data"]!["status"]);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("consent-decided", await RefusedAsync(server, 409, "/api/consents/2/approve"));
        await UntilAsync(async () =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            return (string?)(await server.GetAsync("/api/consents/2"))["data"]!["status"] == "expired";
        });
        Assert.Equal("server", (string?)(await server.GetAsync("/api/consents/2"))["data"]!["decided_by"]);
        Assert.Equal(0, await TradesAsync(server));
        Assert.Equal(["expireConsent", "denyConsent"], (await server.GetAsync("/api/audit"))["data"]!.AsArray().Select(static row => (string?)row!["operation"]).Where(static name => name != "askConsent"));
    }

    [Fact]
    public async Task What_is_refused_after_the_approval_ends_the_request_and_stores_nothing()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        await agent.SendAsync("POST", "/api/trades", Trade);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"a test"}""");
        Assert.Equal("consent-failed", await RefusedAsync(server, 409, "/api/consents/1/approve"));
        var failed = (await server.GetAsync("/api/consents/1"))["data"]!;
        Assert.Equal(("failed", "breaker-triggered"), ((string?)failed["status"], (string?)failed["result"]!["code"]));
        Assert.Equal("consent-decided", await RefusedAsync(server, 409, "/api/consents/1/approve"));
        Assert.Equal(0, await TradesAsync(server));
    }

    [Fact]
    public async Task The_request_of_a_key_that_was_revoked_meanwhile_is_not_carried_out()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        await agent.SendAsync("POST", "/api/trades", Trade);
        var id = (int)(await server.GetAsync("/api/consents/1"))["data"]!["asked_by"]!.GetValue<string>()[^1] - '0';
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"/api/keys/{id}")).Status);
        Assert.Equal("consent-failed", await RefusedAsync(server, 409, "/api/consents/1/approve"));
        Assert.Equal(0, await TradesAsync(server));
    }

    [Theory]
    [InlineData("body = replace(body, '10', '99')")]
    [InlineData("asked_by = 'key:1'")]
    [InlineData("operation = 'closeTrade', target = '1'")]
    [InlineData("expires_at = '2026-03-03 12:00:00'")]
    public async Task A_request_that_another_program_changed_is_not_carried_out(string change)
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        await agent.SendAsync("POST", "/api/trades", Trade);
        server.Sql($"UPDATE consent_requests SET {change}");
        using var owner = await OwnerAsync(server);
        Assert.Equal((409, "consent-failed"), await SentAsync(owner, "/api/consents/1/approve"));
        Assert.Equal(0, await TradesAsync(server));
    }

    [Fact]
    public async Task An_agent_decides_nothing_and_nobody_decides_their_own_request()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server, "read", "write", "control");
        await agent.SendAsync("POST", "/api/trades", Trade);
        using var other = await AgentAsync(server, "control");
        using var writer = server.ClientWithKey(await server.CreateKeyAsync("writer", "read", "write"));
        foreach (var path in new[] { "/api/consents/1/approve", "/api/consents/1/deny" })
        {
            Assert.Equal((403, "consent-needed"), await SentAsync(agent, path));
            Assert.Equal((403, "consent-needed"), await SentAsync(other, path));
            Assert.Equal((403, "scope-needed"), await SentAsync(writer, path));
            Assert.Equal((401, "authentication-required"), await SentAsync(server.Anonymous, path));
        }

        // The same key that is not marked, once through the Model Context Protocol and once over HTTP.
        await using var mcp = await McpConnection.OpenAsync(server);
        await mcp.CallAsync("open_trade", Trade);
        Assert.Equal((403, "consent-needed"), await SentAsync(server.Client, "/api/consents/2/approve"));
        using var owner = await OwnerAsync(server);
        Assert.Equal((200, null), await SentAsync(owner, "/api/consents/2/approve"));
        Assert.Equal((404, "not-found"), await SentAsync(owner, "/api/consents/99/approve"));
    }

    /// <summary>Who answers for one bot answers for its trades, whatever bot the request names in a field that its work ignores.</summary>
    [Fact]
    public async Task Who_may_answer_is_decided_by_the_bot_of_the_stored_trade()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        using var alphas = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"a","scopes":["control"],"bot_name":"alpha"}"""))["key"]!);
        await server.PostAsync("/api/trades", Trade.Replace("alpha", "beta", StringComparison.Ordinal));
        await server.PostAsync("/api/trades", Trade);
        string[] asked = ["/api/trades/1/close", "/api/trades/2/close"];
        foreach (var path in asked)
        {
            Assert.Equal(202, (await agent.SendAsync("POST", path, """{"exit_price":1,"bot_name":"alpha"}""")).Status);
        }

        Assert.Equal(["alpha", "beta"], (await server.GetAsync("/api/consents"))["data"]!.AsArray().Select(static one => (string?)one!["bot_name"]));
        Assert.Equal((403, "wrong-bot"), await SentAsync(alphas, "/api/consents/1/approve"));
        Assert.Equal((403, "wrong-bot"), await SentAsync(alphas, "/api/consents/1/deny"));
        Assert.Equal((200, null), await SentAsync(alphas, "/api/consents/2/approve"));
        Assert.Equal("open closed", string.Join(' ', (await server.GetAsync("/api/trades"))["data"]!.AsArray().OrderBy(static one => (long)one!["id"]!).Select(static one => (string?)one!["status"])));

        // The bot is under the seal.
        server.Sql("UPDATE consent_requests SET bot_name = 'alpha' WHERE id = 1");
        Assert.Equal((409, "consent-failed"), await SentAsync(alphas, "/api/consents/1/approve"));
        Assert.Equal("open", (string?)(await server.GetAsync("/api/trades/1"))["data"]!["status"]);
    }

    [Fact]
    public async Task A_session_that_asked_through_the_protocol_cannot_approve_and_its_end_ends_the_request()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        var token = await server.LoginAsync();
        await using var mcp = await McpConnection.OpenAsync(server, token);
        await mcp.CallAsync("open_trade", Trade);
        await mcp.CallAsync("open_trade", Trade);
        using var same = server.ClientWithKey(token);
        Assert.Equal((403, "consent-needed"), await SentAsync(same, "/api/consents/1/approve"));
        await server.PostAsync("/api/consents/1/approve", "", 200);
        Assert.Equal(200, (await same.SendAsync("POST", "/api/auth/logout")).Status);
        Assert.Equal("consent-failed", await RefusedAsync(server, 409, "/api/consents/2/approve"));
        Assert.Equal(1, await TradesAsync(server));
    }

    [Fact]
    public async Task Two_who_approve_at_the_same_moment_make_one_trade()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        using var owner = await OwnerAsync(server);
        for (var id = 1; id <= 5; id++)
        {
            await agent.SendAsync("POST", "/api/trades", Trade);
            var both = await Task.WhenAll(SentAsync(owner, $"/api/consents/{id}/approve"), SentAsync(server.Client, $"/api/consents/{id}/approve"));
            Assert.Equal([(200, null), (409, "consent-decided")], both.Order());
            Assert.Equal(id, await TradesAsync(server));
        }
    }

    [Fact]
    public async Task A_repetition_under_the_same_key_asks_once_and_a_crowd_of_requests_is_cut_off()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server);
        for (var i = 0; i < 2; i++)
        {
            var (status, asked) = await agent.SendAsync("POST", "/api/trades", Trade, ("Idempotency-Key", "one"));
            Assert.Equal((202, 1), (status, (int)asked["consent_id"]!));
        }

        for (var i = 2; i <= 20; i++)
        {
            Assert.Equal(202, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);
        }

        Assert.Equal(429, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);
        await server.PostAsync("/api/consents/7/deny", "{}", 200);
        Assert.Equal(202, (await agent.SendAsync("POST", "/api/trades", Trade)).Status);
    }

    [Fact]
    public async Task An_agents_key_makes_only_agents_keys_and_loses_its_mark_only_with_its_validity()
    {
        await using var server = await TestServer.StartAsync(ForAll);
        using var agent = await AgentAsync(server, "read", "write", "control");
        Assert.Equal((403, "consent-needed"), await SentAsync(agent, "/api/webhooks", """{"name":"free","kind":"tradingview"}"""));
        Assert.Equal((403, "scope-needed"), await SentAsync(agent, "/api/keys", """{"name":"free","scopes":["write"]}"""));
        var (status, made) = await agent.SendAsync("POST", "/api/keys", """{"name":"child","scopes":["write"],"agent":true}""");
        Assert.Equal(201, status);
        using var child = server.ClientWithKey((string)made["key"]!);
        Assert.Equal(202, (await child.SendAsync("POST", "/api/trades", Trade)).Status);
        Assert.Equal([true, true, false], (await server.GetAsync("/api/keys"))["data"]!.AsArray().Select(static key => (bool)key!["agent"]!));
        server.Sql("UPDATE api_keys SET agent = NULL");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(async () => (await child.SendAsync("POST", "/api/trades", Trade)).Status == 401);
    }

    [Fact]
    public void A_word_that_CONSENT_FOR_does_not_know_stops_the_start()
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, ("CONSENT_FOR", "open_trade,everything")));
        Assert.Contains("CONSENT_FOR=open_trade,everything: allowed is open_trade, close_trade", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<int> TradesAsync(TestServer server) => (int)(await server.GetAsync("/api/trades"))["count"]!;

    private static async Task<HttpClient> AgentAsync(TestServer server, params string[] scopes)
    {
        var made = await server.Services.GetRequiredService<Database>().WriteAsync(session => server.Services.GetRequiredService<ApiKeys>()
            .CreateAsync(session, "agent", scopes.Length == 0 ? ["read", "write", "control"] : scopes, null, null, isAgent: true));
        return server.ClientWithKey(made.Key);
    }

    private static async Task<HttpClient> OwnerAsync(TestServer server) => server.ClientWithKey(await server.LoginAsync());

    private static async Task<(int Status, string? Code)> SentAsync(HttpClient client, string path, string body = "{}")
    {
        var (status, answer) = await client.SendAsync("POST", path, body);
        return (status, (string?)answer["code"]);
    }

    private static async Task<string?> RefusedAsync(TestServer server, int status, string path) => (string?)(await server.PostAsync(path, "{}", status))["code"];

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); !await isSo(); await Task.Delay(20))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), "it did not happen");
        }
    }
}
