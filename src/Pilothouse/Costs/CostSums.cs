using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>What the kept sums of costs are split by. Names are as they were sent; null where a use names none.</summary>
/// <param name="Agent">The agent of the decision that the use names.</param>
internal sealed record CostKey(string Api, string Operation, string? Model, string? Bot, string? Agent)
{
    /// <summary>Each use is looked up by its key, and few keys have many uses.</summary>
    private readonly int hash = HashCode.Combine(Api, Operation, Model, Bot, Agent);

    public override int GetHashCode() => hash;
}

/// <summary>One stored use of an outside API, as the sums need it.</summary>
/// <param name="Day">The day (UTC) of its time; null if it has no time that can be read.</param>
/// <param name="Cost">Its cost; null if that is not known.</param>
internal readonly record struct CostUse(
    long Id, DateOnly? Day, CostKey Key, long Calls, decimal? Cost, long Hits, long Misses, long Input, long Output, long Cached, bool IsUnpriced);

/// <summary>Sums over uses. Whole numbers stay at the largest one if they would overflow.</summary>
internal sealed class CostSums
{
    public long Uses { get; private set; }

    public long Calls { get; private set; }

    /// <summary>Of the uses whose cost is known.</summary>
    public MoneySum Cost { get; private set; }

    public long Hits { get; private set; }

    public long Misses { get; private set; }

    public long Input { get; private set; }

    public long Output { get; private set; }

    public long Cached { get; private set; }

    public long UnpricedUses { get; private set; }

    public long UnpricedTokens { get; private set; }

    /// <summary>Of the uses with a known cost that had misses of a cache: what these misses cost, and how many there were.</summary>
    public MoneySum CostOfMisses { get; private set; }

    public long PricedMisses { get; private set; }

    /// <summary>Returns the sums of a key, which are new if it has none.</summary>
    public static CostSums Of<TKey>(Dictionary<TKey, CostSums> sums, TKey key)
        where TKey : notnull => sums.TryGetValue(key, out var sum) ? sum : sums[key] = new CostSums();

    public void Add(in CostUse use)
    {
        Uses++;
        (Calls, Hits, Misses) = (WholeSum.Plus(Calls, use.Calls), WholeSum.Plus(Hits, use.Hits), WholeSum.Plus(Misses, use.Misses));
        (Input, Output, Cached) = (WholeSum.Plus(Input, use.Input), WholeSum.Plus(Output, use.Output), WholeSum.Plus(Cached, use.Cached));
        if (use.IsUnpriced)
        {
            UnpricedUses++;
            UnpricedTokens = WholeSum.Plus(WholeSum.Plus(WholeSum.Plus(UnpricedTokens, use.Input), use.Output), use.Cached);
            return;
        }

        var cost = use.Cost ?? 0;
        Cost = Cost.Plus(cost);
        if (use.Misses > 0)
        {
            (CostOfMisses, PricedMisses) = (CostOfMisses.Plus(cost), WholeSum.Plus(PricedMisses, use.Misses));
        }
    }

    public void Add(CostSums other)
    {
        Uses += other.Uses;
        Cost = Cost.Plus(other.Cost);
        (Calls, Hits, Misses) = (WholeSum.Plus(Calls, other.Calls), WholeSum.Plus(Hits, other.Hits), WholeSum.Plus(Misses, other.Misses));
        (Input, Output, Cached) = (WholeSum.Plus(Input, other.Input), WholeSum.Plus(Output, other.Output), WholeSum.Plus(Cached, other.Cached));
        (UnpricedUses, UnpricedTokens) = (UnpricedUses + other.UnpricedUses, WholeSum.Plus(UnpricedTokens, other.UnpricedTokens));
        (CostOfMisses, PricedMisses) = (CostOfMisses.Plus(other.CostOfMisses), WholeSum.Plus(PricedMisses, other.PricedMisses));
    }
}
