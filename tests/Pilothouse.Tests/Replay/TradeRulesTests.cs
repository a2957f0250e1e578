using Pilothouse.Replay;
using static Pilothouse.Tests.Replay.SampleData;

namespace Pilothouse.Tests.Replay;

public sealed class TradeRulesTests
{
    // Entered at 100: a long stops at 99 and takes profit at 102, a short stops at 101 and takes profit at 98.
    private readonly TradeRules rules = new();

    [Fact]
    public void A_buy_opens_a_long_trade_of_1000_at_the_close()
    {
        var position = rules.Enter(Candle(0, 3, 3.1m, 2.9m, 3), TradeSignal.Buy);

        Assert.Equal(new Position("BTC/USD", true, Start.AddMinutes(1), 3, 333.33333333m, 2.97m, 3.06m), position);
    }

    [Fact]
    public void A_sell_opens_a_short_trade_with_its_stop_above_and_its_target_below()
    {
        var position = rules.Enter(Flat(0, 100), TradeSignal.Sell);

        Assert.Equal(new Position("BTC/USD", false, Start.AddMinutes(1), 100, 10, 101, 98), position);
    }

    [Theory]
    [InlineData("Buy", 100, 101, 98.5, 99, "stop_loss")]
    [InlineData("Buy", 100, 103, 99.5, 102, "take_profit")]
    [InlineData("Sell", 100, 101.5, 99, 101, "stop_loss")]
    [InlineData("Sell", 100, 100.5, 97, 98, "take_profit")]
    public void A_stop_or_a_target_inside_the_candle_is_the_exit_price(
        string signal, double open, double high, double low, double exit, string reason)
    {
        var trade = ExitOf(signal, open, high, low);

        Assert.Equal(((decimal)exit, reason, Start.AddMinutes(2)), (trade!.ExitPrice, trade.Reason, trade.At));
        Assert.Null(rules.Open);
    }

    [Theory]
    [InlineData("Buy", 99)]
    [InlineData("Sell", 101)]
    public void The_stop_counts_where_the_candle_holds_both(string signal, double stop)
    {
        var trade = ExitOf(signal, 100, 110, 90);

        Assert.Equal(((decimal)stop, "stop_loss"), (trade!.ExitPrice, trade.Reason));
    }

    [Theory]
    [InlineData("Buy", 95, "stop_loss")]
    [InlineData("Buy", 105, "take_profit")]
    [InlineData("Sell", 105, "stop_loss")]
    [InlineData("Sell", 95, "take_profit")]
    public void A_candle_that_opens_beyond_the_price_exits_at_its_open(string signal, double open, string reason)
    {
        var trade = ExitOf(signal, open, 110, 90);

        Assert.Equal(((decimal)open, reason), (trade!.ExitPrice, trade.Reason));
    }

    [Fact]
    public void A_trade_stays_open_between_its_stop_and_its_target()
    {
        Assert.Null(ExitOf("Buy", 100, 101.99, 99.01));
        Assert.NotNull(rules.Open);
    }

    [Fact]
    public void An_opposite_signal_closes_at_the_close_and_reverses()
    {
        rules.Enter(Flat(0, 100), TradeSignal.Buy);
        var candle = Candle(1, 100, 101, 99.5m, 100.5m);

        Assert.True(rules.WouldOpen(TradeSignal.Sell));
        var trade = rules.OnSignal(candle, TradeSignal.Sell);
        var reversed = rules.Enter(candle, TradeSignal.Sell);

        Assert.Equal((100.5m, "signal"), (trade!.ExitPrice, trade.Reason));
        Assert.False(reversed.IsLong);
        Assert.Equal(trade.At, reversed.OpenedAt);
    }

    [Theory]
    [InlineData("Buy")]
    [InlineData("Hold")]
    public void The_same_signal_or_none_leaves_the_trade_alone(string signal)
    {
        rules.Enter(Flat(0, 100), TradeSignal.Buy);

        Assert.False(rules.WouldOpen(Enum.Parse<TradeSignal>(signal)));
        Assert.Null(rules.OnSignal(Flat(1, 100), Enum.Parse<TradeSignal>(signal)));
    }

    [Fact]
    public void Fees_are_a_thousandth_of_each_side_and_leave_the_pnl()
    {
        var win = ExitOf("Buy", 100, 102, 100)!;
        var loss = ExitOf("Sell", 100, 101, 100)!;

        Assert.Equal((2.02m, 17.98m), (win.Fees, win.Pnl));
        Assert.Equal((2.01m, -12.01m), (loss.Fees, loss.Pnl));
    }

    [Fact]
    public void The_end_of_the_data_closes_at_the_last_close()
    {
        rules.Enter(Flat(0, 100), TradeSignal.Buy);

        var trade = rules.CloseNow(Flat(5, 100.25m), "end_of_data");

        Assert.Equal((100.25m, "end_of_data", Start.AddMinutes(6)), (trade!.ExitPrice, trade.Reason, trade.At));
        Assert.Null(rules.CloseNow(Flat(5, 100.25m), "end_of_data"));
    }

    private TradeClosed? ExitOf(string signal, double open, double high, double low)
    {
        rules.Enter(Flat(0, 100), Enum.Parse<TradeSignal>(signal));
        return rules.OnPrices(Candle(1, (decimal)open, (decimal)high, (decimal)low, 100));
    }
}
