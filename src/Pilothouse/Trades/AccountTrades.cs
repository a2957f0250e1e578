using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>Selects the trades of one bot, or those that name no bot, in some modes.</summary>
/// <param name="BotName">The bot; null for the trades that name no bot.</param>
/// <param name="Mode">The mode in lower case; null for every mode.</param>
/// <param name="WithoutMode">Whether trades without a mode are selected too.</param>
internal sealed record TradeOwner(string? BotName, string? Mode, bool WithoutMode);

/// <summary>
/// Reads what the equity of an account needs of its trades: when the first was opened, and what closed before its first balance report.
/// </summary>
internal static class AccountTrades
{
    private const string OfMode = "(@any_mode = 1 OR coalesce(lower(mode), '') IN (@mode, @or_mode))";

    /// <summary>A voided trade is out of every figure, also out of those that only tell whether and since when there was one.</summary>
    private const string NotVoided = "coalesce(lower(status), '') <> 'voided'";

    private const string Named = "bot_name = @bot_name";

    private const string Unnamed = "coalesce(bot_name, '') = ''";

    private static readonly Sql FirstNamed = First(Named);

    private static readonly Sql FirstUnnamed = First(Unnamed);

    // Two queries for the same rows. The word unindexed keeps the engine from using the index of that condition.
    private static readonly Sql ClosedOfNamedByClose = Closed($"unindexed:{Named}", TradeStore.CloseKey);

    private static readonly Sql ClosedOfNamedByBot = Closed(Named, $"unindexed:{TradeStore.CloseKey}");

    private static readonly Sql ClosedOfUnnamed = Closed(Unnamed, TradeStore.CloseKey);

    private static readonly Sql Any = new($"SELECT 1 FROM trades WHERE bot_name = @bot_name AND {NotVoided} LIMIT 1");

    /// <summary>Whether any trade that is not voided names the bot.</summary>
    public static ValueTask<bool> AnyAsync(Session session, string botName) => session.Prepare(Any).Set("bot_name", botName).AnyAsync();

    /// <summary>Returns when the first of these trades was opened, if that is before <paramref name="before"/>; else null.</summary>
    public static ValueTask<DateTimeOffset?> FirstOpenAsync(Session session, TradeOwner owner, DateTimeOffset before) =>
        Bind(session.Prepare(owner.BotName is null ? FirstUnnamed : FirstNamed), owner).Set("before", (DateTimeOffset?)before)
            .FirstAsync(static row => row.Time(0));

    /// <summary>Passes on the trades that closed up to a time, inclusive, in any order.</summary>
    /// <param name="byClose">True if few trades of all bots closed until then: they are found by their close. False reads the trades of
    /// this bot.</param>
    public static ValueTask EachClosedAsync(Session session, TradeOwner owner, DateTimeOffset until, bool byClose, Action<TradeClosing> take) =>
        Bind(session.Prepare(owner.BotName is null ? ClosedOfUnnamed : byClose ? ClosedOfNamedByClose : ClosedOfNamedByBot), owner)
            .Set("to", Timestamps.ToStoredAfter(until)).EachAsync(row => take(ClosedTrades.Read(row)));

    private static Statement Bind(Statement statement, TradeOwner owner)
    {
        statement = owner.BotName is { } bot ? statement.Set("bot_name", bot) : statement;
        return statement.Set("any_mode", owner.Mode is null ? 1L : 0L).Set("mode", owner.Mode)
            .Set("or_mode", owner.WithoutMode ? "" : owner.Mode);
    }

    /// <summary>The first opening. A time that cannot be read is empty or sorts behind every year, and does not count.</summary>
    private static Sql First(string whose) => new($"""
        SELECT time_of(timestamp) FROM trades
        WHERE {whose} AND {NotVoided} AND {OfMode} AND has_time(timestamp) AND time_key(timestamp) < @before
        ORDER BY time_key(timestamp) LIMIT 1
        """);

    private static Sql Closed(string whose, string closeKey) => new(
        $"SELECT {ClosedTrades.Columns} FROM trades WHERE lower(status) = 'closed' AND {whose} AND {OfMode} AND {closeKey} < @to");
}
