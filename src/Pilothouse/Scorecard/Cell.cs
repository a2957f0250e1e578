using Pilothouse.Signals;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Scorecard;

/// <summary>What signals have in common that are counted together.</summary>
/// <param name="Pair">In capitals.</param>
/// <param name="Type">BUY, SELL or HOLD; null for a word of another program.</param>
/// <param name="Strength">The band of the absolute strength; null without a strength.</param>
internal sealed record Cell(string Pair, string? Type, string? Strength, string? Strategy, string? Model, string? Bot)
{
    /// <summary>The bands of the absolute strength, in order.</summary>
    public static readonly string[] Bands = ["0-19", "20-39", "40-59", "60-79", "80-100"];

    /// <summary>1 if the signals expect a rise, -1 a fall, 0 neither.</summary>
    public int Direction { get; } = Type switch { "BUY" => 1, "SELL" => -1, _ => 0 };

    /// <summary>Returns the number of the band of a strength; <see cref="Words.None"/> if there is none.</summary>
    public static int BandOf(long? strength) =>
        strength is { } value ? Math.Min(Bands.Length - 1, (int)Math.Abs(Math.Clamp(value, -100, 100)) / 20) : Words.None;

    /// <summary>Returns the word as the API writes it; null for one that it does not know.</summary>
    public static string? TypeOf(string? word) => NewSignal.Types.Normal(word);
}

/// <summary>How the price moved to each horizon, in one byte: two bits for each.</summary>
internal static class SignalOutcome
{
    public const int Kinds = 64;

    public const int Unknown = 0;

    public const int Rose = 1;

    public const int Fell = 2;

    public const int Unchanged = 3;

    /// <summary>Returns what became of one horizon.</summary>
    public static int At(int outcome, int horizon) => (outcome >> (2 * horizon)) & 3;

    /// <summary>Returns the part of an outcome that says how the price moved to one horizon.</summary>
    public static int Of(int horizon, int? direction) => (direction switch { > 0 => Rose, < 0 => Fell, 0 => Unchanged, null => Unknown }) << (2 * horizon);
}

/// <summary>The sums over the signals of a cell.</summary>
internal sealed class CellSums
{
    public long Signals { get; set; }

    /// <summary>How many of the signals that can be judged have which outcome.</summary>
    public long[] Outcomes { get; } = new long[SignalOutcome.Kinds];

    /// <summary>The time of the first signal that can be judged, in ticks.</summary>
    public long First { get; private set; } = long.MaxValue;

    public long Last { get; private set; } = long.MinValue;

    public TradeSums Trades { get; set; } = new();

    public void Judge(long time, byte outcome)
    {
        (First, Last) = (Math.Min(First, time), Math.Max(Last, time));
        Outcomes[outcome]++;
    }
}

/// <summary>The sums over closed trades that followed signals.</summary>
internal sealed class TradeSums
{
    public long Count { get; private set; }

    public long Won { get; private set; }

    public long Lost { get; private set; }

    /// <summary>How many of them have a profit in percent.</summary>
    public long Returns { get; private set; }

    /// <summary>The mean profit in percent.</summary>
    public double Mean { get; private set; }

    /// <summary>The sum of the squares of the distances to the mean.</summary>
    public double Squares { get; private set; }

    public SortedDictionary<string, (long Count, MoneySum Pnl)> ByAsset { get; } = new(StringComparer.Ordinal);

    public void Add(FollowingTrade trade, string asset)
    {
        Add(1, trade.Pnl > 0 ? 1 : 0, trade.Pnl < 0 ? 1 : 0);
        Add(asset, 1, default(MoneySum).Plus(trade.Pnl));
        if (trade.Percentage is { } percentage)
        {
            Add(1, Exact.ToDouble(percentage), 0);
        }
    }

    public void Add(TradeSums other)
    {
        Add(other.Count, other.Won, other.Lost);
        Add(other.Returns, other.Mean, other.Squares);
        foreach (var (asset, (count, pnl)) in other.ByAsset)
        {
            Add(asset, count, pnl);
        }
    }

    private void Add(long count, long won, long lost) => (Count, Won, Lost) = (Count + count, Won + won, Lost + lost);

    private void Add(string asset, long count, MoneySum pnl)
    {
        var old = ByAsset.GetValueOrDefault(asset);
        ByAsset[asset] = (old.Count + count, old.Pnl.Plus(pnl));
    }

    /// <summary>
    /// T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979. Sums of
    /// squares would lose the digits that a small deviation beside a large mean has.
    /// </summary>
    private void Add(long count, double mean, double squares)
    {
        if (count == 0)
        {
            return;
        }

        var all = Returns + count;
        var apart = mean - Mean;
        Squares += squares + (apart * apart * Returns * count / all);
        Mean += apart * count / all;
        Returns = all;
    }
}
