namespace Pilothouse.Trades;

/// <summary>By what closed trades are told apart.</summary>
/// <param name="Side">BUY or SELL; another word if another program stored one.</param>
/// <param name="Strategy">The strategy of the trade, else that of its signal.</param>
/// <param name="PnlPercentage">The profit in percent of the margin, as GET /api/trades shows it.</param>
internal sealed record TradeTraits(string? Pair, string? Side, string? Strategy, string? ExitReason, decimal? PnlPercentage);

/// <summary>Which traits of trades are read.</summary>
internal enum TraitsRead
{
    None,

    /// <summary>Those that are words.</summary>
    Words,

    /// <summary>All of them.</summary>
    All,
}
