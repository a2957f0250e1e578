using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Costs;

public sealed class CostTests
{
    private const string Path = "/api/cost-analytics";
    private const string Table = "cost_analytics";
    private const string Good = """{"api_name":"claude","operation_type":"chart_analysis","api_calls":1,"estimated_cost":0.1,"cache_hits":2,"cache_misses":1}""";

    [Fact]
    public async Task Costs_are_added_by_api_and_purpose_without_losing_a_digit()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"message":"Cost stored successfully","cost_id":1}""", await server.PostAsync(Path, Good));
        await server.PostAsync(Path, Good.Replace("0.1", "0.2"));
        await server.PostAsync(Path, Good.Replace("chart_analysis", "briefing"));
        await server.PostAsync(Path, """{"api_name":"news","operation_type":"fetch"}""");
        WriteChecks.Same("""
            {"success":true,"period_hours":24,"data":[
            {"api_name":"claude","operation_type":"briefing","total_calls":1,"total_cost":0.1,"total_cache_hits":2,"total_cache_misses":1,"cache_hit_rate":66.66666666666667},
            {"api_name":"claude","operation_type":"chart_analysis","total_calls":2,"total_cost":0.3,"total_cache_hits":4,"total_cache_misses":2,"cache_hit_rate":66.66666666666667},
            {"api_name":"news","operation_type":"fetch","total_calls":0,"total_cost":0,"total_cache_hits":0,"total_cache_misses":0,"cache_hit_rate":0}]}
            """, await server.GetAsync(Path));
    }

    [Fact]
    public async Task Everything_that_is_sent_is_kept()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO agent_decisions(id, agent_name, agent_role, decision_type, decision) VALUES (9, 'a', 'b', 'c', 'd')");
        await server.PostAsync(Path, """
            {"timestamp":"2026-03-02T11:00:00Z","api_name":"claude","operation_type":"decide","bot_name":"b","model":"m","input_tokens":1200,"output_tokens":80,"decision_id":9,"estimated_cost":0}
            """);
        Assert.Equal("2026-03-02 11:00:00", server.Sql("SELECT timestamp FROM cost_analytics"));
        Assert.Equal("0|0|0|0|b|m|1200|80|9", server.Sql("""
            SELECT api_calls || '|' || CAST(estimated_cost * 1000 AS INTEGER) || '|' || cache_hits || '|' || cache_misses || '|' || bot_name || '|' || model || '|' ||
              input_tokens || '|' || output_tokens || '|' || decision_id FROM cost_analytics
            """));
    }

    [Fact]
    public async Task The_window_goes_back_as_many_hours_as_asked()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var time in new[] { "2026-02-20T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-02T11:30:00Z" })
        {
            await server.PostAsync(Path, Good.Replace("{", $$"""{"timestamp":"{{time}}",""", StringComparison.Ordinal));
        }

        Assert.Equal(2, await CallsAsync(server, ""));
        Assert.Equal(1, await CallsAsync(server, "?hours=1"));
        Assert.Equal(3, await CallsAsync(server, "?hours=87600"));
        Assert.Equal(48, (int)(await server.GetAsync($"{Path}?hours=48"))["period_hours"]!);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await CallsAsync(server, ""));
        server.Clock.Advance(TimeSpan.FromDays(2));
        WriteChecks.Same("""{"success":true,"period_hours":24,"data":[]}""", await server.GetAsync(Path));
    }

    [Fact]
    public async Task One_api_is_asked_for_in_any_case()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, Good);
        await server.PostAsync(Path, Good.Replace("claude", "Claude"));
        await server.PostAsync(Path, Good.Replace("claude", "news"));
        var data = (await server.GetAsync($"{Path}?api_name=CLAUDE"))["data"]!.AsArray();
        Assert.Equal(["Claude", "claude"], data.Select(static total => (string?)total!["api_name"]));
        Assert.Empty((await server.GetAsync($"{Path}?api_name=other"))["data"]!.AsArray());
    }

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, Table);

    [Fact]
    public Task The_same_cost_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, Table);

    [Theory]
    [InlineData("""{"operation_type":"o"}""", "api_name", "Missing required field: api_name")]
    [InlineData("""{"api_name":"a"}""", "operation_type", "Missing required field: operation_type")]
    [InlineData("""{"api_name":"","operation_type":"o"}""", "api_name", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":1}""", "operation_type", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","api_calls":-1}""", "api_calls", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","estimated_cost":-0.01}""", "estimated_cost", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","estimated_cost":"0.01"}""", "estimated_cost", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","cache_hits":-1}""", "cache_hits", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","cache_misses":0.5}""", "cache_misses", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","bot_name":1}""", "bot_name", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","model":1}""", "model", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","input_tokens":-1}""", "input_tokens", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","output_tokens":-1}""", "output_tokens", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","decision_id":0}""", "decision_id", "Invalid input")]
    [InlineData("""{"api_name":"a","operation_type":"o","timestamp":"2026-03-02T12:06:00Z"}""", "timestamp", "Invalid input")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field, string error) => WriteChecks.RefusesAsync(Path, json, Table, field, error);

    [Theory]
    [InlineData("0")]
    [InlineData("87601")]
    [InlineData("1.5")]
    public async Task Wrong_hours_are_refused(string hours)
    {
        await using var server = await TestServer.StartAsync();
        var body = await server.GetAsync($"{Path}?hours={hours}", 400);
        Assert.Equal("hours", (string?)body["details"]![0]!["field"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_counts_where_it_is_a_number_and_never_breaks_the_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("""
            INSERT INTO cost_analytics(timestamp, api_name, operation_type, api_calls, estimated_cost, cache_hits, cache_misses) VALUES
            (NULL, 'a', 'o', 100, 100, 100, 100),
            ('2026-03-02T11:00:00Z', 'a', 'o', 'many', 'cheap', NULL, 3),
            ('2026-03-02 11:00:00', 'a', 'o', 9223372036854775807, 0.25, 1, 0),
            ('2026-03-02 11:00:00', 'a', 'o', 1, 9e999, 0, 0),
            ('2026-03-02 11:00:00', 'b', 'o', 1, 7e28, 0, 0),
            ('2026-03-02 11:00:00', 'b', 'o', 1, 7e28, 0, 0)
            """);
        WriteChecks.Same("""
            {"success":true,"period_hours":24,"data":[
            {"api_name":"a","operation_type":"o","total_calls":9223372036854775807,"total_cost":0.25,"total_cache_hits":1,"total_cache_misses":3,"cache_hit_rate":25},
            {"api_name":"b","operation_type":"o","total_calls":2,"total_cost":null,"total_cache_hits":0,"total_cache_misses":0,"cache_hit_rate":0}]}
            """, await server.GetAsync(Path));
    }

    private static async Task<long> CallsAsync(TestServer server, string query) => (long)(await server.GetAsync(Path + query))["data"]![0]!["total_calls"]!;
}
