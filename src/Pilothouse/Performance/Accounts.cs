using Pilothouse.Bots;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// One account (docs/metrics.md, "Equity"): a bot, in one mode if its reports name modes. Its equity starts from the first balance that the
/// bot reported, and its trades change it.
/// </summary>
/// <param name="Mode">The mode in lower case; empty if the bot's reports name none.</param>
/// <param name="WithoutMode">Whether the bot's trades without a mode belong to this account.</param>
/// <param name="WithUnnamed">Whether trades that name no bot belong to this account.</param>
/// <param name="Balance">The first balance that was reported.</param>
/// <param name="ReportedAt">When it was reported.</param>
/// <param name="OpensAt">The time of its first report or of its first opened trade, whichever is earlier.</param>
internal sealed record Account(
    string Bot, string Mode, bool WithoutMode, bool WithUnnamed, decimal Balance, DateTimeOffset ReportedAt, DateTimeOffset OpensAt)
{
    /// <summary>The mode that reports must name to be this account's; null if all reports of the bot are.</summary>
    public string? OnlyOwnMode => WithoutMode ? null : Mode;

    /// <summary>Returns the profit of the account's trades that closed until a time, inclusive.</summary>
    /// <param name="few">Whether only few trades of all bots had closed until then.</param>
    /// <param name="assets">Receives the assets of those trades; with a conversion only of those without a price.</param>
    /// <param name="conversion">Converts the amounts; null takes them as they are.</param>
    public async ValueTask<MoneySum> ProfitUntilAsync(Session session, DateTimeOffset time, bool few, AssetCounts assets, Conversion? conversion = null)
    {
        var profit = default(MoneySum);
        await EachUntilAsync(session, time, few, row =>
        {
            var trade = ClosedTradeReader.Of(row);
            if (conversion is null)
            {
                profit = profit.Plus(trade.Pnl);
                assets.Add(trade.Asset);
            }
            else if (conversion.Of(trade.Pnl, trade.Asset, trade.ClosedAt) is { } pnl)
            {
                profit = profit.Plus(pnl);
            }
            else
            {
                assets.Add(trade.Asset);
            }
        });
        return profit;
    }

    /// <summary>Passes on the account's trades that closed until a time, inclusive, in any order.</summary>
    public async ValueTask EachUntilAsync(Session session, DateTimeOffset time, bool few, Action<TradeClosing> take)
    {
        foreach (var owner in Owners())
        {
            await AccountTrades.EachClosedAsync(session, owner, time, few, row =>
            {
                if (ClosedTradeReader.Of(row).ClosedAt <= time)
                {
                    take(row);
                }
            });
        }
    }

    /// <summary>Returns the same account, with OpensAt moved back to its first trade if that is older than its first report.</summary>
    public async ValueTask<Account> OpenedByTradesAsync(Session session)
    {
        var opens = OpensAt;
        foreach (var owner in Owners())
        {
            opens = await AccountTrades.FirstOpenAsync(session, owner, opens) is { } traded && traded < opens ? traded : opens;
        }

        return this with { OpensAt = opens };
    }

    private IEnumerable<TradeOwner> Owners()
    {
        var mode = Mode.Length == 0 ? null : Mode;
        yield return new(Bot, mode, WithoutMode);
        if (WithUnnamed)
        {
            yield return new(null, mode, WithoutMode);
        }
    }
}

/// <summary>The accounts that a request selects; it finds the account of a trade.</summary>
internal sealed class AccountBook
{
    private readonly Dictionary<string, List<Account>> byBot;
    private readonly string? unnamedBot;

    private readonly Dictionary<string, string?> onlyModes;
    private readonly Dictionary<Account, FirstReport> latest;

    /// <param name="onlyModes">For each bot whose reports name modes: the one mode that they name, or null if they name several.</param>
    /// <param name="latest">The last balance that was reported for each account.</param>
    private AccountBook(
        IReadOnlyList<Account> accounts, string? unnamedBot, Dictionary<string, string?> onlyModes, Dictionary<Account, FirstReport> latest)
    {
        Accounts = accounts;
        this.latest = latest;
        this.unnamedBot = unnamedBot;
        this.onlyModes = onlyModes;
        byBot = accounts.GroupBy(static account => account.Bot).ToDictionary(static bot => bot.Key, static bot => bot.ToList());
    }

    /// <summary>The accounts in the order in which they opened.</summary>
    public IReadOnlyList<Account> Accounts { get; }

    /// <summary>Whether trades that name no bot belong to this bot.</summary>
    public bool HasUnnamed(string bot) => bot == unnamedBot;

    /// <summary>Returns the last balance that was reported for an account.</summary>
    public FirstReport LatestOf(Account account) => latest[account];

    /// <summary>Returns the account whose equity a trade or a cash flow changed; null if it was not selected.</summary>
    public Account? Find(string? bot, string? mode)
    {
        if (byBot.TryGetValue(string.IsNullOrEmpty(bot) ? unnamedBot ?? "" : bot, out var accounts))
        {
            foreach (var account in accounts)
            {
                if (account.Mode.Length == 0 || (string.IsNullOrEmpty(mode) ? account.WithoutMode : account.Mode == mode))
                {
                    return account;
                }
            }
        }

        return null;
    }

    /// <summary>
    /// Returns a name for the account of a trade that has no reported balance. It contains the mode if the bot's reports name modes.
    /// </summary>
    public string NameOf(string? bot, string? mode)
    {
        var owner = string.IsNullOrEmpty(bot) ? unnamedBot ?? "" : bot;
        var name = owner.Length == 0 ? "(no bot_name)" : owner;
        return onlyModes.TryGetValue(owner, out var only) ? $"{name} ({(string.IsNullOrEmpty(mode) ? only ?? "no mode" : mode)})" : name;
    }

    /// <summary>Whether both books would give the same names to accounts.</summary>
    public bool NamesLike(AccountBook other) => onlyModes.Count == other.onlyModes.Count && !onlyModes.Except(other.onlyModes).Any();

    /// <summary>
    /// Returns the accounts that are new compared to <paramref name="old"/>; null if an account of the old book has changed.
    /// </summary>
    public List<Account>? AddedTo(AccountBook old)
    {
        var added = Accounts.Except(old.Accounts).ToList();
        return unnamedBot == old.unnamedBot && added.Count == Accounts.Count - old.Accounts.Count ? added : null;
    }

    /// <summary>Reads the accounts with a reported balance, of one bot and in one mode unless these are null.</summary>
    public static async ValueTask<AccountBook> ReadAsync(Session session, BalanceReports reports, string? botName, string? mode)
    {
        var known = await reports.ReadAsync(session);
        var unnamedBot = await UnnamedBotAsync(session, known);
        var accounts = new List<Account>();
        var latest = new Dictionary<Account, FirstReport>();
        foreach (var bot in known.GroupBy(static entry => entry.Key.Bot).Where(bot => botName is null || bot.Key == botName))
        {
            var byMode = bot.ToDictionary(static entry => entry.Key.Mode, static entry => entry.Value);
            foreach (var (account, last) in Of(bot.Key, byMode, bot.Key == unnamedBot))
            {
                if (mode is null || account.Mode == mode)
                {
                    var opened = await account.OpenedByTradesAsync(session);
                    accounts.Add(opened);
                    latest[opened] = last;
                }
            }
        }

        var modes = known.Keys.Where(static key => key.Mode.Length > 0).GroupBy(static key => key.Bot, static key => key.Mode);
        return new([.. accounts.OrderBy(static account => account.OpensAt)], unnamedBot,
            modes.ToDictionary(static bot => bot.Key, static bot => bot.Count() == 1 ? bot.First() : null), latest);
    }

    /// <summary>
    /// Returns one account for each mode that the bot's reports name. Reports without a mode belong to the one mode that the bot's other
    /// reports name; if those name several, they cannot be assigned and are left out.
    /// </summary>
    private static IEnumerable<(Account Account, FirstReport Latest)> Of(string bot, Dictionary<string, ModeReports> byMode, bool withUnnamed)
    {
        var said = byMode.Keys.Where(static mode => mode.Length > 0).ToList();
        foreach (var mode in said.Count == 0 ? [""] : said)
        {
            var reports = said.Count > 1 ? byMode[mode] : byMode.Values.Aggregate(static (all, more) => all.With(more));
            if (reports is { First: { } first, Balance: { } balance, Latest: { } latest })
            {
                yield return (new(bot, mode, said.Count < 2, withUnnamed, balance.Balance!.Value, balance.At, first.At), latest);
            }
        }
    }

    /// <summary>
    /// Returns the bot that trades without a bot_name belong to. Trades of the previous Python server have no bot_name: they belong to its
    /// own bot, or else to the bot that first reported a balance, if no trade names that bot.
    /// </summary>
    private static async ValueTask<string?> UnnamedBotAsync(Session session, Dictionary<(string Bot, string Mode), ModeReports> known)
    {
        var reporting = known.Where(static entry => entry.Value.Balance is not null).ToList();
        if (reporting.Count == 0)
        {
            return null;
        }

        var first = reporting.Any(static entry => entry.Key.Bot == BotFeature.UsualBot)
            ? BotFeature.UsualBot
            : reporting.MinBy(static entry => (entry.Value.Balance!.Value.At, entry.Value.Balance.Value.Id)).Key.Bot;
        return first == BotFeature.UsualBot || !await AccountTrades.AnyAsync(session, first) ? first : null;
    }
}
