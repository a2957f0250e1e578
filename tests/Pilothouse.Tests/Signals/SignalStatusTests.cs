using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Signals;

/// <summary>PATCH /api/signals/{id}: what became of a signal.</summary>
public sealed class SignalStatusTests
{
    private const string Good = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":5,"price":1.5,"bot_name":"alpha"}""";

    [Fact]
    public async Task The_status_changes_and_nothing_else()
    {
        await using var server = await TestServer.StartAsync(("AUDIT_RECORDS", "true"));
        await server.PostAsync("/api/signals", Good);
        foreach (var status in new[] { "executed", "SKIPPED", "pending", "pending" })
        {
            var (code, answer) = await server.Client.SendAsync("PATCH", "/api/signals/1", $$"""{"status":"{{status}}"}""");
            Assert.Equal((200, "Signal updated successfully", 1L), (code, (string?)answer["message"], (long)answer["signal_id"]!));
            Assert.Equal(status.ToLowerInvariant(), (string?)answer["data"]!["status"]);
            WriteChecks.Same(answer["data"]!.ToJsonString(), (await server.GetAsync("/api/signals/1"))["data"]!);
        }

        // The same status again is no change.
        Assert.Equal("3", server.Sql("SELECT count(*) FROM changes WHERE table_name = 'signals' AND kind = 'changed'"));
        var audit = (await server.GetAsync("/api/audit?record_table=signals&operation=changeSignal"))["data"]!.AsArray();
        Assert.Equal(["executed>skipped", "pending>executed", "skipped>pending"],
            audit.Select(static row => $"{row!["before"]?["status"]}>{row["after"]?["status"]}").Where(static change => change != ">").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{}", "status", "is required")]
    [InlineData("""{"status":null}""", "status", "is required")]
    [InlineData("""{"status":"done"}""", "status", "must be one of pending, executed, skipped")]
    [InlineData("""{"status":"executed","price":2}""", "price", "cannot be changed: a signal stays what was said; send status alone")]
    [InlineData("""{"status":"executed","id":2}""", "id", "cannot be changed: a signal stays what was said; send status alone")]
    [InlineData("""{"model":"x"}""", "model", "cannot be changed: a signal stays what was said; send status alone")]
    [InlineData("""{"stats":"executed"}""", "stats", "is not a field here; the right name is status")]
    public async Task Anything_else_is_refused_by_its_name(string body, string field, string message)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Good);
        var (status, refusal) = await server.Client.SendAsync("PATCH", "/api/signals/1", body);
        Assert.Equal((400, field, message), (status, (string?)refusal["details"]![0]!["field"], (string?)refusal["details"]![0]!["message"]));
        Assert.Equal("pending", server.Sql("SELECT status FROM signals"));
    }

    [Fact]
    public async Task Who_may_not_and_what_is_not_there()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", Good);
        const string Body = """{"status":"executed"}""";
        Assert.Equal(401, (await server.Anonymous.SendAsync("PATCH", "/api/signals/1", Body)).Status);
        Assert.Equal(404, (await server.Client.SendAsync("PATCH", "/api/signals/2", Body)).Status);
        await server.GetAsync("/api/signals/2", 404);
        await server.GetAsync("/api/signals/x", 404);
        using var reader = server.ClientWithKey(await server.CreateKeyAsync("reader", "read"));
        Assert.Equal(403, (await reader.SendAsync("PATCH", "/api/signals/1", Body)).Status);
        var made = await server.PostAsync("/api/keys", """{"name":"beta","scopes":["read","write"],"bot_name":"beta"}""");
        using var other = server.ClientWithKey((string)made["key"]!);
        var (status, refusal) = await other.SendAsync("PATCH", "/api/signals/1", Body);
        Assert.Equal((403, "wrong-bot"), (status, (string?)refusal["code"]));
        Assert.Equal("pending", server.Sql("SELECT status FROM signals"));
    }
}
