using System.Globalization;
using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Performance;

/// <summary>
/// Rounding errors of floats count as zero (docs/metrics.md): a trade that a bot closed exactly where its fees were earned is a draw, by
/// whichever door it came. Trades are made so that each is known beforehand to be a win, a loss or a draw.
/// </summary>
public sealed class DrawTests
{
    private const int Trades = 400;

    private enum Kind
    {
        Win,
        Loss,
        Draw,
    }

    [Theory]
    [InlineData(1, "posted")]
    [InlineData(2, "closed")]
    [InlineData(3, "foreign")]
    [InlineData(4, "mixed")]
    public async Task Trades_that_floats_left_a_little_over_of_are_draws(int seed, string door)
    {
        await using var server = await TestServer.StartAsync(("STARTING_BALANCE", "100000"));
        var random = new Random(seed);
        var kinds = new List<Kind>();
        var residues = 0;
        for (var i = 0; i < Trades; i++)
        {
            var (kind, trade) = Make(random, TestServer.Start.AddHours(-Trades + i));
            kinds.Add(kind);
            residues += kind == Kind.Draw && trade.Pnl != 0 ? 1 : 0;
            switch (door == "mixed" ? random.Next(3) : Array.IndexOf(["posted", "closed", "foreign"], door))
            {
                case 0:
                    await server.PostAsync("/api/trades", trade.Json(closed: true));
                    break;
                case 1:
                    var opened = await server.PostAsync("/api/trades", trade.Json(closed: false));
                    await server.PostAsync($"/api/trades/{opened["trade_id"]}/close", trade.CloseJson(), 200);
                    break;
                default:
                    server.Sql(trade.InsertSql());
                    break;
            }
        }

        // The test is only meaningful if many of the draws have a rounding error.
        Assert.InRange(residues, 30, Trades);
        var expected = await Numpy.FiguresAsync(server, "100000");
        var (wins, losses, draws) = (Count(kinds, Kind.Win), Count(kinds, Kind.Loss), Count(kinds, Kind.Draw));
        Assert.Equal((wins, losses, draws), ((int)expected["winning_trades"]!, (int)expected["losing_trades"]!, (int)expected["breakeven_trades"]!));

        // The kept answer, one that is read anew, and one that a fresh server makes.
        await Numpy.CompareAsync(server, "/api/performance", expected);
        await Numpy.CompareAsync(server, "/api/performance?starting_balance=100000&period=all", expected);
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((wins, losses, draws), ((int)data["winning_trades"]!, (int)data["losing_trades"]!, (int)data["breakeven_trades"]!));
        Assert.Equal((Longest(kinds, Kind.Win), Longest(kinds, Kind.Loss)), ((int)data["longest_win_streak"]!, (int)data["longest_loss_streak"]!));
        Assert.Equal(100.0 * wins / Trades, (double)data["win_rate"]!, 1e-12);
        await using var fresh = await server.RestartAsync(("STARTING_BALANCE", "100000"));
        await Numpy.CompareAsync(fresh, "/api/performance", expected);
    }

    [Theory]
    [InlineData("100", "100.0000000000999", "1", "0", "0")]
    [InlineData("100", "100.0000000001", "1", "0", "0.0000000001")]
    [InlineData("100", "99.9999999999001", "1", "0", "0")]
    [InlineData("100", "100", "1", "0.0000000000999", "0")]
    [InlineData("100", "100", "1", "0.00000000011", "-0.00000000011")]
    [InlineData("100", "100.0000000000001", "0.000000000000001", "0", "0")]
    [InlineData("0.00000000000001", "0.00000000000002", "0.01", "0", "0.0000000000000001")]
    [InlineData("9000000000000000", "9000000000000001", "8000000000000", "0", "0")]
    public async Task The_limit_is_a_trillionth_of_the_entry_value(string entry, string exit, string quantity, string fees, string pnl)
    {
        await using var server = await TestServer.StartAsync();
        var stored = await server.PostAsync("/api/trades",
            $$"""{"trading_pair":"A/B","side":"BUY","status":"closed","entry_price":{{entry}},"exit_price":{{exit}},"quantity":{{quantity}},"fees":{{fees}}}""");
        var trade = (await server.GetAsync($"/api/trades/{stored["trade_id"]}"))["data"]!;
        Assert.Equal(decimal.Parse(pnl, CultureInfo.InvariantCulture), (decimal)trade["pnl"]!);
        Assert.Equal(pnl == "0", (decimal)trade["pnl_percentage"]! == 0);
        var computed = pnl == "0" ? $"({exit} - {entry}) * {quantity} - {fees}" : pnl;
        server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, quantity, pnl, status) SELECT trading_pair, side, entry_price, quantity, {computed}, 'Closed' FROM trades");
        Assert.Equal(pnl == "0" ? 2 : 0, (int)(await server.GetAsync("/api/performance"))["data"]!["breakeven_trades"]!);
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Theory]
    [InlineData("1e-13", "1", "1", 1)]
    [InlineData("1e-12", "1", "1", 0)]
    [InlineData("-1e-13", "1", "-1", 1)]
    [InlineData("1e-13", "1", "0", 0)]
    [InlineData("1e-13", "'much'", "1", 0)]
    [InlineData("1e-300", "1", "1", 1)]
    [InlineData("NULL", "1", "1", 1)]
    public async Task Rows_of_other_programs_are_classed_by_what_they_say(string pnl, string entry, string quantity, int draws)
    {
        await using var server = await TestServer.StartAsync();
        server.Sql($"INSERT INTO trades(trading_pair, side, entry_price, quantity, pnl, status) VALUES ('A/B', 'BUY', {entry}, {quantity}, {pnl}, 'closed')");
        var data = (await server.GetAsync("/api/performance"))["data"]!;
        Assert.Equal((1, draws), ((int)data["total_trades"]!, (int)data["breakeven_trades"]!));
    }

    private static int Count(List<Kind> kinds, Kind kind) => kinds.Count(each => each == kind);

    private static int Longest(List<Kind> kinds, Kind kind)
    {
        var (longest, run) = (0, 0);
        foreach (var each in kinds)
        {
            run = each == kind ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    /// <summary>A trade as a bot computes it, in doubles. A draw's exit pays both fees and nothing more.</summary>
    private static (Kind Kind, MadeTrade Trade) Make(Random random, DateTimeOffset at)
    {
        var kind = (Kind)random.Next(3);
        var buys = random.Next(2) == 0;
        var entry = Math.Round(Math.Exp((random.NextDouble() * 20) - 8), 7) + 1e-7;
        var quantity = Math.Round(Math.Exp((random.NextDouble() * 12) - 6), 5) + 1e-5;
        var rate = random.Next(3) switch { 0 => 0, 1 => 0.001, _ => 0.0006 };
        var even = buys ? entry * (1 + rate) / (1 - rate) : entry * (1 - rate) / (1 + rate);
        var share = random.Next(2) == 0 ? 1e-3 : 5e-12;
        var moved = kind == Kind.Draw ? 0 : (kind == Kind.Win) == buys ? share : -share;
        var exit = even * (1 + moved);
        var fees = (entry * quantity * rate) + (exit * quantity * rate);
        return (kind, new MadeTrade(at, buys ? "BUY" : "SELL", entry, exit, quantity, fees, ((exit - entry) * quantity * (buys ? 1 : -1)) - fees));
    }

    private sealed record MadeTrade(DateTimeOffset At, string Side, double Entry, double Exit, double Quantity, double Fees, double Pnl)
    {
        private string Time => At.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

        public string Json(bool closed)
        {
            var trade = new JsonObject { ["timestamp"] = Time, ["trading_pair"] = "A/B", ["side"] = Side, ["entry_price"] = Entry, ["quantity"] = Quantity };
            if (closed)
            {
                (trade["status"], trade["exit_price"], trade["closed_at"], trade["fees"]) = ("closed", Exit, Time, Fees);
            }

            return trade.ToJsonString();
        }

        public string CloseJson() => new JsonObject { ["exit_price"] = Exit, ["closed_at"] = Time, ["fees"] = Fees }.ToJsonString();

        public string InsertSql() => FormattableString.Invariant(
            $"""
            INSERT INTO trades(timestamp, closed_at, trading_pair, side, entry_price, exit_price, quantity, fees, pnl, status)
            VALUES ('{Time}', '{Time}', 'A/B', '{Side}', {Money(Entry)}, {Money(Exit)}, {Money(Quantity)}, {Money(Fees)}, {Money(Pnl)}, 'Closed')
            """);

        /// <summary>A column of money of PostgreSQL has no room for more than 28 places.</summary>
        private static string Money(double amount) => string.Format(CultureInfo.InvariantCulture, TestEngine.IsPostgres ? "trim_scale(round({0:R}, 28))" : "{0:R}", amount);
    }
}
