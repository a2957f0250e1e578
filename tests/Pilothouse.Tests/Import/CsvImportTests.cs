using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>CSV files as exchanges and spreadsheets write them.</summary>
public sealed class CsvImportTests
{
    private const string Plain = """
        Open Time,Symbol,Side,Entry Price,Exit Price,Close Time,Qty,Fee,Realised
        2026-01-02 10:00:00,BTC/USDT,Long,100,110,2026-01-02 11:00:00,2,0.5,x
        2026-01-03T10:00:00Z,ETH/USDT,short,50,,,1,,x
        """;

    [Fact]
    public async Task Columns_are_guessed_by_their_headings_and_a_dry_run_shows_what_was_understood()
    {
        await using var server = await TestServer.StartAsync();
        var file = await WriteAsync(server, Plain);
        var dry = await server.TryImportAsync("csv", file, "--dry-run");
        Assert.True(dry.Code == 0, dry.Error);
        Assert.Contains("timestamp <- Open Time (guessed), such as 2026-01-02 10:00:00", dry.Out, StringComparison.Ordinal);
        Assert.Contains("Between the values is a comma; numbers have a decimal point, and times without a zone are in UTC.", dry.Out, StringComparison.Ordinal);
        Assert.Contains("Not read: Realised.", dry.Out, StringComparison.Ordinal);
        Assert.Contains("2 records would be stored and 0 changed; 0 are as before, and 0 rows would be left out. Nothing was changed.", dry.Out, StringComparison.Ordinal);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM trades"));

        Assert.Equal("2 0 0 0", (await server.ImportAsync("csv", file)).Counts());
        var trades = (await server.TradesAsync()).Values.OrderBy(static trade => (string?)trade["timestamp"]).ToList();
        Assert.Equal(("BUY", "closed", 19.5), ((string?)trades[0]["side"], (string?)trades[0]["status"], trades[0].Number("pnl")));
        Assert.Equal(("SELL", "open"), ((string?)trades[1]["side"], (string?)trades[1]["status"]));
    }

    [Fact]
    public async Task A_repeated_import_stores_nothing_twice_an_open_trade_that_closes_changes_and_equal_rows_are_each_one()
    {
        await using var server = await TestServer.StartAsync();
        var file = await WriteAsync(server, Plain + "\n2026-01-03T10:00:00Z,ETH/USDT,short,50,,,1,,x\n");
        Assert.Equal("3 0 0 0", (await server.ImportAsync("csv", file)).Counts());
        Assert.Equal("0 0 3 0", (await server.ImportAsync("csv", file)).Counts());
        await WriteAsync(server, Plain.Replace("50,,,1,", "50,40,2026-01-04 10:00:00,1,", StringComparison.Ordinal) + "\n2026-01-03T10:00:00Z,ETH/USDT,short,50,,,1,,x\n");
        Assert.Equal("0 1 2 0", (await server.ImportAsync("csv", file)).Counts());
        Assert.Equal("3", server.Sql("SELECT count(*) FROM trades"));
        Assert.Equal("10", server.Sql("SELECT CAST(pnl AS INTEGER) FROM trades WHERE status = 'closed' AND trading_pair = 'ETH/USDT'"));
    }

    [Fact]
    public async Task Semicolons_decimal_commas_dates_with_points_and_local_times_are_understood()
    {
        await using var server = await TestServer.StartAsync();
        var file = await WriteAsync(server, "\ufeffDatum;Paar;Richtung;Einstieg;Ausstieg;Ende;Menge;Kennung\n31.01.2026 14:00;\"BTC/USDT\";buy;1.234,5;1.240,50;31.01.2026 15:30:30,5;0,25;A-1\n29.03.2026 02:30;BTC/USDT;buy;1,5;;;1;A-2\n");
        string[] map = ["--map", "timestamp=datum,trading_pair=Paar,side=Richtung,entry_price=Einstieg", "--map", "exit_price=Ausstieg,closed_at=Ende,quantity=Menge,external_id=Kennung"];
        var report = await server.ImportAsync(["csv", file, .. map, "--time-zone", "Europe/Berlin", "--bot-name", "alt"]);
        Assert.Equal("1 0 0 1", report.Counts());
        Assert.Equal("1 timestamp does not exist in Europe/Berlin: the clocks were put forward", report.LeftOut());
        var trade = (await server.TradesAsync())["A-1"];
        Assert.Equal(("2026-01-31T13:00:00+00:00", "2026-01-31T14:30:30.500+00:00", "alt"), ((string?)trade["timestamp"], (string?)trade["closed_at"], (string?)trade["bot_name"]));
        Assert.Equal((1234.5, 1240.5, 0.25, 1.5), (trade.Number("entry_price"), trade.Number("exit_price"), trade.Number("quantity"), trade.Number("pnl")));
    }

    [Theory]
    [InlineData("timestamp,trading_pair,side,entry_price,quantity\n03/04/2026,A/B,BUY,1,1\n", "Say it with --dates day-first or --dates month-first")]
    [InlineData("timestamp,trading_pair,side,entry_price,quantity\n2026-01-01,A/B,BUY,\"1,234\",1\n", "Say it with --decimal comma or --decimal point")]
    [InlineData("timestamp,trading_pair,side,price,quantity\n", "No column was found for entry_price. The file has timestamp, trading_pair, side, price, quantity")]
    public async Task What_cannot_be_told_is_asked(string content, string sentence)
    {
        await using var server = await TestServer.StartAsync();
        var (code, _, error) = await server.TryImportAsync("csv", await WriteAsync(server, content));
        Assert.Equal(1, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("01/13/2026 2:05 PM", "2026-01-13T14:05:00+00:00")]
    [InlineData("13/01/26 12:00 am", "2026-01-13T00:00:00+00:00")]
    [InlineData("1767225600", "2026-01-01T00:00:00+00:00")]
    [InlineData("1767225600500", "2026-01-01T00:00:00.500+00:00")]
    [InlineData("2026-01-01 00:00:00 UTC", "2026-01-01T00:00:00+00:00")]
    [InlineData("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00+00:00")]
    public async Task Times_are_read_in_the_forms_that_are_common(string written, string read)
    {
        await using var server = await TestServer.StartAsync();
        var report = await server.ImportAsync("csv", await WriteAsync(server, $"date,pair,side,entry,qty,id\n{written},A/B,BUY,1,1,x\n"));
        Assert.Equal("1 0 0 0", report.Counts());
        Assert.Equal(read, (string?)(await server.TradesAsync())["x"]["timestamp"]);
    }

    [Fact]
    public async Task Rows_that_break_a_rule_are_left_out_with_the_reason_and_the_others_are_stored()
    {
        await using var server = await TestServer.StartAsync();
        var file = await WriteAsync(server, """
            timestamp,trading_pair,side,entry_price,quantity,signal_id,exit_price,closed_at
            2026-01-01,A/B,BUY,1,1,,,
            2026-01-01,A/B,UP,1,1,,,
            2026-01-01,A/B,BUY,-1,1,,,
            2026-01-01,A/B,BUY,one,1,,,
            2026-01-01,A/B,BUY,1,1,99,,
            2026-01-01,A/B,BUY,2,1,,3,2025-01-01
            2026-01-01,A/B,BUY,1
            2026-01-02,A/B,SELL,0.12345678901234567,1,,,
            """);
        var report = await server.ImportAsync("csv", file);
        Assert.Equal("2 0 0 6", report.Counts());
        Assert.Equal(
            [
                "1 Its number of values is not that of the headings", "1 closed_at must not be before the trade's timestamp", "1 entry_price is no number",
                "1 entry_price must be greater than 0", "1 side must be one of BUY, SELL", "1 signal_id must be the id of a stored signal",
            ],
            report.LeftOut().Split("; ").Order(StringComparer.Ordinal));
        Assert.Equal("line 3", (string?)report["left_out"]!.AsArray().First(static kind => ((string)kind!["reason"]!).StartsWith("side", StringComparison.Ordinal))!["first"]![0]);
    }

    [Theory]
    [InlineData("signals", "signals", "time,symbol,signal,strength,price,rsi\n2026-01-01,A/B,buy,7,1.5,33.3\n2026-01-01,A/B,buy,7,1.5,33.3\n", "rsi", "33.3")]
    [InlineData("candles", "candles", "time,symbol,interval,o,h,l,c,v\n2026-01-01,A/B,1h,1,2,0.5,1.5,9\n2026-01-01 01:00,A/B,1h,1,2,0.5,1.5,9\n", "close", "1.5")]
    [InlineData("cash-flows", "cash_flows", "date,bot,amount,currency\n2026-01-01,b,100,USDT\n2026-01-02,b,100,USDT\n", "asset", "USDT")]
    [InlineData("market-context", "market_context", "timestamp,btc_price\n2026-01-01,60000.5\n2026-01-02,60000.5\n", "btc_price", "60000.5")]
    [InlineData("bot-status", "bot_status", "timestamp,bot_name,status,balance\n2026-01-01,b,running,10.5\n2026-01-02,b,running,10.5\n", "balance", "10.5")]
    [InlineData("analysis", "chart_analyses", "timestamp,symbol,timeframe,recommendation\n2026-01-01,A/B,1h,buy\n2026-01-02,A/B,1h,buy\n", "recommendation", "BUY")]
    [InlineData("correlation", "correlation_data", "timestamp,asset1,asset2,correlation\n2026-01-01,BTC,ETH,0.81\n2026-01-02,BTC,ETH,0.81\n", "strength", "strong")]
    [InlineData("cost-analytics", "cost_analytics", "timestamp,api,operation,cost\n2026-01-01,openai,news,0.25\n2026-01-02,openai,news,0.25\n", "estimated_cost", "0.25")]
    [InlineData("models", "model_checkpoints", "timestamp,model_path,version,win_rate\n2026-01-01,m.pkl,v1,55.5\n2026-01-02,m.pkl,v1,55.5\n", "win_rate", "55.5")]
    [InlineData("news", "news_cache", "timestamp,article_url,sentiment,assets\n2026-01-01,https://a.example/1,Bullish,\"btc, eth\"\n2026-01-01,https://a.example/2,bearish,BTC\n", "(SELECT count(*) FROM news_assets)", "3")]
    public async Task Every_other_record_can_be_imported_and_repeated(string into, string table, string content, string column, string value)
    {
        await using var server = await TestServer.StartAsync();
        var file = await WriteAsync(server, content);
        Assert.Equal("2 0 0 0", (await server.ImportAsync("csv", file, "--into", into, "--dry-run")).Counts(table));
        Assert.Equal("2 0 0 0", (await server.ImportAsync("csv", file, "--into", into)).Counts(table));
        Assert.Equal("0 0 2 0", (await server.ImportAsync("csv", file, "--into", into)).Counts(table));
        Assert.Equal("2", server.Sql($"SELECT count(*) FROM {table}"));
        Assert.Equal(value, server.Sql($"SELECT CAST({column} AS TEXT) FROM {table} ORDER BY id LIMIT 1"));
    }

    [Theory]
    [InlineData("--map trading_pair", "it must be name=text")]
    [InlineData("--map entryprice=date", "have no field entryprice; the right name is entry_price")]
    [InlineData("--map side=Sid", "has no column Sid; it has date, pair")]
    [InlineData("--time-zone Mars/Base", "this machine knows no such zone")]
    [InlineData("--into trade", "trade")]
    public async Task A_wrong_option_is_named(string options, string sentence)
    {
        await using var server = await TestServer.StartAsync();
        var (code, _, error) = await server.TryImportAsync(["csv", await WriteAsync(server, "date,pair\n"), .. options.Split(' ')]);
        Assert.NotEqual(0, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    private static async Task<string> WriteAsync(TestServer server, string content)
    {
        await File.WriteAllTextAsync(server.Folder.File("trades.csv"), content, TestContext.Current.CancellationToken);
        return server.Folder.File("trades.csv");
    }
}
