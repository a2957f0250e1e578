using Pilothouse.Bots;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>
/// One account (docs/metrics.md, "Equity"): a bot, in one mode where its reports say modes. Its equity is anchored at the first balance
/// that it reported, and moved by its trades.
/// </summary>
/// <param name="Mode">In lower case; empty where the bot's reports say none.</param>
/// <param name="WithoutMode">Whether the bot's trades without a mode are this account's.</param>
/// <param name="WithUnnamed">Whether trades that name no bot are this account's.</param>
/// <param name="Balance">The first balance that was reported.</param>
/// <param name="ReportedAt">When it was reported.</param>
/// <param name="OpensAt">Its first report or the first opening of a trade, whichever was earlier.</param>
internal sealed record Account(
    string Bot, string Mode, bool WithoutMode, bool WithUnnamed, decimal Balance, DateTimeOffset ReportedAt, DateTimeOffset OpensAt)
{
    /// <summary>Equity before its first trade: the first balance less what had closed until it was reported.</summary>
    /// <param name="isFirst">Whether no account is older, so that few trades had closed before its report.</param>
    /// <param name="assets">Takes up the assets of those trades.</param>
    public async ValueTask<MoneySum> OpeningAsync(Session session, bool isFirst, AssetCounts assets)
    {
        var opening = new MoneySum(Balance, false);
        foreach (var owner in Owners())
        {
            await AccountTrades.EachClosedAsync(session, owner, ReportedAt, isFirst, row =>
            {
                var trade = ClosedTradeReader.Of(row);
                if (trade.ClosedAt <= ReportedAt)
                {
                    opening = opening.Plus(-trade.Pnl);
                    assets.Add(trade.Asset);
                }
            });
        }

        return opening;
    }

    /// <summary>The same account, opened by its first trade if that is older than its first report.</summary>
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

/// <summary>The accounts that a question chooses, and whose a trade is.</summary>
internal sealed class AccountBook
{
    private readonly Dictionary<string, List<Account>> byBot;
    private readonly string? unnamedBot;

    private readonly Dictionary<string, string?> onlyModes;

    /// <param name="onlyModes">Of each bot whose reports say modes the one that they say; null where they say several.</param>
    private AccountBook(IReadOnlyList<Account> accounts, string? unnamedBot, Dictionary<string, string?> onlyModes)
    {
        Accounts = accounts;
        this.unnamedBot = unnamedBot;
        this.onlyModes = onlyModes;
        byBot = accounts.GroupBy(static account => account.Bot).ToDictionary(static bot => bot.Key, static bot => bot.ToList());
    }

    /// <summary>By the time they opened.</summary>
    public IReadOnlyList<Account> Accounts { get; }

    /// <summary>Whether trades that name no bot are this bot's.</summary>
    public bool HasUnnamed(string bot) => bot == unnamedBot;

    /// <summary>The account that a trade moved, if it was chosen.</summary>
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

    /// <summary>How the account of a trade is named that has no balance here: with its mode where the bot's reports say modes.</summary>
    public string NameOf(string? bot, string? mode)
    {
        var owner = string.IsNullOrEmpty(bot) ? unnamedBot ?? "" : bot;
        var name = owner.Length == 0 ? "(no bot_name)" : owner;
        return onlyModes.TryGetValue(owner, out var only) ? $"{name} ({(string.IsNullOrEmpty(mode) ? only ?? "no mode" : mode)})" : name;
    }

    /// <summary>Whether accounts have the same names in both books.</summary>
    public bool NamesLike(AccountBook other) => onlyModes.Count == other.onlyModes.Count && !onlyModes.Except(other.onlyModes).Any();

    /// <summary>The accounts that this book has and <paramref name="old"/> has not; null where an older one is not what it was.</summary>
    public List<Account>? AddedTo(AccountBook old)
    {
        var added = Accounts.Except(old.Accounts).ToList();
        return unnamedBot == old.unnamedBot && added.Count == Accounts.Count - old.Accounts.Count ? added : null;
    }

    /// <summary>The accounts with a reported balance, of that bot and in that mode where they are not null.</summary>
    public static async ValueTask<AccountBook> ReadAsync(Session session, BalanceReports reports, string? botName, string? mode)
    {
        var known = await reports.ReadAsync(session);
        var unnamedBot = await UnnamedBotAsync(session, known);
        var accounts = new List<Account>();
        foreach (var bot in known.GroupBy(static entry => entry.Key.Bot).Where(bot => botName is null || bot.Key == botName))
        {
            var byMode = bot.ToDictionary(static entry => entry.Key.Mode, static entry => entry.Value);
            foreach (var account in Of(bot.Key, byMode, bot.Key == unnamedBot))
            {
                if (mode is null || account.Mode == mode)
                {
                    accounts.Add(await account.OpenedByTradesAsync(session));
                }
            }
        }

        var modes = known.Keys.Where(static key => key.Mode.Length > 0).GroupBy(static key => key.Bot, static key => key.Mode);
        return new([.. accounts.OrderBy(static account => account.OpensAt)], unnamedBot,
            modes.ToDictionary(static bot => bot.Key, static bot => bot.Count() == 1 ? bot.First() : null));
    }

    /// <summary>
    /// One account for each mode that the reports say. Reports without a mode belong to the one mode that others of this bot say; where
    /// those say several, nobody can tell whose they are.
    /// </summary>
    private static IEnumerable<Account> Of(string bot, Dictionary<string, ModeReports> byMode, bool withUnnamed)
    {
        var said = byMode.Keys.Where(static mode => mode.Length > 0).ToList();
        foreach (var mode in said.Count == 0 ? [""] : said)
        {
            var reports = said.Count > 1 ? byMode[mode] : byMode.Values.Aggregate(static (all, more) => all.With(more));
            if (reports is { First: { } first, Balance: { } balance })
            {
                yield return new(bot, mode, said.Count < 2, withUnnamed, balance.Balance!.Value, balance.At, first.At);
            }
        }
    }

    /// <summary>
    /// The seed's trades have no bot_name, and its bot reports. Such trades belong to the seed's own bot, or else to the bot that first
    /// reported a balance if no trade names it.
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
