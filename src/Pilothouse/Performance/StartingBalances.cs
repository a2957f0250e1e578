using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Whose equity the percent figures are of.</summary>
/// <param name="Amount">Of the one account that the parameter or the setting makes; null where the bots' own accounts count.</param>
/// <param name="Source">parameter, setting, bot_status, or null where nobody knows any equity.</param>
/// <param name="Book">The bots' accounts; empty beside a parameter or setting.</param>
internal sealed record EquitySource(decimal? Amount, string? Source, AccountBook? Book)
{
    public const string Parameter = "parameter";
    public const string Setting = "setting";
    public const string Reports = "bot_status";

    /// <summary>Whether all trades that were chosen by bot and mode are of one account.</summary>
    public bool IsOne => Amount is not null;

    /// <summary>The accounts that were chosen, by the time they opened.</summary>
    public IReadOnlyList<Account> Accounts => Book?.Accounts ?? [];

    /// <summary>Whether the equity at the start of a window depends on what closed before it.</summary>
    public bool NeedsEarlier => Source is Setting or Reports;

    /// <summary>The trades that move the equity beside those that were asked for.</summary>
    public TradesBeside Beside(ClosedTradeFilter filter) => Source switch
    {
        null => TradesBeside.None,
        Parameter or Setting => TradesBeside.OfBotAndMode,
        _ => filter.BotName is { } bot && !Book!.HasUnnamed(bot) ? TradesBeside.OfBot : TradesBeside.OfAll,
    };

    /// <summary>The account that a trade moved, if it was chosen.</summary>
    public Account? Find(in TradeClosing row) => Book?.Find(row.BotName, row.Mode);
}

/// <summary>Where equity comes from: the request, else STARTING_BALANCE, else what the bots reported.</summary>
internal sealed class StartingBalances(Settings settings, BalanceReports reports)
{
    public async ValueTask<EquitySource> FindAsync(Session session, decimal? parameter, string? botName, string? mode)
    {
        if (parameter is not null)
        {
            return new(parameter, EquitySource.Parameter, null);
        }

        if (settings.StartingBalance is not null)
        {
            return new(settings.StartingBalance, EquitySource.Setting, null);
        }

        var book = await AccountBook.ReadAsync(session, reports, botName, mode);
        return new(null, book.Accounts.Count == 0 ? null : EquitySource.Reports, book);
    }
}
