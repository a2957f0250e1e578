using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Correlation;

public sealed class CorrelationTests
{
    private const string Path = "/api/correlation";
    private const string Table = "correlation_data";
    private const string Good = """{"asset1":"btc","asset2":"Eth","correlation_value":0.85}""";

    [Fact]
    public async Task A_stored_correlation_is_found_in_either_order_of_its_assets()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"message":"Correlation stored successfully","correlation_id":1}""", await server.PostAsync(Path, Good));
        const string stored = """
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","asset1":"BTC","asset2":"ETH","correlation_value":0.85,"period_days":7,
            "strength":"strong","samples":null}}
            """;
        WriteChecks.Same(stored, await server.GetAsync($"{Path}?asset1=BTC&asset2=ETH"));
        WriteChecks.Same(stored, await server.GetAsync($"{Path}?asset1=eth&asset2=btc&period_days=7"));
        WriteChecks.Same(stored, await server.GetAsync(Path));
    }

    [Fact]
    public async Task What_is_not_known_is_null_with_200()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, Good);
        const string nothing = """{"success":true,"data":null}""";
        WriteChecks.Same(nothing, await server.GetAsync($"{Path}?asset1=BTC&asset2=SOL"));
        WriteChecks.Same(nothing, await server.GetAsync($"{Path}?asset1=BTC&asset2=ETH&period_days=30"));
        WriteChecks.Same(nothing, await server.GetAsync($"{Path}?period_days=30"));
    }

    [Fact]
    public async Task The_newest_counts_whichever_order_it_was_stored_in()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ETH","correlation_value":0.1,"timestamp":"2026-03-02T10:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"ETH","asset2":"BTC","correlation_value":0.2,"timestamp":"2026-03-02T11:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ETH","correlation_value":0.3,"timestamp":"2026-03-02T09:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ETH","correlation_value":0.4,"timestamp":"2026-03-02T12:00:00Z","period_days":30}""");
        Assert.Equal(2, await IdAsync(server, "?asset1=BTC&asset2=ETH"));
        Assert.Equal(2, await IdAsync(server, "?asset1=ETH&asset2=BTC"));
        Assert.Equal(2, await IdAsync(server, ""));
        Assert.Equal(4, await IdAsync(server, "?asset1=ETH&asset2=BTC&period_days=30"));

        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ETH","correlation_value":0.5,"timestamp":"2026-03-02T11:00:00Z"}""");
        Assert.Equal(5, await IdAsync(server, "?asset1=ETH&asset2=BTC"));
    }

    [Theory]
    [InlineData("0.7", "strong")]
    [InlineData("-0.95", "strong")]
    [InlineData("0.69999", "moderate")]
    [InlineData("-0.4", "moderate")]
    [InlineData("0.39", "weak")]
    [InlineData("0", "weak")]
    public async Task The_strength_follows_from_the_value_unless_it_is_sent(string value, string strength)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, $$"""{"asset1":"A","asset2":"B","correlation_value":{{value}},"samples":168}""");
        var stored = (await server.GetAsync(Path))["data"]!;
        Assert.Equal(strength, (string?)stored["strength"]);
        Assert.Equal(168, (long)stored["samples"]!);

        await server.PostAsync(Path, $$"""{"asset1":"A","asset2":"B","correlation_value":{{value}},"strength":"Weak"}""");
        Assert.Equal("weak", (string?)(await server.GetAsync(Path))["data"]!["strength"]);
    }

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, Table);

    [Fact]
    public Task The_same_correlation_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, Table);

    [Theory]
    [InlineData("""{"asset2":"B","correlation_value":0.5}""", "asset1", "Missing required field: asset1")]
    [InlineData("""{"asset1":"A","correlation_value":0.5}""", "asset2", "Missing required field: asset2")]
    [InlineData("""{"asset1":"A","asset2":"B"}""", "correlation_value", "Missing required field: correlation_value")]
    [InlineData("""{"asset1":"","asset2":"B","correlation_value":0.5}""", "asset1", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"ABCDEFGHIJKLMNOPQRSTU","correlation_value":0.5}""", "asset2", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"a","correlation_value":0.5}""", "asset2", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":1.01}""", "correlation_value", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":-1.01}""", "correlation_value", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":"0.5"}""", "correlation_value", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":0.5,"period_days":0}""", "period_days", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":0.5,"period_days":87601}""", "period_days", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":0.5,"strength":"huge"}""", "strength", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":0.5,"samples":-1}""", "samples", "Invalid input")]
    [InlineData("""{"asset1":"A","asset2":"B","correlation_value":0.5,"timestamp":"2026-03-02T12:06:00Z"}""", "timestamp", "Invalid input")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string json, string field, string error) => WriteChecks.RefusesAsync(Path, json, Table, field, error);

    [Fact]
    public async Task One_asset_alone_has_its_newest_correlation_with_any_other()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"data":null}""", await server.GetAsync($"{Path}?asset1=BTC"));
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ETH","correlation_value":0.1,"timestamp":"2026-03-02T09:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"SOL","correlation_value":0.2,"timestamp":"2026-03-02T10:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"XRP","correlation_value":0.3,"timestamp":"2026-03-02T08:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"SUI","asset2":"BTC","correlation_value":0.4,"timestamp":"2026-03-02T11:00:00Z"}""");
        await server.PostAsync(Path, """{"asset1":"BTC","asset2":"ADA","correlation_value":0.5,"timestamp":"2026-03-02T12:00:00Z","period_days":30}""");

        // A row with the asset in the place that was asked for comes first, as in the seed; else one with it in the other place.
        Assert.Equal(2, await IdAsync(server, "?asset1=btc"));
        Assert.Equal(4, await IdAsync(server, "?asset2=BTC"));
        Assert.Equal(3, await IdAsync(server, "?asset1=XRP"));
        Assert.Equal(4, await IdAsync(server, "?asset2=sui"));
        Assert.Equal(5, await IdAsync(server, "?asset1=BTC&period_days=30"));
        Assert.Equal(2, await IdAsync(server, "?asset1=BTC&asset2="));
        WriteChecks.Same("""{"success":true,"data":null}""", await server.GetAsync($"{Path}?asset2=DOGE"));
    }

    [Theory]
    [InlineData("period_days=0", "period_days")]
    [InlineData("period_days=87601", "period_days")]
    public async Task A_wrong_parameter_is_named(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var body = await server.GetAsync($"{Path}?{query}", 400);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_never_breaks_the_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO correlation_data(timestamp, asset1, asset2, correlation_value, strength) VALUES (NULL, 'btc', 'eth', 'close', 'STRONG')");
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":null,"asset1":"btc","asset2":"eth","correlation_value":null,"period_days":7,"strength":"STRONG","samples":null}}
            """, await server.GetAsync($"{Path}?asset1=ETH&asset2=BTC"));
    }

    private static async Task<long> IdAsync(TestServer server, string query) => (long)(await server.GetAsync(Path + query))["data"]!["id"]!;
}
