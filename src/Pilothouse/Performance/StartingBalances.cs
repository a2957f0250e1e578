using Pilothouse.Bots;
using Pilothouse.CashFlows;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Where the equity of the percent figures comes from.</summary>
/// <param name="Amount">The balance of the single account of a parameter or setting; null if the bots' own accounts count.</param>
/// <param name="Source">parameter, setting, bot_status, or null if no equity is known.</param>
/// <param name="Book">The accounts of the bots; empty if a parameter or setting is used.</param>
/// <param name="Flows">The deposits and withdrawals of all bots, in the order of their times; none if a parameter or setting is used.</param>
internal sealed record EquitySource(decimal? Amount, string? Source, AccountBook? Book, IReadOnlyList<Flow> Flows)
{
    public const string Parameter = "parameter";
    public const string Setting = "setting";
    public const string Reports = "bot_status";

    /// <summary>Whether all selected trades belong to one account.</summary>
    public bool IsOne => Amount is not null;

    /// <summary>The selected accounts in the order in which they opened.</summary>
    public IReadOnlyList<Account> Accounts => Book?.Accounts ?? [];

    /// <summary>Whether the equity at the start of a window depends on the trades that closed before it.</summary>
    public bool NeedsEarlier => Source is Setting or Reports;

    /// <summary>Returns which trades change the equity in addition to the selected ones.</summary>
    public TradesBeside Beside(ClosedTradeFilter filter) => Source switch
    {
        null => TradesBeside.None,
        Parameter or Setting => TradesBeside.OfBotAndMode,
        _ => filter.BotName is { } bot && !Book!.HasUnnamed(bot) ? TradesBeside.OfBot : TradesBeside.OfAll,
    };

    /// <summary>Returns the account whose equity a trade changed; null if it was not selected.</summary>
    public Account? Find(in TradeClosing row) => Book?.Find(row.BotName, row.Mode);

    /// <summary>
    /// Returns the flows that changed the equity of an account, in order. One from before its opening is in the equity that it opened with.
    /// </summary>
    public IEnumerable<Flow> FlowsOf(Account account) => Flows.Where(flow => flow.At > account.OpensAt && Book!.Find(flow.BotName, flow.Mode) == account);

    /// <summary>Returns the flows that changed the equity of the selected accounts, in order.</summary>
    public IEnumerable<Flow> FlowsOfAll() => Flows.Where(flow => Book!.Find(flow.BotName, flow.Mode) is { } account && flow.At > account.OpensAt);
}

/// <summary>Finds the starting equity: the request's parameter, else STARTING_BALANCE, else the balances that the bots reported.</summary>
internal sealed class StartingBalances(Settings settings, BalanceReports reports, FlowBook flows)
{
    public async ValueTask<EquitySource> FindAsync(Session session, decimal? parameter, string? botName, string? mode)
    {
        if (parameter is not null)
        {
            return new(parameter, EquitySource.Parameter, null, []);
        }

        if (settings.StartingBalance is not null)
        {
            return new(settings.StartingBalance, EquitySource.Setting, null, []);
        }

        var book = await AccountBook.ReadAsync(session, reports, botName, mode);
        return book.Accounts.Count == 0 ? new(null, null, book, []) : new(null, EquitySource.Reports, book, await flows.ReadAsync(session));
    }
}
