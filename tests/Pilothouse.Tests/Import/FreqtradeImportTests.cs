using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Import;

/// <summary>
/// A database of freqtrade becomes the same trades with the same profit. freqtrade rounds the profit of each exit to 8 places, and its
/// figures are those of tests/tools/freqtrade.py.
/// </summary>
public sealed class FreqtradeImportTests
{
    /// <summary>Half of the last place of each exit, of three at most, and what doubles leave over.</summary>
    private const double OfTrade = 2e-8;

    [Theory]
    [InlineData("now", 200)]
    [InlineData("2022", 120)]
    [InlineData("2020", 120)]
    public async Task Trades_profits_and_figures_are_those_of_freqtrade(string schema, int count)
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("tradesv3.sqlite");
        await Importing.FreqtradeAsync("make", file, "--schema", schema, "--trades", count.ToString(CultureInfo.InvariantCulture));
        var report = await server.ImportAsync("freqtrade", file);
        Assert.Contains("Its entry order is not filled", report.LeftOut(), StringComparison.Ordinal);
        await DemandSameAsync(server, file);
    }

    [Fact]
    public async Task A_repeated_import_stores_nothing_twice_and_follows_what_has_changed()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("tradesv3.sqlite");
        await Importing.FreqtradeAsync("make", file);
        var first = await server.ImportAsync("freqtrade", file, "--bot-name", "mybot");
        var stored = first["tables"]![0]!["stored"]!.GetValue<int>();
        var waiting = first["tables"]![0]!["left_out"]!.GetValue<int>();
        var changes = server.Sql("SELECT count(*) FROM changes");
        Assert.Equal($"0 0 {stored} {waiting}", (await server.ImportAsync("freqtrade", file, "--bot-name", "mybot")).Counts());
        Assert.Equal(changes, server.Sql("SELECT count(*) FROM changes"));

        await Importing.FreqtradeAsync("advance", file);
        var dry = await server.ImportAsync("freqtrade", file, "--bot-name", "mybot", "--dry-run");
        Assert.Equal(changes, server.Sql("SELECT count(*) FROM changes"));
        var later = await server.ImportAsync("freqtrade", file, "--bot-name", "mybot");
        Assert.Equal(later.Counts(), dry.Counts());
        Assert.Matches("^[1-9][0-9]* [1-9][0-9]* [1-9][0-9]* 0$", later.Counts());
        Assert.Equal((stored + waiting).ToString(CultureInfo.InvariantCulture), server.Sql("SELECT count(*) FROM trades"));
        await DemandSameAsync(server, file, "mybot");
        Assert.Equal("0", server.Sql("SELECT count(*) FROM fills WHERE trade_id NOT IN (SELECT id FROM trades)"));
    }

    [Fact]
    public async Task Orders_are_fills_and_everything_else_of_a_trade_has_its_place()
    {
        await using var server = await TestServer.StartAsync();
        var file = server.Folder.File("tradesv3.dryrun.sqlite");
        await Importing.FreqtradeAsync("make", file);
        await Tool.SqliteAsync(file, "UPDATE trades SET funding_fees = -0.25, enter_tag = 'breakout', exit_reason = 'roi' WHERE id = 12;");
        await server.ImportAsync("freqtrade", file);
        var trades = await server.TradesAsync();
        var source = (await Tool.SqliteAsync(file, "SELECT is_short, pair, leverage, stake_currency, initial_stop_loss, stop_loss FROM trades WHERE id = 12;")).Split('|');
        var trade = trades["freqtrade:freqtrade:12"];
        Assert.Equal(source[0] == "1" ? "SELL" : "BUY", (string?)trade["side"]);
        Assert.Equal(source[1], (string?)trade["trading_pair"]);
        Assert.Equal(double.Parse(source[2], CultureInfo.InvariantCulture), trade.Number("leverage"));
        Assert.Equal(source[3], (string?)trade["settle_asset"]);
        Importing.Close(double.Parse(source[4], CultureInfo.InvariantCulture), trade.Number("initial_stop_loss"), 1e-9, "initial_stop_loss");
        Importing.Close(double.Parse(source[5], CultureInfo.InvariantCulture), trade.Number("stop_loss"), 1e-9, "stop_loss");
        Assert.Equal(-0.25, trade.Number("funding"));
        Assert.Equal(("breakout", "roi", "paper", "freqtrade"), ((string?)trade["strategy"], (string?)trade["exit_reason"], (string?)trade["mode"], (string?)trade["bot_name"]));
        Assert.Equal("SampleStrategy", (string?)trades.Values.First(static one => (string?)one["strategy"] != "breakout" && (string?)one["strategy"] is "SampleStrategy")["strategy"]);

        var fills = (await server.GetAsync($"/api/trades/{trade["id"]}/fills"))["data"]!.AsArray();
        var orders = (await Tool.SqliteAsync(file, "SELECT order_id FROM orders WHERE ft_trade_id = 12 AND filled > 0 ORDER BY id DESC;")).Split('\n');
        Assert.Equal(orders, fills.Select(static fill => (string?)fill!["external_id"]));
        Assert.Equal(["exit", "exit", "exit", "entry"], fills.Select(static fill => (string?)fill!["kind"]));
        Assert.Contains(trades.Values, static one => (string?)one["status"] == "open" && one["strategy"]!.GetValue<string>() == "still open");
    }

    /// <summary>Each trade, the sums, and the split by pair.</summary>
    private static async Task DemandSameAsync(TestServer server, string file, string bot = "freqtrade")
    {
        var figures = await Importing.FiguresAsync(file);
        var ours = await server.TradesAsync();
        var closed = figures["trades"]!.AsObject();
        Assert.Equal(closed.Count, ours.Values.Count(static trade => (string?)trade["status"] == "closed"));
        foreach (var (id, theirs) in closed)
        {
            var trade = ours[$"freqtrade:{bot}:{id}"];
            Importing.Close(theirs!.Number("profit"), trade.Number("pnl"), OfTrade, $"pnl of {id}");
            if (theirs!["ratio"] is { } ratio)
            {
                // freqtrade divides by the value of the entries with their fees, and metrics.md without.
                var fees = theirs["is_short"]!.GetValue<int>() == 1 ? 1 - theirs.Number("fee_open") : 1 + theirs.Number("fee_open");
                Importing.Close(ratio.GetValue<double>(), trade.Number("pnl_percentage") / 100 / fees, 1e-8, $"ratio of {id}");
            }
        }

        var performance = (await server.GetAsync("/api/performance"))["data"]!;
        Importing.Close(figures.Number("total"), performance.Number("total_pnl"), OfTrade * closed.Count, "total_pnl");
        Assert.Equal((figures.Number("wins"), figures.Number("draws"), figures.Number("losses")),
            (performance.Number("winning_trades"), performance.Number("breakeven_trades"), performance.Number("losing_trades")));
        Importing.Close(100 * figures.Number("wins") / closed.Count, performance.Number("win_rate"), 1e-9, "win_rate");
        Importing.Close(figures.Number("profit_factor"), performance.Number("profit_factor"), 1e-6, "profit_factor");
        var split = (await server.GetAsync("/api/performance/by?by=pair"))["data"]!["groups"]!.AsArray();
        Assert.Equal(figures["by_pair"]!.AsObject().Count, split.Count);
        foreach (var part in split)
        {
            var pair = PairOf(part!);
            var theirs = figures["by_pair"]![pair]!;
            Assert.Equal(theirs.Number("count"), part!.Number("total_trades"));
            Importing.Close(theirs.Number("profit"), part!.Number("total_pnl"), OfTrade * closed.Count, pair);
        }
    }

    private static string PairOf(JsonNode part) => (string)part["key"]!;
}
