using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>The words of a closed trade.</summary>
internal readonly record struct TapeKind(string? Bot, string? Mode, string? Asset, TradeTraits Traits);

/// <summary>
/// The words of closed trades, each combination once. They are only added to, by one thread at a time; an index stays what it is.
/// </summary>
internal sealed class TapeWords
{
    private const int MostKinds = 50_000;
    private const int MostReasons = 10_000;
    private readonly Dictionary<TapeKind, int> kinds = [];
    private readonly Dictionary<string, int> reasons = new(StringComparer.Ordinal);
    private readonly List<string?> reasonList = [null];
    private readonly List<TapeKind> kindList = [];
    private TapeKind[] kindArray = [];
    private string?[] reasonArray = [null];

    /// <summary>Whether there are so many combinations that a number for each would save nothing.</summary>
    public bool AreTooMany => kinds.Count > MostKinds;

    /// <summary>Whether every exit reason is there. A bot that writes prices into them has one for each trade.</summary>
    public bool HasReasons => reasons.Count <= MostReasons;

    /// <summary>The combinations, and the exit reasons, by their indexes, until now.</summary>
    public (TapeKind[] Kinds, string?[] Reasons) Lists()
    {
        kindArray = kindArray.Length == kindList.Count ? kindArray : [.. kindList];
        reasonArray = reasonArray.Length == reasonList.Count ? reasonArray : [.. reasonList];
        return (kindArray, reasonArray);
    }

    /// <summary>Returns the trade of a row with its traits.</summary>
    public TapedTrade Of(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        return new(
            row.Id, trade.OpenedAt.UtcTicks, trade.ClosedAt.UtcTicks, trade.Pnl, trade.Fees, row.PnlPercentage,
            KindOf(new(row.BotName, row.Mode, row.Asset, row.Traits!)), ReasonOf(row.ExitReason));
    }

    private int KindOf(in TapeKind kind)
    {
        if (!kinds.TryGetValue(kind, out var index))
        {
            kinds[kind] = index = kinds.Count;
            kindList.Add(kind);
        }

        return index;
    }

    private int ReasonOf(string? reason)
    {
        if (reason is null || !HasReasons)
        {
            return 0;
        }

        if (!reasons.TryGetValue(reason, out var index))
        {
            reasons[reason] = index = reasonList.Count;
            reasonList.Add(reason);
        }

        return index;
    }
}
