namespace Pilothouse.Performance;

/// <summary>An account that joins: its opening equity is no return of anybody's.</summary>
internal readonly record struct AccountOpening(DateTimeOffset At, decimal Equity);

/// <summary>What the percent figures of a window begin with.</summary>
/// <param name="StartingBalance">Equity at the start; null where nobody knows it, or it does not fit a decimal.</param>
/// <param name="FirstDay">The first day that counts; null for that of the first close.</param>
/// <param name="LastDay">The last one; null for that of the last close.</param>
/// <param name="Openings">Accounts that join after the start, in order.</param>
/// <param name="Accounts">How many accounts the equity is of.</param>
/// <param name="WhyNone">Why there is no starting balance, where it is not that nobody reported one.</param>
internal sealed record EquityPlan(
    decimal? StartingBalance,
    DateOnly? FirstDay,
    DateOnly? LastDay,
    IReadOnlyList<AccountOpening> Openings,
    int Accounts,
    string? WhyNone = null)
{
    /// <summary>Of the trades that the starting balance and the openings follow from.</summary>
    public AssetCounts EarlierAssets { get; init; } = new();

    /// <summary>Whether these are the figures of one currency within others, which have none within them.</summary>
    public bool IsPart { get; init; }

    /// <summary>One account with that balance, if any, from the first to the last close.</summary>
    public static EquityPlan OneAccount(decimal? startingBalance) => new(startingBalance, null, null, [], startingBalance is null ? 0 : 1);

    /// <summary>Every day from the first that counts to the last, days without trades included.</summary>
    /// <param name="closes">The first and the last day on which a trade closed.</param>
    /// <param name="returns">The same of trades that have a return; other programs store closes before the opening, which may lie outside.</param>
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

/// <summary>What a trade is to the figures.</summary>
[Flags]
internal enum TradePart
{
    None = 0,

    /// <summary>It was asked for.</summary>
    Counts = 1,

    /// <summary>It moved the equity of an account that was chosen.</summary>
    MovesEquity = 2,

    Both = Counts | MovesEquity,
}

/// <summary>Reads parts of a trade.</summary>
internal static class TradeParts
{
    /// <summary>As <see cref="Enum.HasFlag"/>, which allocates until the method that calls it was compiled a second time.</summary>
    public static bool Has(this TradePart part, TradePart flag) => (part & flag) != 0;
}
