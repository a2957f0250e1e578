using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Analysis;

public sealed class AnalysisTests
{
    private const string Path = "/api/analysis";
    private const string Table = "chart_analyses";
    private const string Good = """{"trading_pair":"SUI/USDC","timeframe":"15m","recommendation":"buy","confidence":"HIGH","key_observations":"Above the VWAP."}""";

    [Fact]
    public async Task A_stored_analysis_is_the_latest_and_has_every_column()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""{"success":true,"message":"Analysis stored successfully","analysis_id":1}""", await server.PostAsync(Path, Good));
        WriteChecks.Same("""
            {"success":true,"data":{"id":1,"timestamp":"2026-03-02T12:00:00+00:00","trading_pair":"SUI/USDC","timeframe":"15m","recommendation":"BUY","confidence":"high",
            "key_observations":"Above the VWAP.","risk_factors":null,"ai_analysis":null,"support_levels":null,"resistance_levels":null,"chart_image_path":null,
            "bot_name":null,"model":null,"signal_id":null}}
            """, await server.GetAsync($"{Path}/latest"));
    }

    [Fact]
    public async Task Lists_are_kept_as_their_json_text_and_long_texts_whole()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":5,"price":1}""");
        var text = new string('é', 100_000);
        await server.PostAsync(Path, $$"""
            {"timestamp":"2026-03-02T11:00:00Z","trading_pair":"A/B","timeframe":"1h","recommendation":"HOLD","key_observations":["rising","überkauft \"RSI\""],
            "risk_factors":[],"ai_analysis":"{{text}}","support_levels":[1.20, 1.1],"resistance_levels":[{"price":2,"touched":3}],
            "chart_image_path":"/charts/a.png","bot_name":"b","model":"m","signal_id":1}
            """);
        var latest = (await server.GetAsync($"{Path}/latest"))["data"]!;
        Assert.Equal("""["rising","überkauft \"RSI\""]""", (string?)latest["key_observations"]);
        Assert.Equal("[]", (string?)latest["risk_factors"]);
        Assert.Equal("[1.20, 1.1]", (string?)latest["support_levels"]);
        Assert.Equal("""[{"price":2,"touched":3}]""", (string?)latest["resistance_levels"]);
        Assert.Equal(text, (string?)latest["ai_analysis"]);
        Assert.Equal("/charts/a.png", (string?)latest["chart_image_path"]);
        Assert.Equal("b", (string?)latest["bot_name"]);
        Assert.Equal("m", (string?)latest["model"]);
        Assert.Equal(1, (long)latest["signal_id"]!);
        Assert.Equal("2026-03-02T11:00:00+00:00", (string?)latest["timestamp"]);
    }

    /// <summary>The seed's column took what came; a share or percent becomes the word that it means, one by one and in batches.</summary>
    [Theory]
    [InlineData("0.85", "high")]
    [InlineData("85", "high")]
    [InlineData("0.7", "high")]
    [InlineData("1", "high")]
    [InlineData("100", "high")]
    [InlineData("69.9", "medium")]
    [InlineData("0.4", "medium")]
    [InlineData("4e-1", "medium")]
    [InlineData("39", "low")]
    [InlineData("1.5", "low")]
    [InlineData("0", "low")]
    [InlineData("null", null)]
    public async Task A_confidence_in_figures_is_stored_as_its_word(string number, string? word)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Path, With("confidence", number));
        await server.PostAsync($"{Path}/batch", $$"""{"items":[{{With("confidence", number)}}]}""");
        Assert.All((await server.GetAsync(Path))["data"]!.AsArray(), row => Assert.Equal(word, (string?)row!["confidence"]));
        Assert.Equal(word ?? "", server.Sql("SELECT confidence FROM chart_analyses WHERE id = 2"));
    }

    [Fact]
    public async Task A_confidence_that_another_program_stored_is_shown_as_it_is()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO chart_analyses(trading_pair, timeframe, recommendation, confidence) VALUES ('A/B', '1h', 'BUY', 0.85)");
        Assert.Equal("0.85", (string?)(await server.GetAsync($"{Path}/latest"))["data"]!["confidence"]);
    }

    [Fact]
    public Task Without_a_credential_nothing_is_stored() => WriteChecks.NeedsCredentialAsync(Path, Good, Table);

    [Fact]
    public Task The_same_analysis_with_an_idempotency_key_is_stored_once() => WriteChecks.IsStoredOnceAsync(Path, Good, Table);

    [Theory]
    [InlineData("trading_pair", null, "Missing required field: trading_pair")]
    [InlineData("timeframe", null, "Missing required field: timeframe")]
    [InlineData("recommendation", null, "Missing required field: recommendation")]
    [InlineData("trading_pair", "\" A/B\"", "Invalid input")]
    [InlineData("timeframe", "15", "Invalid input")]
    [InlineData("recommendation", "\"LONG\"", "Invalid input")]
    [InlineData("confidence", "\"certain\"", "Invalid input")]
    [InlineData("confidence", "-0.01", "Invalid input")]
    [InlineData("confidence", "100.1", "Invalid input")]
    [InlineData("confidence", "\"0.9\"", "Invalid input")]
    [InlineData("confidence", "true", "Invalid input")]
    [InlineData("key_observations", "5", "Invalid input")]
    [InlineData("key_observations", "{\"a\":1}", "Invalid input")]
    [InlineData("risk_factors", "\"a\\u0000b\"", "Invalid input")]
    [InlineData("support_levels", "true", "Invalid input")]
    [InlineData("resistance_levels", "1.5", "Invalid input")]
    [InlineData("ai_analysis", "[\"a\"]", "Invalid input")]
    [InlineData("chart_image_path", "1", "Invalid input")]
    [InlineData("bot_name", "1", "Invalid input")]
    [InlineData("model", "1", "Invalid input")]
    [InlineData("signal_id", "1", "Invalid input")]
    [InlineData("signal_id", "0", "Invalid input")]
    [InlineData("timestamp", "\"2026-03-02T12:06:00Z\"", "Invalid input")]
    public Task A_wrong_field_is_named_and_nothing_is_stored(string field, string? value, string error) =>
        WriteChecks.RefusesAsync(Path, With(field, value), Table, field, error);

    [Theory]
    [InlineData("ai_analysis", 100_001)]
    [InlineData("key_observations", 20_001)]
    [InlineData("risk_factors", 20_001)]
    [InlineData("support_levels", 20_001)]
    [InlineData("resistance_levels", 20_001)]
    [InlineData("chart_image_path", 20_001)]
    [InlineData("model", 101)]
    public Task A_text_that_is_too_long_is_refused(string field, int length) =>
        WriteChecks.RefusesAsync(Path, With(field, $"\"{new string('a', length)}\""), Table, field);

    [Fact]
    public async Task The_latest_is_of_a_pair_where_one_is_named()
    {
        await using var server = await TestServer.StartAsync();
        var missing = await server.GetAsync($"{Path}/latest", 404);
        Assert.Equal("No analysis data available", (string?)missing["error"]);

        await server.PostAsync(Path, Good);
        await server.PostAsync(Path, Good.Replace("SUI/USDC", "XRP/USDT:USDT"));
        Assert.Equal("XRP/USDT:USDT", (string?)(await server.GetAsync($"{Path}/latest"))["data"]!["trading_pair"]);
        Assert.Equal("SUI/USDC", (string?)(await server.GetAsync($"{Path}/latest?trading_pair=Sui/Usdc"))["data"]!["trading_pair"]);
        missing = await server.GetAsync($"{Path}/latest?trading_pair=A/B", 404);
        Assert.Equal("No analysis data available", (string?)missing["error"]);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task What_another_program_wrote_never_breaks_the_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO chart_analyses(timestamp, trading_pair, timeframe, recommendation, confidence, key_observations, signal_id) VALUES (NULL, 'a/b', 15, 'buy!', 0.9, x'00ff', 'none')");
        var latest = (await server.GetAsync($"{Path}/latest?trading_pair=A/B"))["data"]!;
        Assert.Null(latest["timestamp"]);
        Assert.Equal("a/b", (string?)latest["trading_pair"]);
        Assert.Equal("15", (string?)latest["timeframe"]);
        Assert.Equal("buy!", (string?)latest["recommendation"]);
        Assert.Equal("0.9", (string?)latest["confidence"]);
        Assert.Null(latest["key_observations"]);
        Assert.Null(latest["signal_id"]);
    }

    /// <summary>The good analysis with one field changed or, where <paramref name="value"/> is null, left out.</summary>
    private static string With(string field, string? value)
    {
        var json = JsonNode.Parse(Good)!.AsObject();
        json.Remove(field);
        if (value is not null)
        {
            json[field] = JsonNode.Parse(value);
        }

        return json.ToJsonString();
    }
}
