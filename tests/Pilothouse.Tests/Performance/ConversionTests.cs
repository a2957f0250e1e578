using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>Trades in several currencies are converted by stored prices (docs/metrics.md, "Which money").</summary>
public sealed class ConversionTests
{
    private const string NoPrice = "1 trade in BTC has no price in USD";

    [Fact]
    public async Task Trades_in_several_assets_count_at_the_prices_of_their_closes()
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "1000"));
        await CandleAsync(server, "BTC/USDT", "2026-01-03T11:00:00Z", 50000);

        // This one ends after the close.
        await CandleAsync(server, "BTC/USDT", "2026-01-03T12:00:00Z", 10);
        Trade(server, "SUI/USDC", "2026-01-02 00:00:00", 60);
        Trade(server, "SOL/BTC", "2026-01-03 12:30:00", -0.002m);

        // 60 USDC and -0.002 x 50,000 = -100: of 1,060 to 960.
        var data = await DataAsync(server, "");
        Assert.Equal((-40m, 60m, -100m, 100m, "USD"), ((decimal)data["total_pnl"]!, (decimal)data["max_win"]!, (decimal)data["max_loss"]!, (decimal)data["max_drawdown"]!, (string?)data["basis"]!["currency"]));
        Assert.Equal(10000.0 / 1060, (double)data["max_drawdown_percent"]!, 1e-9);
        Assert.Equal("BTC -0.002,USDC 60", string.Join(',', data["by_currency"]!.AsArray().Select(each => $"{each!["currency"]} {each["total_pnl"]}")));

        // What is asked of one asset stays in it; the equity is still that of all.
        var btc = await DataAsync(server, "?currency=BTC");
        Assert.Equal((-0.002m, "BTC", 0.002m), ((decimal)btc["total_pnl"]!, (string?)btc["basis"]!["currency"], (decimal)btc["max_drawdown"]!));
        Assert.Equal(10000.0 / 1060, (double)btc["max_drawdown_percent"]!, 1e-9);

        var pairs = (await DataAsync(server, "/by?by=pair"))["groups"]!.AsArray();
        Assert.Equal("BTC -0.002,USDC 60", string.Join(',', pairs.Select(each => $"{each!["currency"]} {each["total_pnl"]}").Order(StringComparer.Ordinal)));
        var sides = (await DataAsync(server, "/by?by=side"))["groups"]![0]!;
        Assert.Equal((-40m, "USD"), ((decimal)sides["total_pnl"]!, (string?)sides["currency"]));
        var spread = (await DataAsync(server, "/distribution"))["money"]!;
        Assert.Equal((-100m, 60m), ((decimal)spread["min"]!, (decimal)spread["max"]!));
        Assert.Equal(960m, (decimal)(await DataAsync(server, "/equity"))["points"]!.AsArray()[^1]!["equity"]!);
        Assert.Equal([60m, -100m], (await DataAsync(server, "/daily"))["days"]!.AsArray().Select(static day => (decimal)day!["pnl"]!));

        // A trade that closes now is added to what is kept, in every view.
        Trade(server, "ETH/BTC", "2026-01-03 12:45:00", 0.001m);
        Assert.Equal(10m, (decimal)(await DataAsync(server, ""))["total_pnl"]!);
        Assert.Equal(10m, (decimal)(await DataAsync(server, "/by?by=side"))["groups"]![0]!["total_pnl"]!);
        Assert.Equal(3, (int)(await DataAsync(server, "/distribution"))["money"]!["trades"]!);
        await using var fresh = await server.RestartAsync(("STARTING_BALANCE", "1000"));
        Assert.Equal(10m, (decimal)(await DataAsync(fresh, ""))["total_pnl"]!);
    }

    [Theory]
    [InlineData("2026-01-02 12:00:00", 105.0)]
    [InlineData("2026-01-02 11:59:59", null)]
    [InlineData("2026-01-03 12:00:00", 105.0)]
    [InlineData("2026-01-03 12:00:01", null)]
    public async Task A_price_counts_for_a_day_from_its_time_on(string at, double? total)
    {
        await using var server = await TestServer.StartAsync();
        Signal(server, "BTC/USDT", at, 50000);
        Trade(server, "SUI/USDC", "2026-01-02 00:00:00", 5);
        Trade(server, "SOL/BTC", "2026-01-03 12:00:00", 0.002m);
        var data = await DataAsync(server, "");
        Assert.Equal(total, (double?)data["total_pnl"]);
        Assert.Equal(total is null ? NoPrice : null, (string?)data["undefined"]!["total_pnl"]);
        Assert.Equal((2L, 2L), ((long)data["total_trades"]!, (long)data["winning_trades"]!));
    }

    [Fact]
    public async Task The_newest_price_counts_wherever_it_is_stored()
    {
        await using var server = await TestServer.StartAsync();
        Trade(server, "SUI/USDC", "2026-01-03 00:00:00", 5);
        Trade(server, "SOL/BTC", "2026-01-03 12:00:00", 1);
        async Task<double?> Total()
        {
            server.Clock.Advance(TimeSpan.FromMinutes(1));
            return (double?)(await DataAsync(server, ""))["total_pnl"];
        }

        Assert.Null(await Total());

        // A future with an end, an option and a price in another currency are not the price of the asset.
        Signal(server, "BTC/USDT:USDT-260327", "2026-01-03 11:59:00", 1);
        Signal(server, "BTC/EUR", "2026-01-03 11:59:00", 1);
        Assert.Null(await Total());
        server.Sql("INSERT INTO market_context(timestamp, btc_price) VALUES ('2026-01-03 10:00:00', 100)");
        Assert.Equal(105, await Total());

        // While every trade has a price, what was made stays until the trades are read again.
        Signal(server, "btcusdt", "2026-01-03 10:30:00", 200);
        Assert.Equal(105, await Total());
        Assert.Equal(205, (double?)(await DataAsync(server, "?from_date=2026-01-01"))["total_pnl"]);
        await CandleAsync(server, "BTC/USDT:USDT", "2026-01-03T10:00:00Z", 300);
        Assert.Equal(305, (double?)(await DataAsync(server, "?from_date=2026-01-02"))["total_pnl"]);
        await using var fresh = await server.RestartAsync();
        Assert.Equal(305, (double?)(await DataAsync(fresh, ""))["total_pnl"]);
    }

    [Fact]
    public async Task Stablecoins_that_are_not_at_par_are_assets_like_others()
    {
        await using var server = await TestServer.StartAsync(("STABLECOINS_AT_PAR", "false"));
        Trade(server, "SUI/USDT", "2026-01-03 12:00:00", 10);
        Assert.Equal((10m, "USDT"), ((decimal)(await DataAsync(server, ""))["total_pnl"]!, (string?)(await DataAsync(server, ""))["basis"]!["currency"]));
        Trade(server, "SUI/USD", "2026-01-03 13:00:00", 1);
        var data = await DataAsync(server, "");
        Assert.Null(data["total_pnl"]);
        Assert.Equal("1 trade in USDT has no price in USD", (string?)data["undefined"]!["total_pnl"]);
        Signal(server, "USDT/USD", "2026-01-03 11:00:00", 0.5m);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(6m, (decimal)(await DataAsync(server, ""))["total_pnl"]!);
    }

    [Fact]
    public async Task The_reporting_currency_can_be_another_one()
    {
        await using var server = await TestServer.StartAsync(("REPORTING_CURRENCY", "eur"));
        Signal(server, "USDC/EUR", "2026-01-03 11:00:00", 0.8m);
        Signal(server, "BTC/EUR", "2026-01-03 11:00:00", 70000);
        Trade(server, "ES1!", "2026-01-03 11:30:00", 3);
        Trade(server, "SUI/USDT", "2026-01-03 12:00:00", 10);
        Trade(server, "SOL/BTC", "2026-01-03 12:00:00", 0.001m);
        var data = await DataAsync(server, "");
        Assert.Equal((81m, "EUR"), ((decimal)data["total_pnl"]!, (string?)data["basis"]!["currency"]));
        Assert.Equal(3m, (decimal)(await DataAsync(server, "?currency=EUR"))["total_pnl"]!);
    }

    [Fact]
    public async Task An_account_in_one_asset_brings_its_balance_in_at_the_price_of_its_opening()
    {
        await using var server = await TestServer.StartAsync();
        Signal(server, "BTC/USDT", "2026-01-01 00:00:00", 50000);
        Signal(server, "BTC/USDT", "2026-01-01 12:00:00", 40000);
        foreach (var (bot, balance) in new[] { ("a", 2), ("b", 1000) })
        {
            server.Sql($"INSERT INTO bot_status(timestamp, bot_name, status, balance) VALUES ('2026-01-01 06:00:00', '{bot}', 'running', {balance})");
        }

        Trade(server, "SOL/BTC", "2026-01-01 13:00:00", -1, "a");
        Assert.Equal(2m, (decimal)(await DataAsync(server, "?bot_name=a"))["basis"]!["starting_balance"]!);
        Trade(server, "SUI/USDC", "2026-01-01 14:00:00", 10, "b");

        // 2 BTC at 50,000 and 1,000 are 101,000, of which 40,000 are lost.
        var data = await DataAsync(server, "");
        Assert.Equal((101_000m, -39_990m), ((decimal)data["basis"]!["starting_balance"]!, (decimal)data["total_pnl"]!));
        Assert.Equal(4_000_000.0 / 101_000, (double)data["max_drawdown_percent"]!, 1e-9);
        server.Sql("INSERT INTO cash_flows(timestamp, bot_name, amount, asset) VALUES ('2026-01-01 15:00:00', 'b', 0.5, 'BTC')");
        Assert.Equal(101_000m - 39_990 + 20_000, (decimal)(await DataAsync(server, "/equity"))["points"]!.AsArray()[^1]!["equity"]!);
        server.Sql("INSERT INTO cash_flows(timestamp, bot_name, amount, asset) VALUES ('2026-01-05 15:00:00', 'b', 0.5, 'BTC')");
        data = await DataAsync(server, "");
        Assert.Equal(("1 cash flow in BTC has no price in USD", -39_990m), ((string?)data["undefined"]!["max_drawdown_percent"], (decimal)data["total_pnl"]!));
        Assert.Null(data["basis"]!["starting_balance"]);
    }

    private static async Task<JsonNode> DataAsync(TestServer server, string path) => (await server.GetAsync("/api/performance" + path))["data"]!;

    private static Task<JsonObject> CandleAsync(TestServer server, string pair, string open, int close) => server.PostAsync("/api/candles",
        $$"""{"trading_pair":"{{pair}}","timeframe":"1h","open_time":"{{open}}","open":{{close}},"high":{{close}},"low":{{close}},"close":{{close}}}""");

    private static void Signal(TestServer server, string pair, string at, decimal price) =>
        server.Sql($"INSERT INTO signals(timestamp, trading_pair, signal_type, signal_strength, price) VALUES ('{at}', '{pair}', 'BUY', 5, {Text(price)})");

    private static void Trade(TestServer server, string pair, string at, decimal pnl, string bot = "") =>
        server.Sql($"INSERT INTO trades(timestamp, trading_pair, side, entry_price, quantity, pnl, status, closed_at, bot_name) VALUES ('{at}', '{pair}', 'BUY', 100, 1, {Text(pnl)}, 'closed', '{at}', '{bot}')");

    private static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The trades that count are of BTC and stay in it; the equity, which USDT moved too, is in dollars. The basis says both.</summary>
    [Fact]
    public async Task The_basis_says_what_the_equity_is_in_where_it_is_in_another_currency_than_the_profit()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bot-status", """{"bot_name":"multi","status":"running","balance":10000,"timestamp":"2026-01-01T00:00:00Z"}""");
        await CandleAsync(server, "BTC/USDT", "2026-01-03T11:00:00Z", 100000);
        await server.PostAsync("/api/trades", """{"trading_pair":"SOL/USDT","side":"BUY","entry_price":100,"quantity":10,"status":"closed","exit_price":150,"bot_name":"multi","timestamp":"2026-01-02T00:00:00Z","closed_at":"2026-01-02T10:00:00Z"}""");
        await server.PostAsync("/api/trades", """{"trading_pair":"ETH/BTC","side":"BUY","entry_price":0.03,"quantity":10,"status":"closed","exit_price":0.04,"bot_name":"multi","timestamp":"2026-01-03T00:00:00Z","closed_at":"2026-01-03T12:30:00Z"}""");
        var data = await DataAsync(server, "?from_date=2026-01-03");
        Assert.Equal((0.1m, "BTC", "USD", 10500m), ((decimal)data["total_pnl"]!, (string?)data["basis"]!["currency"], (string?)data["basis"]!["equity_currency"], (decimal)data["basis"]!["starting_balance"]!));
        var last = (await DataAsync(server, "/equity?from_date=2026-01-03"))["points"]!.AsArray()[^1]!;
        Assert.Equal((20500m, 95.238), ((decimal)last["equity"]!, Math.Round((double)last["return_percent"]!, 3)));
        Assert.Equal(("USD", "USD"), ((string?)(await DataAsync(server, ""))["basis"]!["currency"], (string?)(await DataAsync(server, ""))["basis"]!["equity_currency"]));
    }
}
