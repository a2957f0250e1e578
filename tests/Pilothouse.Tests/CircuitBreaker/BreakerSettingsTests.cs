using Pilothouse.Configuration;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.CircuitBreaker;

/// <summary>A wrong setting of the circuit breaker stops the start and says what is allowed.</summary>
public sealed class BreakerSettingsTests
{
    [Theory]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "10")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "10/5m,")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "10/5m;15/1h")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "10/5m,12/5m")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "10/5m,12/300s")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "-10/5m")]
    [InlineData("CIRCUIT_BREAKER_BTC_DUMP", "101/5m")]
    [InlineData("CIRCUIT_BREAKER_ETH_DUMP", "0/5m")]
    [InlineData("CIRCUIT_BREAKER_ETH_DUMP", "10/0m")]
    [InlineData("CIRCUIT_BREAKER_ETH_DUMP", "10/25h")]
    [InlineData("CIRCUIT_BREAKER_ETH_DUMP", "10/5d")]
    [InlineData("CIRCUIT_BREAKER_MARKET_CAP", "NaN/4h")]
    [InlineData("CIRCUIT_BREAKER_FEAR_GREED_BELOW", "-1")]
    [InlineData("CIRCUIT_BREAKER_FEAR_GREED_BELOW", "100.5")]
    [InlineData("CIRCUIT_BREAKER_LIQUIDATIONS_1H", "500M")]
    [InlineData("CIRCUIT_BREAKER_DRAWDOWN", "20%")]
    [InlineData("CIRCUIT_BREAKER_DAILY_LOSS", "101")]
    [InlineData("CIRCUIT_BREAKER_LOSING_STREAK", "2.5")]
    [InlineData("CIRCUIT_BREAKER_CONFIRMATIONS", "0")]
    [InlineData("CIRCUIT_BREAKER_AUTO_RESUME", "maybe")]
    [InlineData("CIRCUIT_BREAKER_DRY_RUN", "2")]
    public void A_wrong_value_names_the_setting_and_what_is_allowed(string name, string value)
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, (name, value)));
        Assert.StartsWith($"{name}={value}: allowed is ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_line_is_the_default_and_an_empty_one_or_0_is_off()
    {
        using var folder = new TemporaryFolder();
        var usual = TestServer.SettingsFor(folder).Breaker;
        Assert.Equal([(10m, 5 * 60d), (15m, 3600d), (20m, 4 * 3600d)], usual.BtcDump.Select(static fall => (fall.Percent, fall.Window.TotalSeconds)));
        Assert.Equal((10m, 500_000_000m, 20m, 10m, (int?)null), (usual.FearGreedBelow, usual.Liquidations1h, usual.Drawdown, usual.DailyLoss, usual.LosingStreak));
        var off = TestServer.SettingsFor(folder, ("CIRCUIT_BREAKER_BTC_DUMP", " "), ("CIRCUIT_BREAKER_ETH_DUMP", "0"), ("CIRCUIT_BREAKER_DRAWDOWN", ""), ("CIRCUIT_BREAKER_LOSING_STREAK", "7")).Breaker;
        Assert.Empty(off.BtcDump);
        Assert.Empty(off.EthDump);
        Assert.Equal((null, 10m, 7), (off.Drawdown, off.DailyLoss, off.LosingStreak));
        var odd = TestServer.SettingsFor(folder, ("CIRCUIT_BREAKER_BTC_DUMP", " 0.5 / 90S , 3/2H ")).Breaker;
        Assert.Equal([(0.5m, "90s"), (3m, "2h")], odd.BtcDump.Select(static fall => (fall.Percent, fall.Name)));
    }
}
