using Pilothouse.Replay;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Replay;

/// <summary>The repository's sample candles, and candles made by hand.</summary>
internal static class SampleData
{
    public static readonly DateTimeOffset Start = new(2018, 4, 4, 0, 0, 0, TimeSpan.Zero);

    public static string Folder { get; } = Repository.PathOf("samples", "data");

    public static string Expected { get; } = Repository.PathOf("tests", "Pilothouse.Tests", "Replay", "indicators.expected.csv");

    public static MinuteCandle Candle(int minute, decimal open, decimal high, decimal low, decimal close, decimal volume = 1) =>
        new("BTC/USD", Start.AddMinutes(minute), open, high, low, close, volume);

    /// <summary>A candle in which nothing moved.</summary>
    public static MinuteCandle Flat(int minute, decimal price, decimal volume = 1) => Candle(minute, price, price, price, price, volume);

    /// <summary>What a bot does from the first of these candles to the end of the replay.</summary>
    public static List<BotAction> Play(IReadOnlyList<MinuteCandle> candles)
    {
        var bot = new SampleBot();
        return [.. candles.GroupBy(static candle => candle.Time).SelectMany(minute => bot.OnMinute(minute.ToList())), .. bot.OnEnd()];
    }
}
