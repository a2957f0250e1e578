using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Symbols are taken as exchanges have them, stored as they were sent, and found in any case of their letters.</summary>
public sealed class SymbolTests
{
    private const string Address = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";

    public static TheoryData<string> Symbols =>
    [
        "SUI/USDC", "SUIUSDC", "XRP/USDT:USDT", "币安人生/USDT:USDT", "M&M", "ES1!", "@107", "$PEPE/USDT", $"{Address}/EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "kPEPE/USDC:USDC",
        "été/USDC", "BRK.B", "^GSPC", "EUR=X", "1000SHIB-PERP", "S&P 500", "<b>x</b>", "'; DROP TABLE signals; --",
    ];

    [Theory]
    [MemberData(nameof(Symbols))]
    public async Task A_symbol_is_stored_as_it_was_sent_and_found_in_any_case(string symbol)
    {
        await using var server = await TestServer.StartAsync();
        (string Path, JsonObject Body)[] records =
        [
            ("/api/signals", new() { ["signal_type"] = "BUY", ["signal_strength"] = 1, ["price"] = 1 }),
            ("/api/trades", new() { ["side"] = "BUY", ["entry_price"] = 1, ["quantity"] = 1 }),
            ("/api/analysis", new() { ["timeframe"] = "1h", ["recommendation"] = "BUY" }),
        ];
        foreach (var (path, body) in records)
        {
            body["trading_pair"] = symbol;
            var (status, answer) = await server.Client.SendAsync("POST", path, body.ToJsonString());
            Assert.True(status == 201, answer.ToJsonString());
            var spellings = new[] { symbol, string.Concat(symbol.Select(static c => char.IsAscii(c) ? char.ToUpperInvariant(c) : c)), string.Concat(symbol.Select(static c => char.IsAscii(c) ? char.ToLowerInvariant(c) : c)) };
            foreach (var spelling in spellings)
            {
                var found = await server.GetAsync($"{path}?trading_pair={Uri.EscapeDataString(spelling)}");
                Assert.Equal(symbol, (string?)found["data"]![0]!["trading_pair"]);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" SUI/USDC")]
    [InlineData("SUI/USDC ")]
    [InlineData("SUI\n/USDC")]
    [InlineData("SUI\u001b[31m")]
    [InlineData("SUI\u202eCDSU")]
    [InlineData("SUI\u200b/USDC")]
    public async Task What_cannot_be_seen_is_no_symbol(string symbol)
    {
        await using var server = await TestServer.StartAsync();
        var body = new JsonObject { ["trading_pair"] = symbol, ["signal_type"] = "BUY", ["signal_strength"] = 1, ["price"] = 1 };
        var (status, answer) = await server.Client.SendAsync("POST", "/api/signals", body.ToJsonString());
        Assert.Equal((400, "trading_pair"), (status, (string?)answer["details"]![0]!["field"]));
    }

    [Fact]
    public async Task A_symbol_has_at_most_100_characters()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (length, expected) in new[] { (100, 201), (101, 400) })
        {
            var body = new JsonObject { ["trading_pair"] = new string('x', length), ["signal_type"] = "BUY", ["signal_strength"] = 1, ["price"] = 1 };
            Assert.Equal(expected, (await server.Client.SendAsync("POST", "/api/signals", body.ToJsonString())).Status);
        }
    }
}
