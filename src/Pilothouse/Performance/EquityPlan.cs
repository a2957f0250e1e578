using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Money that comes or goes without being a return: the opening equity of an account that joins, a deposit, a withdrawal.</summary>
/// <param name="Asset">The asset of a deposit or withdrawal, if it was named.</param>
internal readonly record struct EquityFlow(DateTimeOffset At, decimal Amount, string? Asset = null);

/// <summary>The start of the percent figures of a window.</summary>
/// <param name="StartingBalance">The equity at the start; null if it is unknown or does not fit a decimal.</param>
/// <param name="FirstDay">The first day that counts; null for the day of the first close.</param>
/// <param name="LastDay">The last day that counts; null for the day of the last close.</param>
/// <param name="Flows">What comes or goes after the start, in order.</param>
/// <param name="Accounts">How many accounts the equity consists of.</param>
/// <param name="WhyNone">Why there is no starting balance, if the reason is another than that no bot reported one.</param>
internal sealed record EquityPlan(
    decimal? StartingBalance,
    DateOnly? FirstDay,
    DateOnly? LastDay,
    IReadOnlyList<EquityFlow> Flows,
    int Accounts,
    string? WhyNone = null)
{
    /// <summary>The assets of the trades from which the starting balance and the openings were computed.</summary>
    public AssetCounts EarlierAssets { get; init; } = new();

    /// <summary>The assets of the deposits and withdrawals before the start.</summary>
    public AssetCounts EarlierFlowAssets { get; init; } = new();

    /// <summary>The units of accounts whose opening equity could not be converted.</summary>
    public AssetCounts UnpricedBalances { get; init; } = new();

    /// <summary>Which amounts may be added.</summary>
    public MoneyUnits Units { get; init; } = MoneyUnits.Usual;

    /// <summary>
    /// Which amounts are converted. Then the assets of earlier trades and flows, and of flows, are only those without a price.
    /// </summary>
    public Converted Converted { get; init; }

    /// <summary>When the equity at the start was there; null if it is only known that it was before the first close.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>Whether these are the figures of one currency inside other figures. They contain no further split by currency.</summary>
    public bool IsPart { get; init; }

    /// <summary>Returns a plan with one account with that balance, if any, from the first to the last close.</summary>
    public static EquityPlan OneAccount(decimal? startingBalance) => new(startingBalance, null, null, [], startingBalance is null ? 0 : 1);

    /// <summary>Returns how many days there are from the first that counts to the last, including days without trades.</summary>
    /// <param name="closes">The first and the last day on which a trade closed.</param>
    /// <param name="returns">The same for trades that have a return. They may lie outside of the other days, because other programs store
    /// closes before the opening.</param>
    public int CalendarDays((DateOnly First, DateOnly Last)? closes, (DateOnly First, DateOnly Last)? returns)
    {
        var first = FirstDay ?? closes?.First;
        var last = LastDay ?? closes?.Last;
        if (returns is { } span)
        {
            (first, last) = (first < span.First ? first : span.First, last > span.Last ? last : span.Last);
        }

        return first is { } from && last is { } to && to >= from ? to.DayNumber - from.DayNumber + 1 : 0;
    }
}

/// <summary>How a trade takes part in the figures.</summary>
[Flags]
internal enum TradePart
{
    None = 0,

    /// <summary>The request selects it.</summary>
    Counts = 1,

    /// <summary>It changed the equity of a selected account.</summary>
    MovesEquity = 2,

    Both = Counts | MovesEquity,
}

/// <summary>Reads the flags of a trade.</summary>
internal static class TradeParts
{
    /// <summary>Like <see cref="Enum.HasFlag"/>, which allocates memory until the JIT has optimized its caller.</summary>
    public static bool Has(this TradePart part, TradePart flag) => (part & flag) != 0;
}
