using System.Globalization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

/// <summary>A request's body may take minutes. A credential that ends meanwhile stores nothing more, at whichever door.</summary>
public sealed class EndedCredentialTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";
    private const string Trade = """{"trading_pair":"A/B","side":"BUY","entry_price":10,"quantity":1}""";

    private const string NewKey = """{"name":"minted","scopes":["read","write","control"]}""";

    /// <summary>Routes that wait for no body or, like the login, take no credential; McpRightsTests tries /mcp.</summary>
    private static readonly string[] Others = ["POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/logout", "DELETE /api/keys/{id}", "DELETE /api/cost-budgets/{id}", "POST /api/backups", "POST /api/backups/{name}/verify", "POST /mcp", "POST /api/alerts/{id}/resend", "POST /api/consents/{id}/approve",
        "DELETE /api/webhooks/{id}", "POST /api/webhooks/tradingview/{name}", "POST /api/webhooks/tradingview/{name}/{secret}",
        "POST /api/webhooks/freqtrade/{name}", "POST /api/webhooks/freqtrade/{name}/{secret}"];

    /// <summary>SQL with which another program ends or changes a key in the file.</summary>
    private static readonly string[] Ends =
    [
        "UPDATE api_keys SET revoked_at = '2026-03-02 12:00:00', key_hash = 'revoked:' || id WHERE name = 'slow'",
        "UPDATE api_keys SET revoked_at = 'yes' WHERE name = 'slow'",
        "DELETE FROM api_keys WHERE name = 'slow'",
        "UPDATE api_keys SET expires_at = '2026-03-02 11:59:59' WHERE name = 'slow'",
        "UPDATE api_keys SET expires_at = '2999-01-01 00:00:00' WHERE name = 'slow'",
        "UPDATE api_keys SET scopes = 'read' WHERE name = 'slow'",
        "UPDATE api_keys SET bot_name = 'other' WHERE name = 'slow'",
        "UPDATE api_keys SET seal = key_hash WHERE name = 'slow'",
        "UPDATE api_keys SET key_hash = 'other' WHERE name = 'slow'",
    ];

    [Fact]
    public async Task Every_write_is_tried_here()
    {
        await using var server = await TestServer.StartAsync();
        var writes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(static endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(method => $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}"))
            .Where(static route => !route.StartsWith("GET ", StringComparison.Ordinal) && !route.StartsWith("HEAD ", StringComparison.Ordinal));
        var tried = (await BodiesAsync(server)).Keys.Concat(Others).ToList();
        Faults.None(writes.Except(tried).Select(static route => $"{route} takes no body, or has no example of one: give it an example, or add it to Others here."));
        Faults.None(Others.Except(writes).Select(static route => $"{route} is in Others here, and does not exist."));
    }

    [Fact]
    public async Task A_key_that_is_revoked_in_mid_body_stores_nothing_at_any_door()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        var before = Rows(server);
        foreach (var (route, body) in await BodiesAsync(server))
        {
            foreach (var repeatable in new[] { false, true })
            {
                var (id, key) = await MakeAsync(server);
                using var slow = await BeginAsync(server, route, body, [$"Authorization: Bearer {key}", .. repeatable ? ["Idempotency-Key: slow"] : Array.Empty<string>()]);
                Assert.Equal(200, (await server.Client.SendAsync("DELETE", string.Create(CultureInfo.InvariantCulture, $"/api/keys/{id}"))).Status);
                var (status, answer) = await slow.EndAsync();
                Assert.True(status == 401, $"{route} answered {status}: {answer.ToJsonString()}");
                Assert.Equal("authentication-required", (string?)answer["code"]);
            }
        }

        Assert.Equal(before, Rows(server));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM api_keys WHERE name = 'minted'"));
    }

    [Fact]
    public async Task A_session_that_is_logged_out_in_mid_body_stores_nothing_at_any_door()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        var before = Rows(server);
        foreach (var (route, body) in await BodiesAsync(server))
        {
            var token = await server.LoginAsync();
            server.Sql("DELETE FROM login_budgets");
            using var slow = await BeginAsync(server, route, body, $"Authorization: Bearer {token}");
            using var owner = server.ClientWithKey(token);
            Assert.Equal(200, (await owner.SendAsync("POST", "/api/auth/logout")).Status);
            Assert.Equal(401, (await slow.EndAsync()).Status);
        }

        Assert.Equal(before, Rows(server));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM api_keys WHERE name = 'minted'"));
    }

    [Fact]
    public async Task A_key_that_is_ended_or_changed_in_the_file_in_mid_body_stores_nothing()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var end in Ends.Where(static end => !TestEngine.IsPostgres || !end.Contains("'yes'", StringComparison.Ordinal)))
        {
            var (_, key) = await MakeAsync(server);
            using var slow = await BeginAsync(server, "POST /api/signals", Signal, $"X-Api-Key: {key}");
            server.Sql(end);
            Assert.True((await slow.EndAsync()).Status == 401, end);
            server.Sql("DELETE FROM api_keys WHERE name = 'slow'");
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_key_and_a_session_that_expire_in_mid_body_store_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var key = (string)(await server.PostAsync("/api/keys", """{"name":"short","scopes":["write"],"expires_at":"2026-03-02T12:30:00Z"}"""))["key"]!;
        using var byKey = await BeginAsync(server, "POST /api/signals", Signal, $"X-Api-Key: {key}");
        using var byToken = await BeginAsync(server, "POST /api/signals", Signal, $"Authorization: Bearer {await server.LoginAsync()}");
        using var byCookie = await BeginAsync(server, "POST /api/signals", Signal, $"Cookie: pilothouse_session={await server.LoginAsync()}");
        server.Clock.Advance(TimeSpan.FromMinutes(30));
        foreach (var slow in new[] { byKey, byToken, byCookie })
        {
            Assert.Equal(401, (await slow.EndAsync()).Status);
        }

        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_kept_answer_is_not_given_to_a_credential_that_has_ended()
    {
        await using var server = await TestServer.StartAsync();
        var (id, key) = await MakeAsync(server);
        using var client = server.ClientWithKey(key);
        Assert.Equal(201, (await client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "a"))).Status);
        using var again = await BeginAsync(server, "POST /api/signals", Signal, $"X-Api-Key: {key}", "Idempotency-Key: a");
        using var last = await BeginAsync(server, "POST /api/signals", Signal, $"X-Api-Key: {key}", "Idempotency-Key: a");
        Assert.Equal(201, (await again.EndAsync()).Status);
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", string.Create(CultureInfo.InvariantCulture, $"/api/keys/{id}"))).Status);
        Assert.Equal(401, (await last.EndAsync()).Status);
    }

    [Fact]
    public async Task A_refusal_is_not_kept_for_a_credential_that_has_ended()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":11}""", 200);
        var (id, key) = await MakeAsync(server);
        using var slow = await BeginAsync(server, "POST /api/trades/{id}/close", """{"exit_price":11}""", $"X-Api-Key: {key}", "Idempotency-Key: a");
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", string.Create(CultureInfo.InvariantCulture, $"/api/keys/{id}"))).Status);
        Assert.Equal(401, (await slow.EndAsync()).Status);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM idempotency_keys"));
    }

    [Fact]
    public async Task A_key_that_stays_good_writes_with_a_body_that_takes_its_time()
    {
        await using var server = await TestServer.StartAsync();
        var (_, key) = await MakeAsync(server);
        using var byKey = await BeginAsync(server, "POST /api/signals", Signal, $"X-Api-Key: {key}");
        using var byToken = await BeginAsync(server, "POST /api/keys", NewKey, $"Authorization: Bearer {await server.LoginAsync()}");
        server.Sql("UPDATE api_keys SET name = 'renamed' WHERE name = 'slow'");
        server.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal(201, (await byKey.EndAsync()).Status);
        Assert.Equal(201, (await byToken.EndAsync()).Status);
    }

    /// <summary>Only these files may write without checking the credential again. Who adds one must decide that here.</summary>
    [Fact]
    public void Nobody_writes_for_a_caller_past_the_question()
    {
        string[] known =
        [
            "Agents/AgentPeriods.cs",
            "Alerts/AlertFollower.cs",
            "Alerts/AlertPurge.cs",
            "Alerts/AlertSender.cs",
            "Alerts/DailySummary.cs",
            "Audit/AuditPurge.cs",
            "Auth/CallerDatabase.cs",
            "Auth/CredentialPurge.cs",
            "Backups/BackupSchedule.cs",
            "Bots/SilenceWatch.cs",
            "Budgets/BudgetWatch.cs",
            "CircuitBreaker/BreakerFollower.cs",
            "CircuitBreaker/BreakerRecorder.cs",
            "Cli/CleanupCommand.cs",
            "Cli/KeyCommand.cs",
            "Cli/WebhookCommand.cs",
            "Consents/ConsentDecisions.cs",
            "Correlation/CorrelationKeeper.cs",
            "Costs/CostPricer.cs",
            "Http/LoginBudget.cs",
            "Http/SessionHandlers.cs",
            "Import/Importer.cs",
            "Monitoring/ForeignTimeBacklog.cs",
            "Operations/AuditLog.cs",
            "Operations/IdempotencyStore.cs",
            "Operations/Notices.cs",
            "Performance/PeriodKeeper.cs",
            "Retention/Cleanup.cs",
            "Retention/ClockGuard.cs",
            "Retention/IntegrityCheck.cs",
            "Retention/NightlyMaintenance.cs",
            "Webhooks/DeliveryPurge.cs",
        ];
        var root = Repository.PathOf("src", "Pilothouse");
        var writers = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))
            .Where(static path => path.Split('/')[0] is not ("bin" or "obj" or "Storage"))
            .Where(path => File.ReadAllText(Path.Combine(root, path)) is var text && text.Contains("database.WriteAsync(", StringComparison.Ordinal) && !text.Contains("CallerDatabase database", StringComparison.Ordinal));
        Assert.Equal(known, writers.Order(StringComparer.Ordinal));
    }

    private static Task<SlowRequest> BeginAsync(TestServer server, string route, string body, params string[] headers)
    {
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1].Replace("{id}", "1", StringComparison.Ordinal));
        return SlowRequest.BeginAsync(server.Client.BaseAddress!, method, path, body, headers);
    }

    private static async Task<(long Id, string Key)> MakeAsync(TestServer server)
    {
        var made = await server.PostAsync("/api/keys", """{"name":"slow","scopes":["read","write","control"]}""");
        return ((long)made["key_id"]!, (string)made["key"]!);
    }

    /// <summary>Every route that stores something from a body, with a valid body.</summary>
    private static async Task<Dictionary<string, string>> BodiesAsync(TestServer server)
    {
        var bodies = (await ExampleBodies.OfAsync(server)).Where(static write => write.Value is not null).ToDictionary(static write => write.Key, static write => write.Value!);
        Array.ForEach(Others, route => bodies.Remove(route));
        bodies["POST /api/keys"] = NewKey;
        return bodies;
    }

    private static string Rows(TestServer server) =>
        string.Join(' ', RecordTables.Names.Append("idempotency_keys").Select(table => server.Sql($"SELECT count(*) FROM {table}")).Append(
            server.Sql("SELECT max(status) || ' ' || count(stop_loss) FROM trades")));
}
