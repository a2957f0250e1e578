using Pilothouse.CashFlows;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Which amounts of trades are converted to the reporting currency.</summary>
internal enum Converted
{
    /// <summary>None: all are of one unit.</summary>
    None,

    /// <summary>Those that change the equity. The trades that count are of one unit, and stay in it.</summary>
    Equity,

    /// <summary>All.</summary>
    All,
}

/// <summary>
/// Converts amounts to the reporting currency at the last known price of their asset at their time (docs/metrics.md, "Which money"). Prices
/// are read before the figures are made, and only where amounts of several units come together.
/// </summary>
internal sealed class Conversion(MoneyUnits units, Converted kind)
{
    private readonly AssetPrices prices = new(units);
    private readonly Dictionary<Account, string?> unitOf = [];

    public Converted Kind => kind;

    /// <summary>Returns the conversion of the amounts that a question is about.</summary>
    /// <param name="each">Passes on every trade that counts or changes the equity.</param>
    public static async ValueTask<Conversion> ReadAsync(
        Session session, WindowQuestion question, EquitySource source, Converted kind, Func<Action<TradeClosing>, ValueTask> each)
    {
        var conversion = new Conversion(question.Units, kind);
        var wanted = new HashSet<(string? Asset, DateTimeOffset At)>();
        await each(row => conversion.Meet(row, source.Find(row), wanted));
        foreach (var account in source.Accounts)
        {
            // Trades that closed before the first report may lie behind the window.
            await account.EachUntilAsync(session, account.ReportedAt, few: false, row => conversion.Meet(row, account, wanted));
            foreach (var flow in source.FlowsOf(account).Where(static flow => flow.Asset is not null))
            {
                conversion.Meet(account, flow.Asset);
            }

            var unit = conversion.UnitOf(account);
            wanted.Add((unit, account.OpensAt));
            wanted.UnionWith(source.FlowsOf(account).Select(flow => ((string?)(flow.Asset ?? unit), flow.At)));
        }

        await conversion.prices.FindAsync(session, wanted, question.Now);
        return conversion;
    }

    /// <summary>Returns a conversion of trades only.</summary>
    public static async ValueTask<Conversion> ReadAsync(Session session, MoneyUnits units, IEnumerable<TradeClosing> rows, DateTimeOffset now)
    {
        var conversion = new Conversion(units, Converted.All);
        await conversion.FindAsync(session, rows, now);
        return conversion;
    }

    /// <summary>Finds the prices that some more trades need.</summary>
    public ValueTask FindAsync(Session session, IEnumerable<TradeClosing> rows, DateTimeOffset now) =>
        prices.FindOnlyAsync(session, rows.Select(static row => (row.Asset, ClosedTradeReader.Of(row).ClosedAt)).ToHashSet(), now);

    /// <summary>Whether a price is stored by now that was not found before. Then what was converted must be read again.</summary>
    public ValueTask<bool> FindsMoreAsync(Session session, DateTimeOffset now) => prices.FindsMoreAsync(session, now);

    /// <summary>Returns the trade with the price of its asset.</summary>
    public ClosedTrade Price(in ClosedTrade trade) => trade with { Rate = prices.At(trade.Asset, trade.ClosedAt) };

    /// <summary>Returns the unit of an account's balances: that of all its trades and flows, or the reporting currency if they have several.</summary>
    public string UnitOf(Account account) => unitOf.GetValueOrDefault(account) ?? units.UnitOf(null);

    /// <summary>Whether an account's balances are in another unit than the reporting currency.</summary>
    public bool IsForeign(Account account) => UnitOf(account) != units.UnitOf(null);

    /// <summary>Whether a further trade leaves the units of all accounts as they are.</summary>
    public bool Fits(in TradeClosing row, Account? account) =>
        account is null || (unitOf.TryGetValue(account, out var unit) && (unit is null || unit == units.UnitOf(row.Asset)));

    /// <summary>Returns an amount in the reporting currency; null if its asset had no price then.</summary>
    public decimal? Of(decimal amount, string? asset, DateTimeOffset at) => prices.ValueOf(amount, asset, at);

    /// <summary>Returns what a deposit or withdrawal adds to the equity. Its asset is named if it has no price.</summary>
    public EquityFlow Of(Flow flow, Account account)
    {
        var asset = flow.Asset ?? UnitOf(account);
        return Of(flow.Amount, asset, flow.At) is { } amount ? new(flow.At, amount) : new(flow.At, 0, asset);
    }

    private void Meet(in TradeClosing row, Account? account, HashSet<(string? Asset, DateTimeOffset At)> wanted)
    {
        if (account is not null)
        {
            Meet(account, row.Asset);
        }

        if (!units.IsReporting(row.Asset))
        {
            wanted.Add((units.UnitOf(row.Asset), ClosedTradeReader.Of(row).ClosedAt));
        }
    }

    private void Meet(Account account, string? asset)
    {
        var unit = units.UnitOf(asset);
        unitOf[account] = unitOf.TryGetValue(account, out var before) && before != unit ? null : unit;
    }
}
