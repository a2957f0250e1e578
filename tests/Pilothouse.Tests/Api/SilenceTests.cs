using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Pilothouse.Storage.Migrations;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Api;

/// <summary>Nothing that a client says is ignored in silence: it has its effect, is refused, or is named as ignored.</summary>
public sealed class SilenceTests
{
    private const string Trade = """{"trading_pair":"A/B","side":"BUY","entry_price":1,"quantity":10}""";
    private const string Signal = """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1}""";

    /// <summary>A good body of each kind, and the seed's table of its record.</summary>
    private static readonly (string Path, string Table, string Body)[] Kinds =
    [
        ("/api/signals", "signals", Signal),
        ("/api/trades", "trades", Trade),
        ("/api/bot-status", "bot_status", """{"bot_name":"b","status":"running"}"""),
        ("/api/market-context", "market_context", """{"btc_price":1}"""),
        ("/api/analysis", "chart_analyses", """{"trading_pair":"A/B","timeframe":"1h","recommendation":"BUY"}"""),
        ("/api/correlation", "correlation_data", """{"asset1":"BTC","asset2":"ETH","correlation_value":0.5}"""),
        ("/api/cost-analytics", "cost_analytics", """{"api_name":"a","operation_type":"o"}"""),
    ];

    [Theory]
    [InlineData("/api/trades", "fee", "fees")]
    [InlineData("/api/trades", "Fees", "fees")]
    [InlineData("/api/trades", "stoploss", "stop_loss")]
    [InlineData("/api/trades", "stopLoss", "stop_loss")]
    [InlineData("/api/trades", "stop_losses", "stop_loss")]
    [InlineData("/api/trades", "take_proft", "take_profit")]
    [InlineData("/api/trades", "take_porift", "take_profit")]
    [InlineData("/api/trades", "levarage", "leverage")]
    [InlineData("/api/trades", "sides", "side")]
    [InlineData("/api/trades", "extrenal_id", "external_id")]
    [InlineData("/api/signals", "pirce", "price")]
    [InlineData("/api/signals", "ema_9", "ema9")]
    [InlineData("/api/signals", "stategy", "strategy")]
    [InlineData("/api/market-context", "btc_prise", "btc_price")]
    [InlineData("/api/cost-analytics", "estimatedCost", "estimated_cost")]
    [InlineData("/api/bot-status", "balence", "balance")]
    [InlineData("/api/analysis", "models", "model")]
    public async Task A_field_that_is_nearly_a_known_one_is_refused_by_the_right_name(string path, string sent, string right)
    {
        await using var server = await TestServer.StartAsync();
        var (_, table, body) = Kinds.Single(kind => kind.Path == path);
        var (status, answer) = await server.Client.SendAsync("POST", path, With(body, $"\"{sent}\":1"));
        Assert.True(status == 400, answer.ToJsonString());
        Assert.Equal(sent, (string?)answer["details"]![0]!["field"]);
        Assert.EndsWith($" {right}.", (string?)answer["message"], StringComparison.Ordinal);
        Assert.Equal("0", server.Sql($"SELECT count(*) FROM {table}"));
    }

    [Theory]
    [InlineData("/api/signals", "ema20")]
    [InlineData("/api/signals", "ema50")]
    [InlineData("/api/signals", "sma20")]
    [InlineData("/api/signals", "atr")]
    [InlineData("/api/trades", "comment")]
    [InlineData("/api/trades", "take_profit_2")]
    [InlineData("/api/trades", "exit_time")]
    [InlineData("/api/trades", "model")]
    [InlineData("/api/market-context", "liquidations_24h")]
    [InlineData("/api/analysis", "mode")]
    [InlineData("/api/cost-analytics", "mode")]
    [InlineData("/api/bot-status", "uptime")]
    public async Task Any_other_unknown_field_is_stored_without_and_named(string path, string sent)
    {
        await using var server = await TestServer.StartAsync();
        var (_, table, body) = Kinds.Single(kind => kind.Path == path);
        using var answer = await server.Client.RawAsync("POST", path, Encoding.UTF8.GetBytes(With(body, $"\"{sent}\":1")));
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(201, (int)answer.StatusCode);
        Assert.Equal([sent], json["ignored"]!.AsArray().Select(static name => (string?)name));
        Assert.Equal(sent, answer.Headers.GetValues("X-Ignored").Single());
        Assert.Equal("1", server.Sql($"SELECT count(*) FROM {table}"));
    }

    [Fact]
    public async Task A_whole_record_of_the_seeds_table_can_be_sent()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (path, table, body) in Kinds)
        {
            var columns = SeedSchema.Tables[table].Concat(SeedSchema.Added.Where(added => added.Table == table).Select(static added => added.Column)).Append("retention_days");
            var known = JsonNode.Parse(body)!.AsObject();
            var all = With(body, string.Join(',', columns.Where(column => !known.ContainsKey(column)).Select(static column => $"\"{column}\":null")));
            var answer = await server.PostAsync(path, all);
            Assert.Contains("id", answer["ignored"]!.AsArray().Select(static name => (string)name!));
            Assert.Empty(answer["ignored"]!.AsArray().Select(static name => (string)name!).Except(["id", "pnl", "pnl_percentage", "retention_days"]));
        }

        // The answer of a GET, sent back unchanged as the body of a change and of a close.
        var record = (await server.GetAsync("/api/trades/1"))["data"]!.AsObject();
        record["stop_loss"] = 0.5m;
        var (status, changed) = await server.Client.SendAsync("PATCH", "/api/trades/1", record.ToJsonString());
        Assert.True(status == 200, changed.ToJsonString());
        Assert.Contains("entry_price", changed["ignored"]!.AsArray().Select(static name => (string)name!));
        record["exit_price"] = 2;
        Assert.Contains("stop_loss", (await server.PostAsync("/api/trades/1/close", record.ToJsonString(), 200))["ignored"]!.AsArray().Select(static name => (string)name!));
    }

    [Fact]
    public async Task Every_kind_of_body_is_looked_at()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/trades", Trade);
        (string Method, string Path, string Body, string Sent)[] bodies =
        [
            ("PATCH", "/api/trades/1", """{"stop_loss":0.5,"take_proffit":2}""", "take_proffit"),
            ("POST", "/api/trades/1/close", """{"exit_price":2,"fee":1}""", "fee"),
            ("POST", "/api/keys", """{"name":"a","scopes":["read"],"expire_at":"2027-01-01"}""", "expire_at"),
            ("POST", "/api/auth/login", """{"PIN":"246801"}""", "PIN"),
        ];
        foreach (var (method, path, body, sent) in bodies)
        {
            var (status, answer) = await server.Client.SendAsync(method, path, body);
            Assert.True(status == 400 && (string?)answer["details"]![0]!["field"] == sent, answer.ToJsonString());
        }

        Assert.Equal("open 0", server.Sql("SELECT max(status) || ' ' || count(take_profit) FROM trades"));
        Assert.Equal(["colour"], (await server.PostAsync("/api/keys", """{"name":"a","scopes":["read"],"colour":1}"""))["ignored"]!.AsArray().Select(static name => (string?)name));
        Assert.Equal(["colour"], (await server.PostAsync("/api/auth/login", $$"""{"pin":"{{TestServer.Pin}}","colour":1}""", 200))["ignored"]!.AsArray().Select(static name => (string?)name));
    }

    [Fact]
    public async Task A_kept_answer_names_what_was_ignored_too()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await server.Client.RawAsync("POST", "/api/trades?color=1", Encoding.UTF8.GetBytes(With(Trade, "\"note\":1")), ("Idempotency-Key", "k"));
            Assert.Equal(i == 1, answer.Headers.Contains("Idempotency-Replayed"));
            Assert.Equal("color, note", answer.Headers.GetValues("X-Ignored").Single());
            Assert.Equal(["color", "note"], JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["ignored"]!.AsArray().Select(static name => (string?)name));
        }
    }

    [Fact]
    public async Task The_header_is_safe_whatever_the_names_are()
    {
        await using var server = await TestServer.StartAsync();
        var names = Enumerable.Range(0, 150).Select(static i => string.Create(CultureInfo.InvariantCulture, $"\"name_{i}_{new string('x', 90)}\":1"));
        var odd = With(Signal, "\"\":1,\"a\\r\\nSet-Cookie: x\":1,\"é,\\u0000\":1," + string.Join(',', names));
        using var answer = await server.Client.RawAsync("POST", "/api/signals", Encoding.UTF8.GetBytes(odd));
        var header = answer.Headers.GetValues("X-Ignored").Single();
        Assert.StartsWith("\"\", a%0D%0ASet-Cookie%3A%20x, %C3%A9%2C%00, name_0_", header, StringComparison.Ordinal);
        Assert.EndsWith(", ...", header, StringComparison.Ordinal);
        Assert.InRange(header.Length, 500, 1010);
        Assert.All(header, static c => Assert.InRange(c, ' ', '~'));
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("/api/signals?limt=1", "limt", "limit")]
    [InlineData("/api/signals?LIMIT=1", "LIMIT", "limit")]
    [InlineData("/api/signals?tradingpair=A/B", "tradingpair", "trading_pair")]
    [InlineData("/api/signals?from_dat=2026-01-01", "from_dat", "from_date")]
    [InlineData("/api/signals/latest?limit=1", "limit", "limit")]
    [InlineData("/api/trades/open?closed_from=2026-01-01", "closed_from", "closed_from")]
    [InlineData("/api/trades/1?status=open", "status", "status")]
    [InlineData("/api/market-context?hours=3", "hours", "hours")]
    [InlineData("/api/performance?fromdate=2026-01-01", "fromdate", "from_date")]
    [InlineData("/api/cost-analytics?hour=3", "hour", "hours")]
    [InlineData("/api/trades?colour=1&colour=2", "colour", null)]
    [InlineData("/api/trades?side=BUY&side=SELL", "side", null)]
    public async Task A_parameter_that_is_nearly_a_known_one_or_another_endpoints_is_refused(string path, string sent, string? right)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.GetAsync(path, 400);
        Assert.Equal("invalid-input", (string?)answer["code"]);
        Assert.Equal(sent, (string?)answer["details"]![0]!["field"]);
        Assert.Contains(right ?? "is there twice", (string?)answer["details"]![0]!["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/signals?page=2&_=1700000000&__t=1", "page")]
    [InlineData("/api/trades?offset=5", "offset")]
    [InlineData("/api/performance?foo=1", "foo")]
    [InlineData("/api/correlation?foo=1", "foo")]
    [InlineData("/api/market-context/history?%C3%A9=1", "%C3%A9")]
    [InlineData("/health?foo=1", "foo")]
    public async Task Any_other_parameter_is_named_in_the_header_and_a_cache_buster_is_not(string path, string ignored)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await server.Client.RawAsync("GET", path);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(ignored, answer.Headers.GetValues("X-Ignored").Single());
        }

        using var plain = await server.Client.RawAsync("GET", path.Split('?')[0] + "?_=1&_=2");
        Assert.Equal(200, (int)plain.StatusCode);
        Assert.False(plain.Headers.Contains("X-Ignored"));
    }

    [Fact]
    public async Task Pages_of_other_origins_may_read_the_header_and_the_document_has_the_field()
    {
        await using var server = await TestServer.StartAsync(("CORS_ORIGINS", "https://a.example"));
        using var answer = await server.Client.RawAsync("GET", "/api/signals?page=2", null, ("Origin", "https://a.example"));
        Assert.Contains("X-Ignored", string.Join(',', answer.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
        var schemas = (await server.GetAsync("/openapi/v1.json"))["components"]!["schemas"]!;
        Assert.All(new[] { "SignalStored", "TradeStored", "TradeChanged", "BotStatusStored", "ApiCostStored" }, name => Assert.NotNull(schemas[name]!["properties"]!["ignored"]));
    }

    private static string With(string body, string fields) => $"{body[..^1]},{fields}}}";
}
