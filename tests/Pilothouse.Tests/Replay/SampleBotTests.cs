using Pilothouse.Replay;
using static Pilothouse.Tests.Replay.SampleData;

namespace Pilothouse.Tests.Replay;

public sealed class SampleBotTests
{
    [Fact]
    public void The_bot_reports_its_whole_balance_before_anything_else_and_that_it_stopped_at_the_end()
    {
        var actions = Play(CandleFiles.Read([Folder]));

        var first = Assert.IsType<StatusReported>(actions[0]);
        Assert.Equal((Start, "running", 10_000m, 0, 0), (first.At, first.Status, first.Balance, first.OpenPositions, first.Trades));
        var last = Assert.IsType<StatusReported>(actions[^1]);
        Assert.Equal(("stopped", true, 0), (last.Status, last.IsLast, last.OpenPositions));
        var closed = actions.OfType<TradeClosed>().ToList();
        Assert.Equal((closed.Count, closed.Sum(trade => trade.Pnl)), (last.Trades, last.TotalPnl));
        Assert.Equal(10_000 + last.TotalPnl, last.Balance);
        Assert.Equal(Math.Round(closed.Count(trade => trade.Pnl > 0) * 100m / closed.Count, 4), last.WinRatePercent);
    }

    [Fact]
    public void Two_days_bring_tens_to_hundreds_of_trades_each_closed_once_and_each_with_its_signal()
    {
        var actions = Play(CandleFiles.Read([Folder]));

        var opened = actions.OfType<TradeOpened>().ToList();
        Assert.InRange(opened.Count, 30, 600);
        Assert.Equal(
            opened.Select(trade => trade.Position).ToHashSet(), actions.OfType<TradeClosed>().Select(trade => trade.Position).ToHashSet());
        var signals = actions.OfType<SignalRaised>().Select(signal => (signal.Pair, signal.At)).ToList();
        Assert.Equal(signals.Count, signals.Distinct().Count());
        Assert.All(opened, trade => Assert.Contains((trade.Position.Pair, trade.At), signals));
        Assert.All(actions.OfType<TradeClosed>(), trade => Assert.True(trade.At >= trade.Position.OpenedAt));
        Assert.Equal(["end_of_data", "signal", "stop_loss", "take_profit"], actions.OfType<TradeClosed>().Select(trade => trade.Reason).Distinct().Order());
    }

    [Fact]
    public void Nothing_is_signalled_before_every_indicator_is_defined()
    {
        var actions = Play(Enumerable.Range(0, 50).Select(minute => Flat(minute, 100 + minute)).ToList());

        var signal = Assert.Single(actions.OfType<SignalRaised>());
        Assert.Equal((Start.AddMinutes(50), TradeSignal.Buy), (signal.At, signal.Reading.Signal));
        Assert.Equal("end_of_data", Assert.Single(actions.OfType<TradeClosed>()).Reason);
    }

    [Fact]
    public void A_steady_trend_is_one_signal_until_a_target_is_reached_and_the_trade_opens_anew()
    {
        var actions = Play(Enumerable.Range(0, 53).Select(minute => Flat(minute, 100 + minute)).ToList());

        // The price is 149 at the first signal, and reaches 2 % more, 152, within the next minutes.
        Assert.Equal(
            ["SignalRaised", "TradeOpened", "TradeClosed", "SignalRaised", "TradeOpened", "TradeClosed"],
            actions.Where(action => action is SignalRaised or TradeOpened or TradeClosed).Select(action => action.GetType().Name));
        Assert.Equal(["take_profit", "end_of_data"], actions.OfType<TradeClosed>().Select(trade => trade.Reason));
    }

    [Fact]
    public void The_context_comes_once_an_hour_and_what_the_candles_do_not_show_is_null()
    {
        var actions = Play(CandleFiles.Read([Folder]));

        var contexts = actions.OfType<MarketSeen>().ToList();
        Assert.Equal(Start.AddHours(1), contexts[0].At);
        Assert.Null(contexts[0].BtcChangePercent);
        Assert.Equal(contexts.Count, contexts.Select(context => (context.At.Date, context.At.Hour)).Distinct().Count());
        var nextMorning = contexts.Single(context => context.At == Start.AddHours(25));
        Assert.NotNull(nextMorning.EthChangePercent);
        Assert.NotNull(nextMorning.BtcChangePercent);

        // The evening of the first day is missing, so the second evening has nothing to compare with.
        Assert.Null(contexts.Single(context => context.At == Start.AddHours(44)).BtcChangePercent);
    }

    [Fact]
    public void A_second_pair_of_bitcoin_does_not_mix_into_its_price()
    {
        var candles = Enumerable.Range(0, 60)
            .SelectMany(minute => new[] { Flat(minute, 100), Flat(minute, 80) with { Pair = "BTC/EUR" } }).ToList();

        Assert.Equal(100, Assert.Single(Play(candles).OfType<MarketSeen>()).BtcPrice);
    }

    [Fact]
    public void Without_bitcoin_and_ether_there_is_no_context_to_report()
    {
        var actions = Play(Enumerable.Range(0, 61).Select(minute => Flat(minute, 100) with { Pair = "LTC/USD" }).ToList());

        Assert.Empty(actions.OfType<MarketSeen>());
        Assert.Equal(3, actions.OfType<StatusReported>().Count());
    }
}
