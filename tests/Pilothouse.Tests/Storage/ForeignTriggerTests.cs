using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Retention;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Storage;

/// <summary>Another program may put triggers into the file. What one keeps away was not stored, is not acknowledged, and takes nobody else with it.</summary>
public sealed class ForeignTriggerTests
{
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";
    private const string Trade = """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1}""";
    private static readonly Sql InsertSignal = new("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES (@pair, 'BUY', 1, 1) RETURNING id");

    public static TheoryData<string, string, string> Posts => new()
    {
        { "signals", "/api/signals", Signal },
        { "trades", "/api/trades", Trade },
        { "trades", "/api/trades", """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":1,"status":"closed","exit_price":2,"external_id":"x"}""" },
        { "bot_status", "/api/bot-status", """{"bot_name":"b","status":"running"}""" },
        { "market_context", "/api/market-context", """{"btc_price":1}""" },
        { "chart_analyses", "/api/analysis", """{"trading_pair":"A/B","timeframe":"1h","recommendation":"buy","confidence":"high","key_observations":"x"}""" },
        { "correlation_data", "/api/correlation", """{"asset1":"A","asset2":"B","correlation_value":0.5}""" },
        { "cost_analytics", "/api/cost-analytics", """{"api_name":"x","operation_type":"y","api_calls":1}""" },
        { "agent_performance", "/api/agents/performance", """{"agent_name":"a","period":"daily"}""" },
        { "agent_decisions", "/api/agents/decisions", """{"agent_name":"a","agent_role":"b","decision_type":"c","decision":"skip"}""" },
        { "model_checkpoints", "/api/models", """{"model_path":"m.pkl","version":"v1"}""" },
        { "cash_flows", "/api/cash-flows", """{"bot_name":"a","amount":1,"external_id":"x"}""" },
        { "model_prices", "/api/model-prices", """{"model":"m","input_per_million":1,"output_per_million":2}""" },
        { "api_keys", "/api/keys", """{"name":"n","scopes":["read"]}""" },
    };

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_row_that_a_trigger_keeps_away_is_no_201(string table, string path, string json)
    {
        await using var server = await TestServer.StartAsync();
        var before = server.Sql($"SELECT count(*) FROM {table}");
        foreach (var reaction in new[] { "IGNORE", "ABORT, 'not here'", "FAIL, 'not here'", "ROLLBACK, 'not here'" })
        {
            server.Sql($"CREATE TRIGGER theirs BEFORE INSERT ON {table} BEGIN SELECT RAISE({reaction}); END");
            await ExpectKeptAwayAsync(server.Client, "POST", path, json);
            Assert.Equal(before, server.Sql($"SELECT count(*) FROM {table}"));
            server.Sql("DROP TRIGGER theirs");
        }

        await server.PostAsync(path, json);
        Assert.NotEqual(before, server.Sql($"SELECT count(*) FROM {table}"));
    }

    [Fact]
    public async Task A_unique_index_and_a_foreign_key_of_another_program_are_no_bug_of_ours()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Signal);
        server.Sql("CREATE UNIQUE INDEX theirs ON signals(trading_pair)");
        await ExpectKeptAwayAsync(server.Client, "POST", "/api/signals", Signal);
        server.Sql("CREATE TABLE owners(id INTEGER PRIMARY KEY); ALTER TABLE bot_status ADD COLUMN owner INTEGER REFERENCES owners(id)");
        server.Sql("CREATE TRIGGER theirs2 AFTER INSERT ON bot_status BEGIN UPDATE bot_status SET owner = 7 WHERE id = NEW.id; END");
        await ExpectKeptAwayAsync(server.Client, "POST", "/api/bot-status", """{"bot_name":"b","status":"running"}""");
        Assert.Equal("1 0", server.Sql("SELECT (SELECT count(*) FROM signals) || ' ' || (SELECT count(*) FROM bot_status)"));
    }

    [Fact]
    public async Task A_change_that_a_trigger_keeps_away_is_no_200()
    {
        await using var server = await TestServer.StartAsync();
        var id = (long)(await server.PostAsync("/api/trades", Trade))["trade_id"]!;
        server.Sql("CREATE TRIGGER theirs BEFORE UPDATE ON trades BEGIN SELECT RAISE(IGNORE); END");
        await ExpectKeptAwayAsync(server.Client, "PATCH", $"/api/trades/{id}", """{"stop_loss":0.5}""");
        await ExpectKeptAwayAsync(server.Client, "POST", $"/api/trades/{id}/close", """{"exit_price":2}""");
        Assert.Equal("open", server.Sql("SELECT status FROM trades"));
        server.Sql("DROP TRIGGER theirs");
        await server.PostAsync($"/api/trades/{id}/close", """{"exit_price":2}""", 200);
    }

    [Fact]
    public async Task A_write_whose_answer_cannot_be_kept_is_not_stored_and_may_be_sent_again()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("CREATE TRIGGER theirs BEFORE INSERT ON idempotency_keys BEGIN SELECT RAISE(IGNORE); END");
        await ExpectKeptAwayAsync(server.Client, "POST", "/api/signals", Signal, ("Idempotency-Key", "a"));
        server.Sql("DROP TRIGGER theirs");
        server.Sql("CREATE TRIGGER theirs BEFORE INSERT ON signals BEGIN SELECT RAISE(IGNORE); END");
        await ExpectKeptAwayAsync(server.Client, "POST", "/api/signals", Signal, ("Idempotency-Key", "a"));
        Assert.Equal("0", server.Sql("SELECT count(*) FROM signals"));
        server.Sql("DROP TRIGGER theirs");
        Assert.Equal(201, (await server.Client.SendAsync("POST", "/api/signals", Signal, ("Idempotency-Key", "a"))).Status);
    }

    [Fact]
    public async Task A_logout_or_a_revocation_that_was_kept_away_is_told_and_an_attempt_that_cannot_be_counted_is_none()
    {
        await using var server = await TestServer.StartAsync();
        using var session = server.ClientWithKey(await server.LoginAsync());
        var key = (long)(await server.PostAsync("/api/keys", """{"name":"n","scopes":["write"]}"""))["key_id"]!;
        server.Sql("CREATE TRIGGER theirs1 BEFORE INSERT ON revoked_tokens BEGIN SELECT RAISE(IGNORE); END");
        server.Sql("CREATE TRIGGER theirs2 BEFORE UPDATE ON api_keys BEGIN SELECT RAISE(IGNORE); END");
        server.Sql("CREATE TRIGGER theirs3 BEFORE INSERT ON login_budgets BEGIN SELECT RAISE(IGNORE); END");
        await ExpectKeptAwayAsync(session, "POST", "/api/auth/logout", null);
        await ExpectKeptAwayAsync(server.Client, "DELETE", $"/api/keys/{key}", null);
        for (var i = 0; i < 10; i++)
        {
            await ExpectKeptAwayAsync(server.Anonymous, "POST", "/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}"}""");
        }

        Assert.Equal(404, (await server.Client.SendAsync("DELETE", "/api/keys/4711")).Status);
        server.Sql("DROP TRIGGER theirs1");
        server.Sql("DROP TRIGGER theirs2");
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"/api/keys/{key}")).Status);
        Assert.Equal(200, (await session.SendAsync("POST", "/api/auth/logout")).Status);
        Assert.Equal(401, (await session.SendAsync("GET", "/api/keys")).Status);
    }

    [Fact]
    public async Task A_note_of_the_nightly_work_and_a_key_of_the_command_are_not_said_to_be_stored()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("CREATE TRIGGER theirs1 BEFORE INSERT ON maintenance_runs BEGIN SELECT RAISE(IGNORE); END");
        server.Sql("CREATE TRIGGER theirs2 BEFORE INSERT ON api_keys BEGIN SELECT RAISE(IGNORE); END");
        await Assert.ThrowsAsync<RowKeptAwayException>(() => server.Services.GetRequiredService<Database>()
            .WriteAsync(static session => MaintenanceStore.RecordAsync(session, MaintenanceStore.Nightly, new PastRun(TestServer.Start, true, ""))));
        var (code, output, error) = await ServerProcess.RunAsync(server.Folder, ["key", "create", "--name", "n"]);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("Another program's trigger in the database kept the row away", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE TRIGGER theirs BEFORE INSERT ON signals WHEN NEW.trading_pair = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'not here'); END")]
    [InlineData("CREATE TABLE once(x TEXT UNIQUE ON CONFLICT ROLLBACK); INSERT INTO once VALUES ('bad'); CREATE TRIGGER theirs AFTER INSERT ON signals WHEN NEW.trading_pair = 'bad' BEGIN INSERT INTO once VALUES (NEW.trading_pair); END")]
    public async Task Who_ends_the_transaction_of_a_group_fails_alone(string trigger)
    {
        await using var server = await TestServer.StartAsync();
        var database = server.Services.GetRequiredService<Database>();
        server.Sql(trigger);
        using var gate = new ManualResetEventSlim();
        var writes = new List<Task<long>>
        {
            database.WriteAsync(async session =>
            {
                var id = await session.Prepare(InsertSignal).Set("pair", "gate").InsertAsync();
                Assert.True(gate.Wait(TimeSpan.FromSeconds(20)));
                return id;
            }),
        };
        for (var i = 0; i < 60; i++)
        {
            var pair = i % 6 == 1 ? "bad" : "good";
            writes.Add(i % 6 == 4
                ? database.WriteAsync<long>(static async session =>
                {
                    await session.Prepare(InsertSignal).Set("pair", "thrown").InsertAsync();
                    throw new InvalidDataException("thrown by the work");
                })
                : database.WriteAsync(session => session.Prepare(InsertSignal).Set("pair", pair).InsertAsync()));
        }

        gate.Set();
        await Task.WhenAll(writes.Select(static write => write.ContinueWith(static _ => { }, TaskScheduler.Default)));
        Assert.Equal(41, writes.Count(static write => write.IsCompletedSuccessfully));
        Assert.Equal(10, writes.Count(static write => write.Exception?.InnerException is RowKeptAwayException));
        Assert.Equal(10, writes.Count(static write => write.Exception?.InnerException is InvalidDataException));
        Assert.Equal("good 40", server.Sql("SELECT group_concat(t, ',') FROM (SELECT trading_pair || ' ' || count(*) AS t FROM signals WHERE trading_pair <> 'gate' GROUP BY trading_pair)"));
        foreach (var write in writes.Where(static write => write.IsCompletedSuccessfully))
        {
            var id = await write;
            Assert.Equal("1", server.Sql(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM signals WHERE id = {id}")));
        }
    }

    private static async Task ExpectKeptAwayAsync(HttpClient client, string method, string path, string? json, params (string, string)[] headers)
    {
        var (status, body) = await client.SendAsync(method, path, json, headers);
        Assert.True(status == 409 && (string?)body["code"] == "row-kept-away", $"{method} {path} answered {status}: {body.ToJsonString()}");
        Assert.StartsWith("Another program's trigger in the database kept the row away", (string?)body["message"], StringComparison.Ordinal);
    }
}
