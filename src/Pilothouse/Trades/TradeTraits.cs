namespace Pilothouse.Trades;

/// <summary>By what closed trades are told apart.</summary>
/// <param name="Side">BUY or SELL; another word if another program stored one.</param>
/// <param name="Strategy">The strategy of the trade, else that of its signal.</param>
internal sealed record TradeTraits(string? Pair, string? Side, string? Strategy);

/// <summary>Which traits of trades are read.</summary>
internal enum TraitsRead
{
    None,

    /// <summary>Pair, side and strategy.</summary>
    Words,

    /// <summary>Those, and why trades were closed.</summary>
    ExitReason,

    /// <summary>All of them, and the profit in percent of the margin.</summary>
    All,
}
