using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilothouse.Audit;
using Pilothouse.Monitoring;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Audit;

/// <summary>The audit log: what is recorded, and that any change to it is detected.</summary>
public sealed class AuditTests
{
    private const string Trade = """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":2}""";
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    [Fact]
    public async Task It_tells_who_did_what_when_and_through_which_door()
    {
        await using var server = await TestServer.StartAsync();
        var token = await server.LoginAsync();
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/trades/batch", $$"""{"items":[{{Trade}},{{Trade}}]}""");
        await server.Client.SendAsync("PATCH", "/api/trades/1", """{"stop_loss":90}""");
        await server.PostAsync("/api/trades/1/close", """{"exit_price":110}""", 200);
        await server.PostAsync("/api/trades/2/void", """{"reason":"twice"}""", 200);
        var made = await server.PostAsync("/api/keys", """{"name":"k","scopes":["read"]}""");
        await server.Client.SendAsync("DELETE", $"/api/keys/{made["key_id"]}");
        await server.PostAsync("/api/backups", "");
        using var session = server.ClientWithKey(token);
        await session.SendAsync("POST", "/api/auth/logout");

        var rows = (await server.GetAsync("/api/audit"))["data"]!.AsArray();
        Assert.Equal(
            ["logout", "createBackup", "revokeApiKey", "createApiKey", "voidTrade", "closeTrade", "changeTrade", "createTrades", "createTrade", "login"],
            rows.Select(static row => (string)row!["operation"]!));
        Assert.All(rows, static row => Assert.Equal(("http", "127.0.0.1"), ((string?)row!["door"], (string?)row["address"])));
        Assert.Equal(["pin", "key:1"], rows.Select(static row => (string)row!["who"]!).Distinct());
        var close = rows[5]!;
        Assert.Equal(("tests", "trades", 1L, "open", "closed", 20m, "2026-03-02T12:00:00+00:00"),
            ((string?)close["who_name"], (string?)close["record_table"], (long)close["record_id"]!, (string?)close["before"]!["status"], (string?)close["after"]!["status"], (decimal)close["after"]!["pnl"]!, (string?)close["timestamp"]));
        Assert.Equal("""{"count":2,"ids":[2,3]}""", rows[7]!["after"]!.ToJsonString());
        Assert.DoesNotContain("ph_", rows.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(rows.Select(static row => (long)row!["number"]!).Order(), Enumerable.Range(1, rows.Count).Select(static i => (long)i));
        Assert.Empty(await ProblemsAsync(server));
    }

    [Theory]
    [InlineData("who=pin", 0)]
    [InlineData("who=key:1", 2)]
    [InlineData("operation=closeTrade", 1)]
    [InlineData("record_table=trades&record_id=1", 2)]
    [InlineData("record_table=trades&record_id=2", 0)]
    [InlineData("from_date=2026-03-03", 0)]
    [InlineData("to_date=2026-03-02", 2)]
    public async Task It_is_filtered(string query, int expected)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        await server.PostAsync("/api/trades/1/close", """{"exit_price":110}""", 200);
        Assert.Equal(expected, (int)(await server.GetAsync("/api/audit?" + query))["count"]!);
    }

    [Fact]
    public async Task It_is_shown_to_the_scope_control_only_and_an_id_needs_its_table()
    {
        await using var server = await TestServer.StartAsync();
        using var reader = server.ClientWithKey(await server.CreateKeyAsync("reader", "read", "write"));
        Assert.Equal(403, (await reader.SendAsync("GET", "/api/audit")).Status);
        Assert.Equal(401, (await server.Anonymous.SendAsync("GET", "/api/audit")).Status);
        Assert.Equal(400, (await server.Client.SendAsync("GET", "/api/audit?record_id=1")).Status);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public async Task Plain_records_are_in_it_where_the_owner_says_so(bool records, int expected)
    {
        await using var server = await TestServer.StartAsync(("AUDIT_RECORDS", records ? "true" : "false"));
        await server.PostAsync("/api/signals", Signal);
        await server.PostAsync("/api/signals/batch", $$"""{"items":[{{Signal}},{{Signal}}]}""");
        Assert.Equal(expected, (int)(await server.GetAsync("/api/audit"))["count"]!);
    }

    [Fact]
    public async Task What_is_refused_or_repeated_leaves_no_row()
    {
        await using var server = await TestServer.StartAsync();
        const string trade = """{"trading_pair":"A/B","side":"BUY","entry_price":100,"quantity":2,"external_id":"x"}""";
        await server.PostAsync("/api/trades", trade);
        await server.PostAsync("/api/trades", trade, 200);
        await server.Client.SendAsync("POST", "/api/trades", trade.Replace("100", "101", StringComparison.Ordinal));
        await server.Client.SendAsync("POST", "/api/trades/9/close", """{"exit_price":110}""");
        foreach (var _ in new[] { 1, 2 })
        {
            await server.Client.SendAsync("POST", "/api/trades/1/close", """{"exit_price":110}""", ("Idempotency-Key", "k"));
        }

        Assert.Equal("createTrade closeTrade 2", server.Sql("""
            SELECT (SELECT operation FROM audit_log ORDER BY id LIMIT 1) || ' ' || (SELECT operation FROM audit_log ORDER BY id LIMIT 1 OFFSET 1) || ' ' || count(*) FROM audit_log
            """));
    }

    /// <summary>Ways to tamper with a log of five rows, and the row that the check names.</summary>
    [Theory]
    [InlineData("UPDATE audit_log SET after = replace(after, '110', '111') WHERE number = 4", "Row 4 of chain main")]
    [InlineData("UPDATE audit_log SET who = 'key:2' WHERE number = 1", "Row 1 of chain main")]
    [InlineData("UPDATE audit_log SET timestamp = '2026-03-02 12:00:01' WHERE number = 5", "Row 5 of chain main")]
    [InlineData("UPDATE audit_log SET reason = 'r' WHERE number = 2", "Row 2 of chain main")]
    [InlineData("UPDATE audit_log SET hash = 'abc' WHERE number = 4", "Row 4 of chain main", "Row 5 of chain main")]
    [InlineData("DELETE FROM audit_log WHERE number = 3", "Row 3 of chain main is missing.")]
    [InlineData("DELETE FROM audit_log WHERE number IN (2, 3)", "Rows 2 to 3 of chain main are missing.")]
    [InlineData("DELETE FROM audit_log WHERE number = 1", "Row 1 of chain main is missing.")]
    [InlineData("DELETE FROM audit_log WHERE number = 5", "Row 5 of chain main is missing. The log was truncated at its end.")]
    [InlineData("DELETE FROM audit_log WHERE number > 2", "Rows 3 to 5 of chain main are missing. The log was truncated at its end.")]
    [InlineData("DELETE FROM audit_log", "Rows 1 to 5 of chain main are missing.")]
    [InlineData("UPDATE audit_log SET number = 9 WHERE number = 2; UPDATE audit_log SET number = 2 WHERE number = 3; UPDATE audit_log SET number = 3 WHERE number = 9", "Row 2 of chain main", "Row 3 of chain main", "Row 4 of chain main")]
    [InlineData("UPDATE audit_log SET id = 99 WHERE number = 2; UPDATE audit_log SET id = 2 WHERE number = 3; UPDATE audit_log SET id = 3 WHERE id = 99", "Row 3 of chain main")]
    [InlineData("INSERT INTO audit_log(timestamp, who, operation, door, chain, number, key_id, hash) SELECT timestamp, who, operation, door, chain, 6, key_id, hash FROM audit_log WHERE number = 5", "Row 6 of chain main", "Chain main does not end as it was sealed")]
    [InlineData("INSERT INTO audit_log(timestamp, who, operation, door, chain, number, key_id, hash) SELECT timestamp, who, operation, door, 'other', 1, key_id, hash FROM audit_log WHERE number = 5", "The sealed end of chain other is missing", "Row 1 of chain other")]
    [InlineData("DELETE FROM audit_log WHERE number = 5; UPDATE audit_chains SET number = 4, hash = (SELECT hash FROM audit_log WHERE number = 4)", "The sealed end of chain main was changed")]
    [InlineData("DELETE FROM audit_chains", "The sealed end of chain main is missing")]
    public async Task Whatever_is_done_to_it_is_found_and_named(string statements, params string[] named)
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server);
        Assert.Empty(await ProblemsAsync(server));
        server.Sql(statements);
        var problems = await ProblemsAsync(server);
        Assert.All(named, name => Assert.Contains(problems, problem => problem.StartsWith(name, StringComparison.Ordinal)));
        Assert.All(problems, problem => Assert.Contains(named, name => problem.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_database_that_is_put_back_to_an_earlier_state_shows_by_the_servers_log()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server);
        var witness = new AuditWitness(server.Clock.GetUtcNow(), "main", 5, server.Sql("SELECT hash FROM audit_log WHERE number = 5")!);
        Assert.Empty(await ProblemsAsync(server, witness));
        var problems = await ProblemsAsync(server, witness with { Number = 7 }, witness with { Hash = new string('0', 64) });
        Assert.Equal(2, problems.Count);
        Assert.All(problems, static problem => Assert.StartsWith("The server's log of 2026-03-02 12:00 UTC recorded row", problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_servers_log_tells_where_it_ends_and_the_command_reads_that_line()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server);
        await server.Services.GetServices<IHostedService>().OfType<AuditWitnessing>().Single().TellAsync(TestContext.Current.CancellationToken);
        IReadOnlyList<AuditWitness> seen = [];
        for (var tries = 0; tries < 100 && seen.Count == 0; tries++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            seen = WitnessFiles.Read(Path.Combine(server.Folder.Path, "logs"));
        }

        Assert.Equal([new AuditWitness(server.Clock.GetUtcNow(), "main", 5, server.Sql("SELECT hash FROM audit_log WHERE number = 5")!)], seen);
    }

    [Fact]
    public async Task Rows_of_an_earlier_secret_are_checked_with_it_and_named_without_it()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server);
        const string secret = "another-0123456789abcdef0123456789abcdef";
        await using var again = await server.RestartAsync(("JWT_SECRET_KEY", secret));
        await again.PostAsync("/api/trades", Trade);
        var database = again.Services.GetRequiredService<Database>();
        var findings = await database.SnapshotAsync(ReadKind.Own, static session => new AuditCheck([new AuditKey(secret), new AuditKey(TestServer.Secret)]).RunAsync(session, []), TestContext.Current.CancellationToken);
        Assert.Equal((6L, 0), (findings.Rows, findings.Problems.Count));
        findings = await database.SnapshotAsync(ReadKind.Own, static session => new AuditCheck([new AuditKey(secret)]).RunAsync(session, []), TestContext.Current.CancellationToken);
        Assert.Equal(5, findings.Problems.Count(static problem => problem.Contains("PREVIOUS_JWT_SECRET_KEYS", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Old_rows_go_from_the_beginning_and_the_rest_is_still_whole()
    {
        await using var server = await TestServer.StartAsync(("AUDIT_LOG_RETENTION_DAYS", "30"), ("ENABLE_AUTO_BACKUP", "false"));
        await FillAsync(server);
        server.Clock.Advance(TimeSpan.FromDays(31));
        await server.PostAsync("/api/trades", Trade);
        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal("6-6", server.Sql("SELECT min(number) || '-' || max(number) FROM audit_log"));
        Assert.Empty(await ProblemsAsync(server));
        await server.PostAsync("/api/trades", Trade);
        Assert.Empty(await ProblemsAsync(server));
    }

    [Fact]
    public async Task Many_at_once_make_one_chain_without_a_gap()
    {
        await using var server = await TestServer.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.PostAsync("/api/trades", Trade)));
        Assert.Equal("100 100 1 100", server.Sql("SELECT count(*) || ' ' || count(DISTINCT number) || ' ' || min(number) || ' ' || max(number) FROM audit_log"));
        Assert.Empty(await ProblemsAsync(server));
    }

    [Fact]
    public async Task The_command_verifies_and_exports_beside_a_running_server()
    {
        await using var server = await TestServer.StartAsync();
        await FillAsync(server);
        var settings = await TestEngine.CommandAsync(server.Folder, ("DATABASE_PATH", server.DatabasePath), ("BACKUP_DIR", Path.Combine(server.Folder.Path, "backups")), ("LOG_DIR", Path.Combine(server.Folder.Path, "logs")), ("JWT_SECRET_KEY", TestServer.Secret), ("BOT_CONTROL_PIN", TestServer.Pin));
        var (code, _, error) = await ServerProcess.RunAsync(server.Folder, ["audit", "verify"], settings);
        Assert.Equal((0, "The audit log is whole: 5 rows were checked,"), (code, error[..Math.Min(error.Length, 44)]));
        var (exported, lines, _) = await ServerProcess.RunAsync(server.Folder, ["audit", "export"], settings);
        Assert.Equal((0, 5), (exported, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        await ServerProcess.RunAsync(server.Folder, ["key", "create", "--name", "by command"], settings);
        Assert.Equal("createApiKey command command", server.Sql(string.Create(CultureInfo.InvariantCulture, $"SELECT operation || ' ' || who || ' ' || door FROM audit_log WHERE number = 6")));
        server.Sql("DELETE FROM audit_log WHERE number = 6");
        (code, var problems, error) = await ServerProcess.RunAsync(server.Folder, ["audit", "verify"], settings);
        Assert.Equal(1, code);
        Assert.Contains("Row 6 of chain main is missing. The log was truncated at its end.", problems, StringComparison.Ordinal);
        Assert.Contains("NOT whole", error, StringComparison.Ordinal);
    }

    /// <summary>Five rows of the log.</summary>
    private static async Task FillAsync(TestServer server)
    {
        for (var i = 0; i < 3; i++)
        {
            await server.PostAsync("/api/trades", Trade);
        }

        await server.PostAsync("/api/trades/1/close", """{"exit_price":110}""", 200);
        await server.PostAsync("/api/trades/2/close", """{"exit_price":90}""", 200);
    }

    private static async Task<IReadOnlyList<string>> ProblemsAsync(TestServer server, params AuditWitness[] witnesses) =>
        (await server.Services.GetRequiredService<Database>().SnapshotAsync(ReadKind.Own, session => new AuditCheck([new AuditKey(TestServer.Secret)]).RunAsync(session, witnesses))).Problems;
}
