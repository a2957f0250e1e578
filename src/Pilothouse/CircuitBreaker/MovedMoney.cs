using Pilothouse.CashFlows;
using Pilothouse.Performance;
using Pilothouse.Prices;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>What moves an equity.</summary>
/// <param name="Amount">In the unit of the equity, as far as it has a price in it.</param>
/// <param name="Missing">What has none; null if all has one.</param>
internal readonly record struct MovedMoney(decimal Amount, MissingPrices? Missing = null)
{
    /// <summary>Returns a converted amount, or names it if it has no price.</summary>
    public static MovedMoney Of(decimal? converted, string unit, string what)
    {
        if (converted is { } amount)
        {
            return new(amount);
        }

        var missing = new MissingPrices();
        missing.Add(unit, what);
        return new(0, missing);
    }
}

/// <summary>Money that comes or goes for another reason than a trade: an account that joins, a deposit, a withdrawal.</summary>
/// <param name="Own">For the account: in its own unit, or in the reporting currency if it has several.</param>
/// <param name="OfAll">For all accounts together: in the unit of all, or in the reporting currency if there are several.</param>
internal readonly record struct JoiningMoney(DateTimeOffset At, MoneyScope Scope, MovedMoney Own, MovedMoney OfAll);

/// <summary>
/// States what moves the equity of accounts, and of all together, each in its unit (docs/metrics.md, "Circuit breaker"). Where amounts of
/// several units come together they are converted as those of the performance are. Until then it notes which units there are.
/// </summary>
/// <param name="units">Which amounts may be added as they are.</param>
/// <param name="conversion">Converts amounts; null where all are of one unit.</param>
internal sealed class EquityMoney(MoneyUnits units, Conversion? conversion)
{
    private readonly HashSet<string> met = new(StringComparer.Ordinal);

    public bool IsConverted => conversion is not null;

    /// <summary>The currency of what is converted.</summary>
    public string Reporting => units.Reporting;

    /// <summary>Whether amounts of several units came together that are not converted.</summary>
    public bool MustConvert => conversion is null && met.Count > 1;

    /// <summary>Whether a trade that moves the equity leaves the unit of everybody as it is.</summary>
    public bool Takes(in TradeClosing row, Account? account) =>
        conversion?.Fits(row, account) ?? (met.Count == 0 || met.Contains(units.UnitOf(row.Asset)));

    /// <summary>Finds the prices that further trades need.</summary>
    public ValueTask FindAsync(Session session, IEnumerable<TradeClosing> rows, DateTimeOffset now) =>
        conversion?.FindAsync(session, rows, now) ?? ValueTask.CompletedTask;

    /// <summary>Whether prices are stored by now that were missing.</summary>
    public ValueTask<bool> FindsMoreAsync(Session session, DateTimeOffset now) => conversion?.FindsMoreAsync(session, now) ?? new(false);

    /// <summary>Returns what a close moves: of its account, and of all accounts together.</summary>
    public (MovedMoney Own, MovedMoney OfAll) Of(in ClosedTrade trade, Account? account)
    {
        if (conversion is null)
        {
            met.Add(units.UnitOf(trade.Asset));
            return (new(trade.Pnl), new(trade.Pnl));
        }

        var worth = MovedMoney.Of(conversion.Of(trade.Pnl, trade.Asset, trade.ClosedAt), units.UnitOf(trade.Asset), "trade");
        return (account is not null && conversion.IsForeign(account) ? new(trade.Pnl) : worth, worth);
    }

    /// <summary>Returns what a deposit or withdrawal moves.</summary>
    public JoiningMoney Of(Flow flow, Account account)
    {
        var (at, scope) = (flow.At, MoneyScope.Of(account));
        if (conversion is null)
        {
            Meet(flow.Asset);
            return new(at, scope, new(flow.Amount), new(flow.Amount));
        }

        var converted = conversion.Of(flow, account);
        var worth = MovedMoney.Of(converted.Asset is null ? converted.Amount : null, units.UnitOf(converted.Asset), "cash flow");
        return new(at, scope, conversion.IsForeign(account) ? new(flow.Amount) : worth, worth);
    }

    /// <summary>Returns the equity with which an account opened; null if it is too large to state.</summary>
    /// <param name="isFirst">Whether no account is older.</param>
    public async ValueTask<JoiningMoney?> OpeningAsync(Session session, EquitySource source, Account account, bool isFirst)
    {
        var assets = new AssetCounts();
        if (conversion is null)
        {
            var opening = await AccountHistory.OpeningAsync(session, source, account, null, isFirst, assets);
            foreach (var (asset, _) in assets)
            {
                Meet(asset);
            }

            return opening.Value is { } amount ? new(account.OpensAt, MoneyScope.Of(account), new(amount), new(amount)) : null;
        }

        var balances = new AssetCounts();
        if ((await AccountHistory.OpeningAsync(session, source, account, conversion, assets, balances)).Value is not { } converted)
        {
            return null;
        }

        var missing = new MissingPrices();
        foreach (var (asset, trades) in assets)
        {
            missing.Add(units.UnitOf(asset), "trade", trades);
        }

        foreach (var (unit, count) in balances)
        {
            missing.Add(unit, "balance", count);
        }

        var ofAll = new MovedMoney(converted, missing.Any ? missing : null);
        var own = ofAll;
        if (conversion.IsForeign(account))
        {
            own = (await AccountHistory.OpeningAsync(session, source, account, null, isFirst, new AssetCounts())).Value is { } amount ? new(amount) : ofAll;
        }

        return new(account.OpensAt, MoneyScope.Of(account), own, ofAll);
    }

    /// <summary>Notes the unit of a deposit or of an earlier trade. A deposit that names no asset is in the unit of its account.</summary>
    private void Meet(string? asset)
    {
        if (asset is not null)
        {
            met.Add(units.UnitOf(asset));
        }
    }
}
