using Pilothouse.Replay;

namespace Pilothouse.Tests.Replay;

/// <summary>The repository's sample candles, and candles made by hand.</summary>
internal static class SampleData
{
    public static readonly DateTimeOffset Start = new(2018, 4, 4, 0, 0, 0, TimeSpan.Zero);

    private static readonly string Root = FindRoot();

    public static string Folder { get; } = Path.Combine(Root, "samples", "data");

    public static string Expected { get; } = Path.Combine(Root, "tests", "Pilothouse.Tests", "Replay", "indicators.expected.csv");

    public static Candle Candle(int minute, decimal open, decimal high, decimal low, decimal close, decimal volume = 1) =>
        new("BTC/USD", Start.AddMinutes(minute), open, high, low, close, volume);

    /// <summary>A candle in which nothing moved.</summary>
    public static Candle Flat(int minute, decimal price, decimal volume = 1) => Candle(minute, price, price, price, price, volume);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pilothouse.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Pilothouse.slnx.");
    }
}
