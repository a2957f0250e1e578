using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Equity (docs/metrics.md): accounts, windows, idle days, and bots that join later.</summary>
public sealed class AccountTests
{
    private static readonly string[] Questions =
    [
        "{}", """{"period":"daily"}""", """{"period":"weekly"}""", """{"period":"monthly"}""", """{"mode":"paper"}""", """{"mode":"auto"}""", """{"bot_name":"a"}""",
        """{"bot_name":"b"}""", """{"bot_name":"a","mode":"paper"}""", """{"bot_name":"rl_trading_bot"}""", """{"trading_pair":"A/USDT"}""",
        """{"side":"SELL","tz":"America/New_York"}""", """{"tz":"Asia/Kolkata"}""", """{"from_date":"2025-12-20T00:00:00","to_date":"2026-01-25T12:00:00"}""",
        """{"from_date":"2026-01-05T00:00:00","mode":"paper","trading_pair":"B/USDT"}""", """{"to_date":"2026-01-10T00:00:00"}""",
        """{"from_date":"2025-10-01T00:00:00","to_date":"2025-11-01T00:00:00"}""", """{"starting_balance":5000}""",
        """{"starting_balance":5000,"from_date":"2026-01-05T00:00:00"}""", """{"starting_balance":2500.5,"trading_pair":"C/USDT","bot_name":"a"}""",
        """{"starting_balance":40,"tz":"Europe/Berlin"}""",
    ];

    [OnlyOnSqlite("the Python script that makes the rows opens the file")]
    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(3, null)]
    [InlineData(4, null)]
    [InlineData(5, null)]
    [InlineData(6, null)]
    [InlineData(7, "7500")]
    [InlineData(8, "300")]
    public async Task Agrees_with_the_independent_computation_while_bots_report_and_trade(int seed, string? setting)
    {
        (string, string)[] settings = setting is null ? [] : [("STARTING_BALANCE", setting)];
        await using var server = await TestServer.StartAsync(settings);
        var rows = 0;
        foreach (var step in new[] { 0, 40, 1, 1, 100, 30, 10_000 })
        {
            await Numpy.RunAsync("accounts.py", "make", Text(seed), server.DatabasePath, Text(rows), Text(rows + step));
            rows += step;
            await ExpectAsync(server, setting, step < 10_000 ? ["{}"] : Questions);
        }

        await using var fresh = await server.RestartAsync(settings);
        await ExpectAsync(fresh, setting, ["{}"]);
    }

    /// <summary>A voided trade is out of every figure: it neither opens an account earlier, nor claims the trades without a name for another bot.</summary>
    [Theory]
    [InlineData("""{"trading_pair":"S/USDT","side":"BUY","entry_price":1000,"quantity":1,"status":"closed","exit_price":1005,"bot_name":"vv","timestamp":"2020-01-01T00:00:00Z","closed_at":"2020-01-01T01:00:00Z"}""")]
    [InlineData("""{"trading_pair":"S/USDT","side":"BUY","entry_price":1000,"quantity":1,"bot_name":"vv","timestamp":"2020-01-01T00:00:00Z"}""")]
    public async Task A_voided_trade_does_not_open_its_account(string wrong)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"vv","status":"running","balance":1000,"timestamp":"2026-02-01T00:00:00Z"}""");
        foreach (var (day, exit) in new[] { ("02", 1020), ("10", 990), ("12", 1030) })
        {
            await server.PostAsync("/api/trades", $$"""{"trading_pair":"S/USDT","side":"BUY","entry_price":1000,"quantity":1,"status":"closed","exit_price":{{exit}},"bot_name":"vv","timestamp":"2026-02-{{day}}T09:00:00Z","closed_at":"2026-02-{{day}}T10:00:00Z"}""");
        }

        await server.PostAsync("/api/cash-flows", """{"bot_name":"vv","amount":500,"timestamp":"2026-01-20T00:00:00Z"}""");
        string[] questions = ["", "?bot_name=vv", "?from_date=2026-02-03"];
        var before = new List<string>();
        foreach (var question in questions)
        {
            before.Add((await server.GetAsync($"/api/performance{question}"))["data"]!.ToJsonString());
        }

        await server.PostAsync("/api/trades", wrong);
        await server.GetAsync("/api/performance");
        await server.PostAsync("/api/trades/4/void", """{"reason":"wrong year"}""", 200);
        for (var i = 0; i < questions.Length; i++)
        {
            Assert.Equal(before[i], (await server.GetAsync($"/api/performance{questions[i]}"))["data"]!.ToJsonString());
        }

        var basis = (await server.GetAsync("/api/performance?bot_name=vv"))["data"]!["basis"]!;
        Assert.Equal((12, 1000m, 0), ((int)basis["days"]!, (decimal)basis["starting_balance"]!, (int)basis["flows"]!));
    }

    [Fact]
    public async Task A_voided_trade_claims_no_trades_without_a_name()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"solo","status":"running","balance":1000,"timestamp":"2026-02-01T00:00:00Z"}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"S/USDT","side":"BUY","entry_price":1000,"quantity":1,"status":"closed","exit_price":900,"timestamp":"2026-02-02T00:00:00Z","closed_at":"2026-02-02T10:00:00Z"}""");
        Assert.Equal(10, (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!);
        await server.PostAsync("/api/trades", """{"trading_pair":"S/USDT","side":"BUY","entry_price":1000,"quantity":1,"bot_name":"solo"}""");
        await server.PostAsync("/api/trades/2/void", """{"reason":"never made"}""", 200);
        Assert.Equal(10, (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!);
    }

    [Fact]
    public async Task A_bot_that_joins_later_does_not_change_the_drawdown_of_the_past()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000);
        Trade(server, "a", "2026-01-02 00:00:00", -500);
        Trade(server, "a", "2026-01-03 00:00:00", 500);
        var before = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(50, (double)before["max_drawdown_percent"]!);

        Report(server, "b", "2026-01-04 00:00:00", 9000);
        Trade(server, "b", "2026-01-05 00:00:00", -1000);
        var after = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal(50, (double)after["max_drawdown_percent"]!);
        Assert.Equal("2026-01-02T00:00:00+00:00", (string?)after["max_drawdown_percent_to"]);
        Assert.Equal((1000m, 2, 1), ((decimal)after["basis"]!["starting_balance"]!, (int)after["basis"]!["accounts"]!, (int)after["basis"]!["flows"]!));

        // −1,000 of 10,000 is a return of −10 %, so the year's growth is of 0.9 over five days.
        Assert.Equal(Math.Pow(0.9, 365.0 / 5) - 1, (double)after["cagr"]!, 1e-9);
    }

    [Fact]
    public async Task Mode_chooses_accounts_as_well_as_trades()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000, "paper");
        Report(server, "a", "2026-01-01 00:00:00", 50000, "auto");
        Trade(server, "a", "2026-01-02 00:00:00", -100, "paper");
        Trade(server, "a", "2026-01-02 06:00:00", -500, "auto");
        var paper = (await server.GetAsync("/api/performance?mode=paper"))["data"]!;
        Assert.Equal((1000m, 10.0), ((decimal)paper["basis"]!["starting_balance"]!, (double)paper["max_drawdown_percent"]!));
        var auto = (await server.GetAsync("/api/performance?mode=auto"))["data"]!;
        Assert.Equal((50000m, 1.0), ((decimal)auto["basis"]!["starting_balance"]!, (double)auto["max_drawdown_percent"]!));
        Assert.Equal(51000m, (decimal)(await server.GetAsync("/api/performance"))["data"]!["basis"]!["starting_balance"]!);

        var manual = (await server.GetAsync("/api/performance?mode=manual"))["data"]!;
        Assert.Null(manual["max_drawdown_percent"]);
        Assert.Equal("needs a balance that a bot reported in this mode", (string?)manual["undefined"]!["max_drawdown_percent"]);
    }

    [Fact]
    public async Task A_bot_whose_reports_say_no_mode_has_one_account_and_none_of_a_mode()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000);
        Trade(server, "a", "2026-01-02 00:00:00", -100, "paper");
        Trade(server, "a", "2026-01-03 00:00:00", -90, "auto");
        Assert.Equal(19, (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!, 1e-9);
        var paper = (await server.GetAsync("/api/performance?mode=paper"))["data"]!;
        Assert.Equal((1L, -100m), ((long)paper["total_trades"]!, (decimal)paper["total_pnl"]!));
        Assert.All(new[] { "max_drawdown_percent", "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio" }, field => Assert.Null(paper[field]));
    }

    [Theory]
    [InlineData("period=monthly", 1100)]
    [InlineData("from_date=2026-02-25", 1150)]
    [InlineData("from_date=2026-02-20&to_date=2026-02-21", 1100)]
    [InlineData("to_date=2026-02-21", 1000)]
    [InlineData("period=monthly&trading_pair=C/D", 1100)]
    public async Task A_window_begins_with_the_equity_that_the_accounts_had_then(string query, int balance)
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000);
        Report(server, "a", "2026-02-28 00:00:00", 77777);
        Trade(server, "a", "2026-01-20 00:00:00", 100);
        Trade(server, "a", "2026-02-21 00:00:00", 50);
        Trade(server, "a", "2026-02-26 00:00:00", 30);
        var basis = (await server.GetAsync("/api/performance?" + query))["data"]!["basis"]!;
        Assert.Equal((balance, "bot_status"), ((int)basis["starting_balance"]!, (string?)basis["starting_balance_source"]));
    }

    [Fact]
    public async Task What_closed_before_the_first_report_is_in_its_balance()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "a", "2026-01-01 00:00:00", 200);
        Assert.Null((await server.GetAsync("/api/performance"))["data"]!["basis"]!["starting_balance"]);
        Report(server, "a", "2026-01-01 12:00:00", 1200);
        Trade(server, "a", "2026-01-02 00:00:00", -600);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((1000m, 50.0), ((decimal)data["basis"]!["starting_balance"]!, (double)data["max_drawdown_percent"]!));

        // A trade that comes late and closed before that report changes what there was before it, and not what there is since.
        Trade(server, "a", "2026-01-01 06:00:00", 100);
        data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((900m, 50.0), ((decimal)data["basis"]!["starting_balance"]!, (double)data["max_drawdown_percent"]!));
    }

    [Fact]
    public async Task Idle_days_count_from_the_first_report_to_the_windows_end()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-02-01 00:00:00", 1000);
        Trade(server, "a", "2026-02-11 10:00:00", 100);
        Trade(server, "a", "2026-02-14 10:00:00", -100);
        Assert.Equal(14, (int)(await server.GetAsync("/api/performance"))["data"]!["basis"]!["days"]!);
        Assert.Equal(30, (int)(await server.GetAsync("/api/performance?period=monthly"))["data"]!["basis"]!["days"]!);
        Assert.Equal(8, (int)(await server.GetAsync("/api/performance?period=weekly"))["data"]!["basis"]!["days"]!);
        var window = (await server.GetAsync("/api/performance?from_date=2026-02-10&to_date=2026-02-12"))["data"]!;
        Assert.Equal(3, (int)window["basis"]!["days"]!);

        // Returns 0, 0.1, 0: the mean is 0.1 ÷ 3, the sample deviation 0.1 ÷ √3.
        Assert.Equal(Math.Sqrt(365.0 / 3), (double)window["sharpe_ratio"]!, 1e-9);
        Assert.Equal(4, (int)(await server.GetAsync("/api/performance?starting_balance=500"))["data"]!["basis"]!["days"]!);
        Assert.Equal(21, (int)(await server.GetAsync("/api/performance?starting_balance=500&from_date=2026-02-10"))["data"]!["basis"]!["days"]!);
    }

    [Fact]
    public async Task Trades_of_an_account_without_a_balance_stay_out_of_percent_figures_and_are_named()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000);
        Trade(server, "a", "2026-01-02 00:00:00", -100);
        Trade(server, "b", "2026-01-03 00:00:00", -700);
        Trade(server, null, "2026-01-04 00:00:00", -70);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((3L, -870m, 870m, 10.0), ((long)data["total_trades"]!, (decimal)data["total_pnl"]!, (decimal)data["max_drawdown"]!, (double)data["max_drawdown_percent"]!));
        Assert.Equal("""["(no bot_name)","b"]""", data["basis"]!["accounts_without_balance"]!.ToJsonString());
        Assert.Contains("the trades of (no bot_name), b,", (string?)data["undefined"]!["max_drawdown_percent"]);
        var ofB = (await server.GetAsync("/api/performance?bot_name=b"))["data"]!;
        Assert.Null(ofB["max_drawdown_percent"]);
        Assert.Equal("needs a starting balance", (string?)ofB["undefined"]!["max_drawdown_percent"]);
    }

    [Theory]
    [InlineData("rl_trading_bot", true)]
    [InlineData("mine", false)]
    public async Task The_seeds_trades_name_no_bot_and_are_those_of_the_bot_that_reports(string bot, bool evenIfNamed)
    {
        await using var server = await TestServer.StartAsync();
        Report(server, bot, "2026-01-01 00:00:00", 1000);
        Trade(server, null, "2026-01-02 00:00:00", -100);
        Assert.Equal(10, (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!);

        // Another bot that joins takes nothing away from it.
        Report(server, "b", "2026-01-03 00:00:00", 100);
        Trade(server, "b", "2026-01-04 00:00:00", 50);
        Assert.Equal(10, (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!);
        Trade(server, bot, "2026-01-05 00:00:00", -1);
        var left = (await server.GetAsync("/api/performance"))["data"]!["basis"]!["accounts_without_balance"]!;
        Assert.Equal(evenIfNamed ? "[]" : """["(no bot_name)"]""", left.ToJsonString());
    }

    [Fact]
    public async Task Equity_at_zero_ends_the_curve()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "100"));
        Trade(server, "a", "2026-01-01 00:00:00", 100);
        Trade(server, "a", "2026-01-02 00:00:00", -300);
        Trade(server, "a", "2026-01-03 00:00:00", 5000);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((100.0, 300m), ((double)data["max_drawdown_percent"]!, (decimal)data["max_drawdown"]!));
        Assert.Equal("2026-01-02T00:00:00+00:00", (string?)data["max_drawdown_percent_to"]);
        Assert.All(new[] { "sharpe_ratio", "sortino_ratio", "cagr", "calmar_ratio" }, field => Assert.Equal("equity fell to 0 or below", (string?)data["undefined"]![field]));
    }

    [Fact]
    public async Task Reports_that_are_changed_or_removed_change_the_equity()
    {
        await using var server = await TestServer.StartAsync();
        Report(server, "a", "2026-01-01 00:00:00", 1000);
        Report(server, "a", "2026-01-02 00:00:00", 1000);
        Trade(server, "a", "2026-01-03 00:00:00", -100);
        async Task<double> Fall() => (double)(await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]!;
        Assert.Equal(10, await Fall());
        server.Sql("UPDATE bot_status SET balance = 500 WHERE id = 1");
        Assert.Equal(20, await Fall());
        server.Sql("DELETE FROM bot_status WHERE id = 1");
        Assert.Equal(10, await Fall());
        server.Sql("DELETE FROM bot_status");
        Assert.Null((await server.GetAsync("/api/performance"))["data"]!["max_drawdown_percent"]);
    }

    internal static async Task ExpectAsync(TestServer server, string? setting, string[] questions)
    {
        var asked = new JsonArray([.. questions.Select(static question => JsonNode.Parse(question))]);
        foreach (var question in asked.Where(_ => setting is not null))
        {
            question!["setting"] = decimal.Parse(setting!, CultureInfo.InvariantCulture);
        }

        var expected = await Numpy.RunAsync("accounts.py", "ask", server.DatabasePath, Timestamps.ToAnswer(TestServer.Start), asked.ToJsonString());
        for (var i = 0; i < questions.Length; i++)
        {
            var query = string.Join('&', JsonNode.Parse(questions[i])!.AsObject().Select(static pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!.ToString())}"));
            var path = query.Length == 0 ? "/api/performance" : "/api/performance?" + query;
            var data = (await server.GetAsync(path))["data"]!.AsObject();
            var figures = expected["answers"]![i]!.AsObject();
            Numpy.Compare(path, figures, data);
            Numpy.Compare(path + " basis", figures["basis"]!.AsObject(), data["basis"]!.AsObject());
            var currencies = data["by_currency"]!.AsArray();
            Assert.Equal(figures["by_currency"]!.AsArray().Count, currencies.Count);
            for (var j = 0; j < currencies.Count; j++)
            {
                Numpy.Compare(path + " by currency", figures["by_currency"]![j]!.AsObject(), currencies[j]!.AsObject());
            }

            await ViewTests.ExpectAsync(server, query, figures["views"]!.AsObject());
            if (figures["basis"]!["accounts_without_balance"] is { } left)
            {
                Assert.Equal(left.ToJsonString(), data["basis"]!["accounts_without_balance"]!.ToJsonString());
            }

            Assert.All(data.Where(static pair => pair.Value is null), pair => Assert.False(string.IsNullOrEmpty((string?)data["undefined"]![pair.Key]), $"{path} says no reason for {pair.Key}"));
        }
    }

    private static void Report(TestServer server, string bot, string at, int balance, string? mode = null) =>
        server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance, mode) VALUES ('{at}', '{bot}', 'running', {balance}, {Quote(mode)})");

    private static void Trade(TestServer server, string? bot, string at, int pnl, string? mode = null) =>
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, exit_price, quantity, pnl, status, closed_at, bot_name, mode) VALUES ('{at}', 'A/B', 'BUY', 10000, {10000 + pnl}, 1, {pnl}, 'closed', '{at}', {Quote(bot)}, {Quote(mode)})");

    private static string Quote(string? text) => text is null ? "NULL" : $"'{text}'";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
