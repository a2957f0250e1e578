using Pilothouse.Contract;

namespace Pilothouse.Scorecard;

/// <summary>Gives each <see cref="Cell"/> a number, from 0 in the order in which they came. Not thread-safe.</summary>
internal sealed class CellNumbers
{
    private readonly Dictionary<(int Pair, int Type, int Band, int Strategy, int Model, int Bot), int> numbers = [];
    private readonly List<SignalTraits> traits = [];
    private readonly Words pairs = new();
    private readonly Words types = new();
    private readonly Words strategies = new();
    private readonly Words models = new();
    private readonly Words bots = new();

    public List<Cell> Cells { get; } = [];

    /// <summary>What the signals of each cell say, as it is stored.</summary>
    public IReadOnlyList<SignalTraits> Traits => traits;

    /// <summary>Returns the number of the cell to which a signal belongs.</summary>
    public int Of(in SignalTraits signal)
    {
        var key = (pairs.Of(signal.Pair), types.Of(signal.Type), signal.Band, strategies.Of(signal.Strategy), models.Of(signal.Model), bots.Of(signal.Bot));
        if (!numbers.TryGetValue(key, out var number))
        {
            numbers[key] = number = Cells.Count;
            traits.Add(signal);
            Cells.Add(new(
                TradingPair.Upper(signal.Pair ?? ""), Cell.TypeOf(signal.Type), signal.Band == Words.None ? null : Cell.Bands[signal.Band], signal.Strategy,
                signal.Model, signal.Bot));
        }

        return number;
    }
}

/// <summary>By what signals are told apart, as it is stored.</summary>
/// <param name="Band">The number of the band of the absolute strength.</param>
internal readonly record struct SignalTraits(string? Pair, string? Type, int Band, string? Strategy, string? Model, string? Bot);
