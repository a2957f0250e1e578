using System.Text;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Values count by what they mean and not by how JSON spells them.</summary>
public sealed class JsonFormTests
{
    private const string Signal = """{"trading_pair":"SUI/USDC","signal_type":"BUY","signal_strength":5,"price":1.5,"timestamp":TIME}""";

    [Theory]
    [InlineData("\"2026-03-01T11:00:00\\u002B00:00\"", "2026-03-01T11:00:00+00:00")]
    [InlineData("\"2026-03-01\\u002011:00:00\"", "2026-03-01T11:00:00+00:00")]
    [InlineData("\"\\u0032026-03-01T11:00:00Z\"", "2026-03-01T11:00:00+00:00")]
    [InlineData("1772362800", "2026-03-01T11:00:00+00:00")]
    [InlineData("1772362800.25", "2026-03-01T11:00:00.25+00:00")]
    [InlineData("1.7723628e9", "2026-03-01T11:00:00+00:00")]
    [InlineData("1772362800123", "2026-03-01T11:00:00.123+00:00")]
    [InlineData("1772362800123.0", "2026-03-01T11:00:00.123+00:00")]
    [InlineData("100000000", "1973-03-03T09:46:40+00:00")]
    [InlineData("100000000000", "1973-03-03T09:46:40+00:00")]
    public async Task A_time_is_one_however_it_is_spelled(string sent, string expected)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal.Replace("TIME", sent, StringComparison.Ordinal));
        Assert.True(status == 201, body.ToJsonString());
        var stored = (await server.GetAsync("/api/signals/latest"))["data"]!["timestamp"]!;
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.Parse((string)stored!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1772362800")]
    [InlineData("99999999")]
    [InlineData("1772362800123456")]
    [InlineData("1772362800123456789")]
    [InlineData("1e300")]
    [InlineData("5000000000")]
    [InlineData("\"1772362800\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("true")]
    public async Task A_number_that_is_no_time_of_ours_is_refused_by_the_name_of_its_field(string sent)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", Signal.Replace("TIME", sent, StringComparison.Ordinal));
        Assert.Equal((400, "timestamp"), (status, (string?)body["details"]![0]!["field"]));
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_body_is_no_part_of_it()
    {
        await using var server = await TestServer.StartAsync();
        var json = Signal.Replace("TIME", "null", StringComparison.Ordinal);
        using var content = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(json)]);
        content.Headers.ContentType = new("application/json");
        using var answer = await server.Client.PostAsync("/api/signals", content, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)answer.StatusCode);

        using var nothing = new ByteArrayContent([0xEF, 0xBB, 0xBF]);
        nothing.Headers.ContentType = new("application/json");
        using var refused = await server.Client.PostAsync("/api/signals", nothing, TestContext.Current.CancellationToken);
        Assert.Equal("body-required", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["code"]);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData(" Infinity")]
    [InlineData("[NaN]")]
    public async Task A_word_that_is_no_number_and_no_field_either_is_no_json(string sent)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", sent);
        Assert.Equal((400, "invalid-json"), (status, (string?)body["code"]));
    }

    [Theory]
    [InlineData("NaN", "rsi", """{"trading_pair":"SUI/USDC","rsi":NaN}""")]
    [InlineData("Infinity", "rsi", """{"rsi" : Infinity, "trading_pair":"SUI/USDC"}""")]
    [InlineData("-Infinity", "price", "{\"trading_pair\":\"SUI/USDC\",\"price\"\n:\t-Infinity}")]
    public async Task A_word_that_is_no_number_is_named_with_its_field(string word, string field, string sent)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/signals", sent);
        Assert.Equal((400, field), (status, (string?)body["details"]![0]!["field"]));
        Assert.StartsWith($"is {word}, ", (string?)body["details"]![0]!["message"], StringComparison.Ordinal);
    }
}
