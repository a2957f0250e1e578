using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Webhooks;

/// <summary>
/// Messages of freqtrade. The recorded session follows freqtrade/rpc/rpc_types.py and freqtradebot.py (_notify_enter, _notify_exit): every
/// value is a text, as its formats make it. Its profits are those of freqtrade's formulas, with fees of 0.1 % on the spot trade and of 0.05 %
/// and 0.2 of funding on the short one.
/// </summary>
public sealed class FreqtradeTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    public async Task A_recorded_session_becomes_trades_with_fills_and_reports(string format)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        var outcomes = await PlayAsync(server, hook, format);
        Assert.Equal("accepted accepted noted accepted noted accepted accepted noted accepted noted noted accepted accepted accepted accepted", string.Join(' ', outcomes));

        var btc = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal("BTC/USDT BUY closed 0.02 59000 61750 52.585 2.415 roi breakout paper ft freqtrade:ft:1", Shown(btc));
        Assert.Equal("2026-03-02T12:01:00.123+00:00 2026-03-02T13:00:09.250+00:00", $"{btc["timestamp"]} {btc["closed_at"]}");
        var fills = (await server.GetAsync("/api/trades/1/fills"))["data"]!.AsArray().Reverse().Select(static fill => $"{fill!["kind"]} {fill["price"]} {fill["quantity"]}");
        Assert.Equal(["entry 60000 0.01", "entry 58000 0.01", "exit 61000 0.005", "exit 62000 0.015"], fills);

        var eth = (await server.GetAsync("/api/trades/2"))["data"]!;
        Assert.Equal("ETH/USDT:USDT SELL closed 0.5 3000 2900 48.325 1.675 exit_signal  paper ft freqtrade:ft:2", Shown(eth));
        Assert.Equal(3, (decimal)eth["leverage"]!);
        Assert.Equal(2, server.Count("trades"));

        var reports = (await server.GetAsync("/api/bot-status/history?bot_name=ft"))["data"]!.AsArray().Reverse().Select(static report => $"{report!["status"]} {report["mode"]}");
        Assert.Equal(["running paper", "running paper", "running paper", "stopped paper"], reports);
        var audit = (await server.GetAsync("/api/audit?who=webhook:1&limit=100"))["data"]!.AsArray().Reverse().Select(static row => (string?)row!["operation"]);
        Assert.Equal(["createTrade", "addFill", "createTrade", "addFill", "closeTrade", "closeTrade"], audit);
    }

    [Fact]
    public async Task A_session_that_is_sent_again_stores_nothing_twice()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        await PlayAsync(server, hook, "application/json");
        var before = Rows(server);
        var again = new List<string>();
        foreach (var message in Session().Select(static line => line["message"]!).Where(static message => ((string)message["event"]!).EndsWith("_fill", StringComparison.Ordinal)))
        {
            var (status, answer) = await server.TellAsync(hook.BySecret, message.ToJsonString(), "application/json");
            again.Add($"{status} {answer["outcome"]} {answer["record_id"]}");
        }

        Assert.Equal(["200 repeated 1", "200 repeated 1", "200 repeated 2", "200 repeated 1", "200 repeated 1", "200 repeated 2"], again);
        Assert.Equal(before, Rows(server));

        // The first entry tells by itself that it is the whole trade, also when its delivery is not kept any more.
        server.Sql("DELETE FROM webhook_deliveries");
        var first = Session().First(static line => (string)line["message"]!["event"]! == "entry_fill")["message"]!;
        Assert.Equal((409, "external-id-taken"), (await server.TellAsync(hook.BySecret, first.ToJsonString())) is var (refused, why) ? (refused, (string?)why["code"]) : default);
        Assert.Equal(before, Rows(server));
    }

    [Fact]
    public async Task The_same_message_at_the_same_instant_is_one()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await server.TellAsync(hook.BySecret, Entry(7, "100", "2", "200").ToJsonString())).Status));
        Assert.Equal((1, 19), (statuses.Count(static status => status == 201), statuses.Count(static status => status == 200)));
        statuses = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await server.TellAsync(hook.BySecret, Entry(7, "90", "2", "380", isPart: "True").ToJsonString())).Status));
        Assert.Equal((1, 19), (statuses.Count(static status => status == 201), statuses.Count(static status => status == 200)));
        Assert.Equal("4", server.Sql("SELECT cast(quantity AS integer) FROM trades"));
    }

    [Fact]
    public async Task What_comes_out_of_order_is_refused_and_explained_and_can_be_sent_again()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        var (status, answer) = await server.TellAsync(hook.BySecret, Exit(7, "110", "2").ToJsonString());
        Assert.Equal((404, "not-found"), (status, (string?)answer["code"]));
        Assert.Contains("No entry_fill of it has come", (string?)answer["message"], StringComparison.Ordinal);
        (status, answer) = await server.TellAsync(hook.BySecret, Entry(7, "90", "1", "290", isPart: "True").ToJsonString());
        Assert.Equal(404, status);
        Assert.Contains("first entry has not come", (string?)answer["message"], StringComparison.Ordinal);
        Assert.Equal(0, server.Count("trades"));

        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Entry(7, "100", "2", "200").ToJsonString())).Status);
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, (string)(await RefusedAsync(server, "exit_fill"))["body"]!)).Status);
        Assert.Equal("closed", server.Sql("SELECT status FROM trades"));

        // An exit of a closed trade.
        (status, answer) = await server.TellAsync(hook.BySecret, Exit(7, "120", "2").ToJsonString());
        Assert.Equal((409, "already-closed"), (status, (string?)answer["code"]));
        Assert.StartsWith("The exit_fill of freqtrade's trade 7 was not stored. ", (string?)answer["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_exit_leaves_the_trade_open_and_a_missing_entry_refuses_the_exit()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Entry(7, "100", "2", "200").ToJsonString())).Status);
        var (status, answer) = await server.TellAsync(hook.BySecret, Exit(7, "110", "3").ToJsonString());
        Assert.Equal((400, "quantity"), (status, (string?)answer["details"]![0]!["field"]));
        (status, answer) = await server.TellAsync(hook.BySecret, Exit(7, "110", "1.5").ToJsonString());
        Assert.Equal(201, status);
        Assert.Contains("messages of it are missing", (string?)answer["message"], StringComparison.Ordinal);
        Assert.Equal("open 0.5", server.Sql("SELECT status || ' ' || cast(remaining_quantity AS real) FROM trades"));
    }

    [Fact]
    public async Task Without_a_profit_the_fees_are_not_known()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        await server.TellAsync(hook.BySecret, Entry(7, "100", "2", "200").ToJsonString());
        var (status, answer) = await server.TellAsync(hook.BySecret, Exit(7, "110", "2").ToJsonString());
        Assert.Equal(201, status);
        Assert.Contains("fees are not known", (string?)answer["message"], StringComparison.Ordinal);
        var trade = (await server.GetAsync("/api/trades/1"))["data"]!;
        Assert.Equal(20, (decimal)trade["pnl"]!);
        Assert.Null(trade["fees"]);
    }

    [Fact]
    public async Task A_new_database_of_freqtrade_begins_its_numbers_again()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Entry(1, "100", "2", "200").ToJsonString())).Status);
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Exit(1, "110", "2").ToJsonString())).Status);
        server.Clock.Advance(TimeSpan.FromHours(1));
        var later = Entry(1, "100", "2", "200");
        later["open_date"] = "2026-03-02 12:59:00+00:00";
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, later.ToJsonString())).Status);
        var exit = Exit(1, "120", "2");
        (exit["open_date"], exit["close_date"]) = ("2026-03-02 12:59:00+00:00", "2026-03-02 12:59:30+00:00");
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, exit.ToJsonString())).Status);
        var trades = (await server.GetAsync("/api/trades"))["data"]!.AsArray().Reverse().Select(static trade => $"{trade!["external_id"]} {trade["status"]} {trade["exit_price"]}");
        Assert.Equal(["freqtrade:ft:1 closed 110", "freqtrade:ft:1@20260302T125900Z closed 120"], trades);
    }

    [Fact]
    public async Task An_entry_that_the_breaker_refuses_is_refused_here_too()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"news"}""");
        var (status, answer) = await server.TellAsync(hook.BySecret, Entry(7, "100", "2", "200").ToJsonString());
        Assert.Equal((409, "breaker-triggered"), (status, (string?)answer["code"]));
        Assert.Equal(["refused breaker-triggered"], await server.OutcomesAsync());
        Assert.Equal(0, server.Count("trades"));

        // It is in the account of what the breaker refused, as that of every other door.
        Assert.Equal(1, (int)(await server.GetAsync("/api/circuit-breaker/refusals"))["count"]!);
    }

    [Theory]
    [InlineData("trade_id", "None", "trade_id", "is required")]
    [InlineData("trade_id", "seven", "trade_id", "must be a whole number")]
    [InlineData("pair", null, "pair", "is required")]
    [InlineData("direction", "sideways", "direction", "must be Long or Short")]
    [InlineData("open_rate", "nan", "open_rate", "must be a number")]
    [InlineData("amount", "{amount}", "amount", "filled in by freqtrade")]
    [InlineData("open_date", "soon", "open_date", "must be a time")]
    [InlineData("sub_trade", "maybe", "sub_trade", "must be True or False")]
    [InlineData("event", "whitelist", "event", "must be one of")]
    [InlineData("event", null, "event", "is required")]
    public async Task A_refusal_names_the_field_that_failed(string name, string? value, string field, string what)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        var message = Entry(7, "100", "2", "200");
        message.Remove(name);
        if (value is not null)
        {
            message[name] = value;
        }

        var (status, answer) = await server.TellAsync(hook.BySecret, message.ToJsonString());
        Assert.Equal((400, field), (status, (string?)answer["details"]![0]!["field"]));
        Assert.Contains(what, (string?)answer["details"]![0]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_freqtrade_says_of_itself_is_a_report_of_the_bot()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.FreqtradeAsync();
        foreach (var (told, text, status) in new[]
        {
            ("status", "running", "running"), ("status", "paused", "paused"), ("status", "process died", "error"), ("exception", "OperationalException: no", "error"),
            ("warning", "Dry run is enabled.", "running"), ("status", "stopped", "stopped"),
        })
        {
            Assert.Equal(201, (await server.TellAsync(hook.BySecret, new JsonObject { ["event"] = told, ["status"] = text }.ToJsonString())).Status);
            Assert.Equal($"{status} {text}", server.Sql("SELECT status || ' ' || message FROM bot_status ORDER BY id DESC LIMIT 1"));
        }

        // The last one, sent again because its answer was lost.
        Assert.Equal(200, (await server.TellAsync(hook.BySecret, """{"event":"status","status":"stopped"}""")).Status);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, """{"event":"status","status":"stopped"}""")).Status);
    }

    private static async Task<List<string>> PlayAsync(TestServer server, Hook hook, string format)
    {
        var outcomes = new List<string>();
        foreach (var line in Session())
        {
            server.Clock.SetUtcNow(DateTimeOffset.Parse($"2026-03-02T{line["at"]}Z", CultureInfo.InvariantCulture));
            var fields = line["message"]!.AsObject().Select(static field => (field.Key, Value: (string)field.Value!)).ToList();
            var text = format switch
            {
                "application/json" => line["message"]!.ToJsonString(),
                "text/plain" => string.Join('\n', fields.Select(static field => $"{field.Key}={field.Value.Replace('\n', ' ')}")),
                _ => string.Join('&', fields.Select(static field => $"{field.Key}={Uri.EscapeDataString(field.Value)}")),
            };
            var (status, answer) = await server.TellAsync(hook.BySecret, text, format);
            Assert.True(status is 200 or 201, $"{text} was answered {status}: {answer.ToJsonString()}");
            outcomes.Add((string)answer["outcome"]!);
        }

        return outcomes;
    }

    private static IEnumerable<JsonObject> Session() =>
        Hooks.Recorded("freqtrade-session.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!.AsObject());

    private static JsonObject Entry(int trade, string rate, string amount, string stake, string isPart = "False") => new()
    {
        ["event"] = "entry_fill",
        ["trade_id"] = $"{trade}",
        ["pair"] = "BTC/USDT",
        ["direction"] = "Long",
        ["leverage"] = "1.0",
        ["open_rate"] = rate,
        ["amount"] = amount,
        ["stake_amount"] = stake,
        ["stake_currency"] = "USDT",
        ["open_date"] = "2026-03-02 11:59:00+00:00",
        ["enter_tag"] = "None",
        ["sub_trade"] = isPart,
    };

    private static JsonObject Exit(int trade, string rate, string amount) => new()
    {
        ["event"] = "exit_fill",
        ["trade_id"] = $"{trade}",
        ["pair"] = "BTC/USDT",
        ["direction"] = "Long",
        ["close_rate"] = rate,
        ["amount"] = amount,
        ["open_date"] = "2026-03-02 11:59:00+00:00",
        ["close_date"] = "2026-03-02 12:00:00+00:00",
        ["exit_reason"] = "roi",
        ["sub_trade"] = "False",
        ["is_final_exit"] = "True",
    };

    private static async Task<JsonNode> RefusedAsync(TestServer server, string of) =>
        (await server.GetAsync($"{Hooks.Deliveries}?outcome=refused"))["data"]!.AsArray().First(one => ((string)one!["body"]!).Contains(of, StringComparison.Ordinal))!;

    private static string Rows(TestServer server) => $"{server.Count("trades")} {server.Count("fills")} {server.Sql("SELECT sum(pnl) FROM trades")} {server.Count("bot_status")}";

    private static string Shown(JsonNode trade) =>
        $"{trade["trading_pair"]} {trade["side"]} {trade["status"]} {trade["quantity"]} {trade["entry_price"]} {trade["exit_price"]} {trade["pnl"]} {trade["fees"]} {trade["exit_reason"]} {trade["strategy"]} {trade["mode"]} {trade["bot_name"]} {trade["external_id"]}";
}
