using System.Diagnostics;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;
using Pilothouse.Webhooks;

namespace Pilothouse.Tests.Webhooks;

/// <summary>
/// Alerts of TradingView. The recorded ones follow its documentation of webhooks and of placeholders (support solutions 43000529348 and
/// 43000531021): JSON comes as application/json, all else as text/plain, times are UTC to the second.
/// </summary>
public sealed class TradingViewTests
{
    private const string Template = ""","template":"{action} {pair} at {price}, bars of {interval} from {bar}, sent {time} {secret}" """;

    [Fact]
    public async Task A_recorded_alert_in_JSON_becomes_a_signal()
    {
        await using var server = await TestServer.StartAsync(("AUDIT_RECORDS", "true"));
        var hook = await server.TradingViewAsync();
        var alert = Hooks.Recorded("tradingview-strategy.json").Replace("SECRET", hook.Secret, StringComparison.Ordinal);
        var (status, answer) = await server.TellAsync(hook.Path, alert, "application/json; charset=utf-8");
        Assert.Equal(201, status);
        WriteChecks.Same("""{"success":true,"message":"The alert became signal 1.","outcome":"accepted","delivery_id":1,"record_table":"signals","record_id":1}""", answer);

        var signal = (await server.GetAsync("/api/signals/1"))["data"]!;
        Assert.Equal("BTC/USDT BUY 100 65123.5 alpha Trend long 1h pending 2026-03-02T12:00:00+00:00", Shown(signal));
        var delivery = await server.NewestDeliveryAsync();
        Assert.Equal("accepted signals 1 127.0.0.1", $"{delivery["outcome"]} {delivery["record_table"]} {delivery["record_id"]} {delivery["address"]}");
        Assert.Contains("\"secret\": \"wh_***\"", (string?)delivery["body"], StringComparison.Ordinal);
        var audit = (await server.GetAsync("/api/audit?operation=createSignal"))["data"]![0]!;
        Assert.Equal("webhook webhook:1 btc-trend 1", $"{audit["door"]} {audit["who"]} {audit["who_name"]} {audit["record_id"]}");
    }

    [Fact]
    public async Task A_recorded_alert_as_text_becomes_a_signal_by_the_template()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync(Template + ""","strength":40,"strategy":"cross" """);
        var alert = Hooks.Recorded("tradingview-indicator.txt").Replace("SECRET", hook.Secret, StringComparison.Ordinal);
        Assert.Equal(201, (await server.TellAsync(hook.Path, alert, "text/plain; charset=utf-8")).Status);
        Assert.Equal("ETH/USDT:USDT SELL -40 3012.25 alpha cross 15m pending 2026-03-02T12:00:00+00:00", Shown((await server.GetAsync("/api/signals/1"))["data"]!));
        Assert.Equal("sell BYBIT:ETHUSDT.P at 3012.25, bars of 15 from 2026-03-02T11:45:00Z, sent 2026-03-02T12:00:00Z wh_***", (string?)(await server.NewestDeliveryAsync())["body"]);
    }

    [Fact]
    public async Task Fields_of_other_names_inner_objects_and_forms_are_read_too()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync(""","fields":{"price":"fill","strategy":"bot.name"},"pairs":{"BITMEX:XBTUSD":"BTC/USD:BTC"} """);
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, """{"ticker":"xbtusd","exchange":"bitmex","strategy":{"order":{"action":"SHORT"}},"fill":65000,"bot":{"name":"deep"},"strength":"30"}""")).Status);
        Assert.StartsWith("BTC/USD:BTC SELL -30 65000 alpha deep", Shown((await server.GetAsync("/api/signals/1"))["data"]!), StringComparison.Ordinal);
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, "pair=SOL%2FUSDC&action=hold&fill=150.25", "application/x-www-form-urlencoded")).Status);
        // A placeholder that takes the secret with it does not bring it into the record.
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, $$$"""{"pair":"A/B","action":"buy","fill":1,"bot":{"name":"x {{{hook.Secret}}}"}}""")).Status);
        Assert.Equal("x wh_***", server.Sql("SELECT strategy FROM signals WHERE trading_pair = 'A/B'"));
        Assert.StartsWith("SOL/USDC HOLD 0 150.25", Shown((await server.GetAsync("/api/signals/2"))["data"]!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_alert_is_one_by_its_id_or_by_its_content_within_the_bar()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        (string Alert, int Status)[] told =
        [
            (Hooks.Alert(("id", "a")), 201),
            (Hooks.Alert(("id", "a")), 200),
            (Hooks.Alert(("id", "b")), 201),
            (Hooks.Alert(("id", "a"), ("price", "1")), 409),

            // One bar of 15 minutes, told by its begin or by the moment; then the bar after it.
            (Hooks.Alert(("interval", "15"), ("time", "2026-03-02T11:58:00Z")), 201),
            (Hooks.Alert(("interval", "15"), ("time", "2026-03-02T11:59:59Z")), 200),
            (Hooks.Alert(("interval", "15"), ("time", "2026-03-02T11:59:00Z"), ("action", "sell")), 201),
            (Hooks.Alert(("interval", "15"), ("time", "2026-03-02T12:00:00Z")), 201),
            (Hooks.Alert(("interval", "15"), ("bar", "2026-03-02T11:45:00Z"), ("time", "2026-03-02T12:00:01Z")), 200),

            // Without an interval the moment itself tells.
            (Hooks.Alert(("price", "7")), 201),
            (Hooks.Alert(("price", "7")), 200),
            (Hooks.Alert(("price", "7"), ("time", "2026-03-02T12:00:01Z")), 201),
        ];
        foreach (var (alert, status) in told)
        {
            var (real, answer) = await server.TellAsync(hook.BySecret, alert);
            Assert.True(status == real, $"{alert} was answered {real}: {answer.ToJsonString()}");
        }

        Assert.Equal(told.Count(static one => one.Status == 201), server.Count("signals"));
        Assert.Equal(["external-id-taken"], (await server.OutcomesAsync()).Where(static one => one.StartsWith("refused", StringComparison.Ordinal)).Select(static one => one.Split(' ')[1]));
    }

    [Fact]
    public async Task Without_any_time_the_same_content_is_one_within_a_minute()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        var alert = Hooks.Alert(("time", null));
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, alert)).Status);
        server.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(200, (await server.TellAsync(hook.BySecret, alert)).Status);
        server.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, alert)).Status);
        Assert.Equal(["accepted", "repeated", "accepted"], await server.OutcomesAsync());
    }

    [Fact]
    public async Task The_same_alert_at_the_same_instant_is_one()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i => (await server.TellAsync(hook.BySecret, Hooks.Alert(("price", $"{i % 4 + 1}")))).Status));
        Assert.Equal((4, 36), (statuses.Count(static status => status == 201), statuses.Count(static status => status == 200)));
        Assert.Equal(4, server.Count("signals"));
        Assert.Equal(40, server.Count("webhook_deliveries"));
    }

    [Theory]
    [InlineData("time", "2026-03-02T11:58:00Z", null, 201)]
    [InlineData("time", "2026-03-02T11:57:59Z", null, 409)]
    [InlineData("time", "1772452680", null, 201)]
    [InlineData("time", "1772452679000", null, 409)]

    // A bar is as old as its end, where its length is known.
    [InlineData("bar", "2026-03-02T11:00:00Z", "60", 201)]
    [InlineData("bar", "2026-03-02T10:55:00Z", "60", 409)]
    [InlineData("bar", "2026-03-02T11:00:00Z", null, 409)]
    public async Task An_alert_that_is_too_old_is_refused(string place, string time, string? interval, int status)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync(""","max_age_seconds":120""");
        var (real, answer) = await server.TellAsync(hook.BySecret, Hooks.Alert(("time", null), (place, time), ("interval", interval)));
        Assert.True(status == real, answer.ToJsonString());
        if (status == 409)
        {
            Assert.Equal("message-too-old", (string?)answer["code"]);
            Assert.Contains("at most 120 seconds", (string?)answer["message"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ticker", null, "pair", "is missing")]
    [InlineData("ticker", "AAPL", "pair", "no symbol that can be split")]
    [InlineData("action", null, "action", "is missing")]
    [InlineData("action", "flat", "action", "is flat")]
    [InlineData("action", "{{strategy.order.action}}", "action", "is still {{strategy.order.action}}")]
    [InlineData("price", "NaN", "price", "is missing")]
    [InlineData("price", "65,123.5", "price", "must be a number")]
    [InlineData("price", "-1", "price", "must be greater than 0")]
    [InlineData("time", "yesterday", "time", "must be a time")]
    [InlineData("time", "2026-03-02T12:06:00Z", "time", "must not be more than 5 minutes in the future")]
    [InlineData("interval", "soon", "interval", "must be an interval")]
    [InlineData("strength", "2.5", "strength", "must be a whole number")]
    [InlineData("strength", "-5", "strength", "not below 0 for a buy")]
    public async Task A_refusal_names_the_placeholder_that_failed(string field, string? value, string place, string what)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        var (status, answer) = await server.TellAsync(hook.BySecret, Hooks.Alert((field, value)));
        Assert.Equal(400, status);
        Assert.Equal(place, (string?)answer["details"]![0]!["field"]);
        Assert.Contains(what, (string?)answer["details"]![0]!["message"], StringComparison.Ordinal);
        var delivery = await server.NewestDeliveryAsync();
        Assert.Equal($"refused {answer["code"]} {answer["message"]}", $"{delivery["outcome"]} {delivery["code"]} {delivery["message"]}");
        Assert.Equal(0, server.Count("signals"));
    }

    [Theory]
    [InlineData("BTCUSDT rises", "template")]
    [InlineData("{\"ticker\":\"BTCUSDT\",\"price\":NaN}", null)]
    [InlineData("{\"ticker\":\"BTCUSDT\",\"ticker\":\"ETHUSDT\"}", "ticker")]
    public async Task What_cannot_be_read_at_all_is_refused_too(string text, string? field)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        var (status, answer) = await server.TellAsync(hook.BySecret, text);
        Assert.Equal((400, field), (status, (string?)answer["details"]?[0]!["field"]));
        Assert.Equal(["refused " + answer["code"]], await server.OutcomesAsync());
    }

    [Theory]
    [InlineData("BINANCE:BTCUSDT", null, "BTC/USDT")]
    [InlineData("btcusdt", "BINANCE", "BTC/USDT")]
    [InlineData("BYBIT:1000PEPEUSDT.P", null, "1000PEPE/USDT:USDT")]
    [InlineData("ETHBTC", null, "ETH/BTC")]
    [InlineData("SUI/USDC", "BINANCE", "SUI/USDC")]
    [InlineData("XRP/USDT:USDT", null, "XRP/USDT:USDT")]
    [InlineData("OKX:BTC/USDT", null, "BTC/USDT")]
    [InlineData("KRAKEN:XBTEUR", null, "BTC/EUR")]
    [InlineData("BTCFDUSD", null, "BTC/FDUSD")]
    [InlineData("BTCTUSD", null, null)]
    [InlineData("BTCUSD.P", null, null)]
    [InlineData("XBTUSD", "BITMEX", null)]
    [InlineData("CME:BTC1!", null, null)]
    [InlineData("NASDAQ:AAPL", null, null)]
    [InlineData("USDT", null, null)]
    public void A_symbol_becomes_a_pair_or_is_refused_and_never_guessed(string symbol, string? exchange, string? pair)
    {
        var named = new Dictionary<string, string?> { ["kraken:XBTEUR"] = "BTC/EUR", ["BTCFDUSD"] = "BTC/FDUSD" };
        var (found, problem) = PairNames.Find(symbol, exchange, named);
        Assert.Equal(pair, found);
        Assert.Equal(pair is null, problem is not null);
    }

    [Theory]
    [InlineData("{action} {pair} {price}", null)]
    [InlineData("{action} {pair}", "needs {price}")]
    [InlineData("{action}{pair} {price}", "needs text before {pair}")]
    [InlineData("{action} {pair} {price} {colour}", "has {colour}")]
    [InlineData("{action} {pair} {price} {pair}", "has {pair} twice")]
    [InlineData("{action} {pair} {price", "has {price}")]
    public void A_template_that_cannot_be_read_is_refused_when_it_is_set(string template, string? problem)
    {
        var found = MessageTemplate.Problem(template);
        Assert.True(problem is null ? found is null : found!.StartsWith(problem, StringComparison.Ordinal), found);
    }

    [Theory]
    [InlineData("BUY: BTCUSDT @ 5 (trend)", "action=BUY pair=BTCUSDT price=5 strategy=trend")]
    [InlineData("  BUY:   BTCUSDT\n@ 5 (a (b) c) ", "action=BUY pair=BTCUSDT price=5 strategy=a (b) c")]
    public void A_template_takes_what_stands_before_the_next_text(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', MessageTemplate.Of("{action}: {pair} @ {price} ({strategy})").Read(text).Select(static place => $"{place.Key}={place.Value}")));

    [Theory]
    [InlineData("BUY BTCUSDT @ 5 (x)", "action")]
    [InlineData("BUY: BTCUSDT 5 (x)", "pair")]
    [InlineData("BUY: BTCUSDT @ 5", "price")]
    [InlineData("BUY: BTCUSDT @ 5 (x", "strategy")]
    [InlineData("BUY: BTCUSDT @  (x)", "price")]
    public void A_text_that_is_written_otherwise_names_the_first_placeholder_that_cannot_be_read(string text, string place)
    {
        var refusal = Assert.Throws<Pilothouse.Contract.Refusal>(() => MessageTemplate.Of("{action}: {pair} @ {price} ({strategy})").Read(text));
        Assert.Equal(place, refusal.Details![0].Field);
    }

    /// <summary>What would hang a regular expression that backtracks.</summary>
    [Fact]
    public void No_text_makes_a_template_slow()
    {
        var template = MessageTemplate.Of("{action} a {pair} a {price} a {strategy} a {time} a {bar} a {id} b");
        var text = string.Concat(Enumerable.Repeat("a ", 30_000));
        var watch = Stopwatch.StartNew();
        Assert.Throws<Pilothouse.Contract.Refusal>(() => template.Read(text));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");
    }

    private static string Shown(JsonNode signal) =>
        $"{signal["trading_pair"]} {signal["signal_type"]} {signal["signal_strength"]} {signal["price"]} {signal["bot_name"]} {signal["strategy"]} {signal["timeframe"]} {signal["status"]} {signal["timestamp"]}";
}
