using Pilothouse.CashFlows;
using Pilothouse.Performance;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>
/// The curves of all accounts and of all together. Trades are added in the order in which they closed; whatever changes the past makes it
/// necessary to read all again. Not thread-safe.
/// </summary>
internal sealed partial class MoneyCurves
{
    private readonly Dictionary<MoneyScope, MoneyCurve> curves = new() { [MoneyScope.All] = new() };
    private readonly List<JoiningMoney> joining = [];
    private readonly EquityMoney money;
    private readonly List<Hold> peaks;
    private EquitySource source;
    private (DateTimeOffset ClosedAt, long Id)? last;

    private MoneyCurves(EquitySource source, IEnumerable<Hold> holds, EquityMoney money)
    {
        this.source = source;
        this.money = money;
        peaks = [.. holds.Where(static hold => hold.PeakFrom is not null)];
    }

    /// <summary>
    /// Reads everything: in one pass, unless another program stored times whose text does not sort by time, or amounts of several units
    /// come together, which are converted then.
    /// </summary>
    public static async ValueTask<MoneyCurves> ReadAsync(
        Session session, EquitySource source, IReadOnlyList<Hold> holds, MoneyUnits units, DateTimeOffset now)
    {
        var curves = await ReadAsync(session, source, holds, new EquityMoney(units, null));
        if (!curves.money.MustConvert)
        {
            return curves;
        }

        var question = new WindowQuestion(new ClosedTradeFilter(), TimeZoneInfo.Utc, null, now, units);
        var conversion = await Conversion.ReadAsync(session, question, source, Converted.All, take => EachAsync(session, take));
        return await ReadAsync(session, source, holds, new EquityMoney(units, conversion));
    }

    private static async ValueTask<MoneyCurves> ReadAsync(Session session, EquitySource source, IReadOnlyList<Hold> holds, EquityMoney money)
    {
        var curves = await BeginAsync(session, source, holds, money);
        var inOrder = true;
        await EachAsync(session, row =>
        {
            inOrder = inOrder && curves.IsNext(row);
            if (inOrder)
            {
                curves.Add(row);
            }
        });
        if (!inOrder)
        {
            var rows = new List<TradeClosing>();
            await EachAsync(session, rows.Add);
            curves = await BeginAsync(session, source, holds, money);
            foreach (var row in rows.OrderBy(static row => ClosedTradeReader.Of(row).ClosedAt).ThenBy(static row => row.Id))
            {
                curves.Add(row);
            }
        }

        curves.BeginAgain(null);
        return curves;
    }

    /// <summary>Takes over accounts that are new.</summary>
    /// <returns>False if the past has changed, so that all must be read again.</returns>
    public async ValueTask<bool> TryFollowAsync(Session session, EquitySource now)
    {
        if (source.Amount != now.Amount || source.Source != now.Source)
        {
            return false;
        }

        if (now.Book is { } book)
        {
            if (book.AddedTo(source.Book!) is not { } added || added.Any(account => !(account.OpensAt > last?.ClosedAt)))
            {
                return false;
            }

            // A deposit that is entered late changes the returns of the trades after it.
            var entered = now.FlowsOfAll().Except(source.FlowsOfAll()).ToList();
            if (source.FlowsOfAll().Except(now.FlowsOfAll()).Any() || entered.Any(flow => !(flow.At > last?.ClosedAt)))
            {
                return false;
            }

            // What joins may give an account several units.
            if (money.IsConverted && (added.Count > 0 || entered.Count > 0))
            {
                return false;
            }

            await JoinAsync(session, now, added, hasFirst: false);
            Take(now, entered);
        }

        source = now;
        return !money.MustConvert;
    }

    /// <summary>Finds the prices that further trades need.</summary>
    public ValueTask PriceAsync(Session session, IEnumerable<TradeClosing> rows, DateTimeOffset now) => money.FindAsync(session, rows, now);

    /// <summary>Whether a measure is unknown for want of a price.</summary>
    public bool LacksPrices => money.IsConverted && curves.Values.Any(static curve => curve.LacksPrices);

    /// <summary>Whether prices are stored by now that were missing, so that all must be read again.</summary>
    public ValueTask<bool> FindsMoreAsync(Session session, DateTimeOffset now) => money.FindsMoreAsync(session, now);

    /// <summary>
    /// Whether a trade comes after all that were added, and after the report from which its account's equity starts, and is in a unit that
    /// leaves those before it as they are.
    /// </summary>
    public bool CanAdd(in TradeClosing row)
    {
        var account = source.Find(row);
        return IsNext(row) && !(ClosedTradeReader.Of(row).ClosedAt <= account?.ReportedAt) && ((!source.IsOne && account is null) || money.Takes(row, account));
    }

    /// <summary>Adds a trade.</summary>
    /// <returns>Whose money it changed.</returns>
    public MoneyScope[] Add(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        var account = source.Find(row);
        BeginAgain((trade.ClosedAt, trade.Id));
        last = (trade.ClosedAt, trade.Id);
        Join(account?.OpensAt > trade.ClosedAt ? account.OpensAt : trade.ClosedAt);
        var moved = source.IsOne || account is not null ? money.Of(trade, account) : ((MovedMoney Own, MovedMoney OfAll)?)null;
        var day = DateOnly.FromDateTime(trade.ClosedAt.UtcDateTime);
        curves[MoneyScope.All].Close(trade.Pnl < 0, day, moved?.OfAll);
        var scope = account is { Bot.Length: > 0 } ? MoneyScope.Of(account)
            : string.IsNullOrEmpty(row.BotName) ? MoneyScope.All : new MoneyScope(row.BotName, null);
        if (scope == MoneyScope.All)
        {
            return [scope];
        }

        Curve(scope).Close(trade.Pnl < 0, day, account is null ? null : moved?.Own);
        return [scope, MoneyScope.All];
    }

    private MoneyCurve Curve(MoneyScope scope)
    {
        if (!curves.TryGetValue(scope, out var curve))
        {
            curves.Add(scope, curve = new());
        }

        return curve;
    }

    private static async ValueTask<MoneyCurves> BeginAsync(Session session, EquitySource source, IReadOnlyList<Hold> holds, EquityMoney money)
    {
        var curves = new MoneyCurves(source, holds, money);
        if (source.Amount is { } amount)
        {
            curves.curves[MoneyScope.All].Flow(new(amount));
        }

        await curves.JoinAsync(session, source, source.Accounts, hasFirst: true);
        curves.Take(source, source.FlowsOfAll());
        return curves;
    }

    private static ValueTask EachAsync(Session session, Action<TradeClosing> take) =>
        ClosedTrades.EachAsync(session, new ClosedTradeFilter(), TradesBeside.OfAll, take);

    private bool IsNext(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        return !(last?.CompareTo((trade.ClosedAt, trade.Id)) >= 0);
    }

    /// <param name="session">A snapshot.</param>
    /// <param name="from">Where the equity comes from.</param>
    /// <param name="accounts">Those that join, in the order in which they opened.</param>
    /// <param name="hasFirst">Whether the oldest of all accounts is the first of them.</param>
    private async ValueTask JoinAsync(Session session, EquitySource from, IReadOnlyList<Account> accounts, bool hasFirst)
    {
        foreach (var account in accounts)
        {
            if (await money.OpeningAsync(session, from, account, hasFirst && account == accounts[0]) is { } opening)
            {
                joining.Add(opening);
            }
        }

        joining.Sort(static (one, other) => one.At.CompareTo(other.At));
    }

    /// <summary>Takes deposits and withdrawals: each moves the equity from its time on, and is neither a win nor a loss.</summary>
    private void Take(EquitySource from, IEnumerable<Flow> flows)
    {
        joining.AddRange(flows.Select(flow => money.Of(flow, from.Book!.Find(flow.BotName, flow.Mode)!)));
        joining.Sort(static (one, other) => one.At.CompareTo(other.At));
    }

    /// <summary>The equity of the accounts that opened until then, and what flowed until then, joins that of all together.</summary>
    private void Join(DateTimeOffset until)
    {
        while (joining.Count > 0 && joining[0].At <= until)
        {
            var next = joining[0];
            joining.RemoveAt(0);
            curves[MoneyScope.All].Flow(next.OfAll);
            if (next.Scope.BotName is not null)
            {
                Curve(next.Scope).Flow(next.Own);
            }
        }
    }

    /// <summary>Begins the measures again whose new peak lies before the next trade; null for no further trade.</summary>
    private void BeginAgain((DateTimeOffset ClosedAt, long Id)? next)
    {
        foreach (var hold in peaks.Where(hold => next is not { } trade || trade.CompareTo((hold.PeakFrom!.Value, hold.PeakAfterId ?? 0)) > 0).ToList())
        {
            peaks.Remove(hold);
            if (curves.TryGetValue(new(hold.BotName, hold.Mode), out var curve))
            {
                curve.BeginAgain(hold.TriggerType);
            }
        }
    }
}
