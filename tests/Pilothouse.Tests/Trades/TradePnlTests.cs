using System.Globalization;
using Pilothouse.Tests.Performance;
using Pilothouse.Trades;

namespace Pilothouse.Tests.Trades;

public sealed class TradePnlTests
{
    [Theory]
    [InlineData("BUY", "100", "110", "2", "0", null, "20", "10")]
    [InlineData("BUY", "100", "110", "2", "0", "5", "20", "50")]
    [InlineData("SELL", "100", "110", "2", "0", "5", "-20", "-50")]
    [InlineData("SELL", "100", "90", "2", "1.5", "1", "18.5", "9.25")]
    [InlineData("buy", "100", "100", "2", "0.5", null, "-0.5", "-0.25")]
    [InlineData("Sell", "0.00000123", "0.00000122", "1000000", "0", null, "0.01", "0.813008130081300813008130081")]
    [InlineData("BUY", "67012.35", "67890.1", "0.0123", "1.1", "20", "9.696325", "23.5275768031")]
    [InlineData("BUY", "100", "0.01", "1", "0", null, "-99.99", "-99.99")]
    public void Follows_the_definition(
        string side, string entry, string exit, string quantity, string fees, string? leverage, string pnl, string percentage)
    {
        Assert.True(TradePnl.TryCompute(
            side, Money(entry), Money(exit), Money(quantity), Money(fees), leverage is null ? null : Money(leverage), TradeContract.Linear,
            out var result, out var failure));
        Assert.Equal(TradePnlFailure.None, failure);
        Assert.Equal(Money(pnl), result.Pnl);
        Assert.Equal((double)Money(percentage), (double)result.PnlPercentage!.Value, 1e-6);
    }

    [Theory]
    [InlineData("HOLD")]
    [InlineData("")]
    [InlineData("long")]
    public void Refuses_another_side(string side)
    {
        Assert.False(TradePnl.TryCompute(side, 1, 2, 3, 0, null, TradeContract.Linear, out _, out var failure));
        Assert.Equal(TradePnlFailure.UnknownSide, failure);
    }

    [Fact]
    public void Names_a_profit_that_no_decimal_holds()
    {
        const decimal Huge = 70_000_000_000_000_000_000_000_000_000m;
        Assert.False(TradePnl.TryCompute("BUY", 1, Huge, 2, 0, null, TradeContract.Linear, out _, out var failure));
        Assert.Equal(TradePnlFailure.TooLarge, failure);
        Assert.False(TradePnl.TryCompute("BUY", Huge, 1, 1, Huge, null, TradeContract.Linear, out _, out failure));
        Assert.Equal(TradePnlFailure.TooLarge, failure);
    }

    [Theory]
    [InlineData("0.00000000000000000001", "0.00000000000000000001", null)]
    [InlineData("0", "1", null)]
    [InlineData("100", "1", "0")]
    [InlineData("100", "1", "-3")]
    [InlineData("0.0000000000000000000000000001", "1", "1")]
    public void A_percentage_that_cannot_be_known_is_null_and_the_profit_stays(string entry, string quantity, string? leverage)
    {
        Assert.True(TradePnl.TryCompute(
            "BUY", Money(entry), 10_000, Money(quantity), 0, leverage is null ? null : Money(leverage), TradeContract.Linear, out var result, out _));
        Assert.True(result.Pnl > 0);
        Assert.Null(result.PnlPercentage);
    }

    [Fact]
    public void Agrees_with_the_pnl_of_every_case()
    {
        foreach (var row in PerformanceCases.All.Values.SelectMany(PerformanceCases.ClosedRows))
        {
            if (PerformanceCases.Number(row, "exit_price") is { } exit)
            {
                Assert.True(TradePnl.TryCompute(
                    row.GetProperty("side").GetString()!,
                    PerformanceCases.Number(row, "entry_price")!.Value,
                    exit,
                    PerformanceCases.Number(row, "quantity")!.Value,
                    PerformanceCases.Number(row, "fees") ?? 0,
                    null,
                    TradeContract.Linear,
                    out var result,
                    out _));
                Assert.Equal(PerformanceCases.Number(row, "pnl")!.Value, result.Pnl, 9);
            }
        }
    }

    private static decimal Money(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
