using System.Globalization;
using Pilothouse.CashFlows;
using Pilothouse.Configuration;
using Pilothouse.Performance;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.CircuitBreaker;

/// <summary>Whose money: a bot in a mode, where its reports name modes; both null for all together.</summary>
internal readonly record struct MoneyScope(string? BotName, string? Mode)
{
    public static readonly MoneyScope All = new(null, null);
}

/// <summary>
/// The curves of all accounts and of all together. Trades are added in the order in which they closed; whatever changes the past makes it
/// necessary to read all again. Not thread-safe.
/// </summary>
internal sealed class MoneyCurves
{
    private readonly Dictionary<MoneyScope, MoneyCurve> curves = new() { [MoneyScope.All] = new() };
    private readonly List<(DateTimeOffset At, MoneyScope Scope, decimal Equity)> joining = [];
    private readonly List<Hold> peaks;
    private EquitySource source;
    private (DateTimeOffset ClosedAt, long Id)? last;

    private MoneyCurves(EquitySource source, IEnumerable<Hold> holds)
    {
        this.source = source;
        peaks = [.. holds.Where(static hold => hold.PeakFrom is not null)];
    }

    /// <summary>Reads everything: in one pass, unless another program stored times whose text does not sort by time.</summary>
    public static async ValueTask<MoneyCurves> ReadAsync(Session session, EquitySource source, IReadOnlyList<Hold> holds)
    {
        var curves = await BeginAsync(session, source, holds);
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
            curves = await BeginAsync(session, source, holds);
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

            await JoinAsync(session, now, added, hasFirst: false);
            Take(now, entered);
        }

        source = now;
        return true;
    }

    /// <summary>Whether a trade comes after all that were added, and after the report from which its account's equity starts.</summary>
    public bool CanAdd(in TradeClosing row) => IsNext(row) && !(ClosedTradeReader.Of(row).ClosedAt <= source.Find(row)?.ReportedAt);

    /// <summary>Adds a trade.</summary>
    /// <returns>Whose money it changed.</returns>
    public MoneyScope[] Add(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        var account = source.Find(row);
        BeginAgain((trade.ClosedAt, trade.Id));
        last = (trade.ClosedAt, trade.Id);
        Join(account?.OpensAt > trade.ClosedAt ? account.OpensAt : trade.ClosedAt);
        var moves = source.IsOne || account is not null;
        var day = DateOnly.FromDateTime(trade.ClosedAt.UtcDateTime);
        curves[MoneyScope.All].Close(trade.Pnl, day, trade.Asset, moves);
        var scope = account is { Bot.Length: > 0 } ? new MoneyScope(account.Bot, account.Mode.Length == 0 ? null : account.Mode)
            : string.IsNullOrEmpty(row.BotName) ? MoneyScope.All : new MoneyScope(row.BotName, null);
        if (scope == MoneyScope.All)
        {
            return [scope];
        }

        Curve(scope).Close(trade.Pnl, day, trade.Asset, account is not null);
        return [scope, MoneyScope.All];
    }

    /// <summary>Returns the measures of everybody that the settings turn on.</summary>
    public IEnumerable<Measured> Measures(BreakerSettings settings, IReadOnlyList<Hold> holds, DateTimeOffset now) =>
        curves.Keys.SelectMany(scope => Measures(scope, settings, holds, now));

    public IEnumerable<Measured> Measures(MoneyScope scope, BreakerSettings settings, IReadOnlyList<Hold> holds, DateTimeOffset now)
    {
        var curve = curves[scope];
        foreach (var (type, value, standard) in new[]
        {
            (TriggerTypes.Drawdown, curve.Drawdown, settings.Drawdown),
            (TriggerTypes.DailyLoss, curve.DailyLoss, settings.DailyLoss),
            (TriggerTypes.LosingStreak, (decimal?)curve.LosingStreak, settings.LosingStreak),
        })
        {
            if (standard is not { } usual)
            {
                continue;
            }

            var hold = holds.Where(hold => hold.IsFor(type, type, scope.BotName, scope.Mode)).LastOrDefault();
            var limit = hold?.Limit ?? usual;

            // Another day has not lost anything yet.
            var isOver = type == TriggerTypes.DailyLoss && curve.Day != DateOnly.FromDateTime(now.UtcDateTime);
            yield return new(type, type, isOver && value is not null ? 0 : value, limit,
                !isOver && !(hold?.PausedUntil > now) && curve.IsPast(type, limit), isOver || !curve.IsPast(type, usual), Sentence(type, scope, value, limit))
            { BotName = scope.BotName, Mode = scope.Mode, At = last?.ClosedAt, TradeId = last?.Id };
        }
    }

    private static string Sentence(string type, MoneyScope scope, decimal? value, decimal limit)
    {
        var whose = scope.BotName is null ? "All accounts together" : scope.Mode is null ? $"The bot {scope.BotName}" : $"The bot {scope.BotName} ({scope.Mode})";
        return type switch
        {
            TriggerTypes.Drawdown => $"{whose} lost {Measured.Text(value ?? 0)} % from the peak of the equity; the limit is {Measured.Text(limit)} %.",
            TriggerTypes.DailyLoss => $"{whose} lost {Measured.Text(value ?? 0)} % of the equity of the day's beginning; the limit is {Measured.Text(limit)} %.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{whose} lost {value} trades in a row; the limit is {Measured.Text(limit)}."),
        };
    }

    private MoneyCurve Curve(MoneyScope scope)
    {
        if (!curves.TryGetValue(scope, out var curve))
        {
            curves.Add(scope, curve = new());
        }

        return curve;
    }

    private static async ValueTask<MoneyCurves> BeginAsync(Session session, EquitySource source, IReadOnlyList<Hold> holds)
    {
        var curves = new MoneyCurves(source, holds);
        if (source.Amount is { } amount)
        {
            curves.curves[MoneyScope.All].Flow(amount);
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
        var assets = new AssetCounts();
        foreach (var account in accounts)
        {
            if ((await AccountHistory.OpeningAsync(session, from, account, null, hasFirst && account == accounts[0], assets)).Value is { } equity)
            {
                joining.Add((account.OpensAt, ScopeOf(account), equity));
            }
        }

        joining.Sort(static (one, other) => one.At.CompareTo(other.At));
    }

    private static MoneyScope ScopeOf(Account account) =>
        new(account.Bot.Length == 0 ? null : account.Bot, account.Mode.Length == 0 ? null : account.Mode);

    /// <summary>Takes deposits and withdrawals: each moves the equity from its time on, and is neither a win nor a loss.</summary>
    private void Take(EquitySource from, IEnumerable<Flow> flows)
    {
        joining.AddRange(flows.Select(flow => (flow.At, ScopeOf(from.Book!.Find(flow.BotName, flow.Mode)!), flow.Amount)));
        joining.Sort(static (one, other) => one.At.CompareTo(other.At));
    }

    /// <summary>The equity of the accounts that opened until then, and what flowed until then, joins that of all together.</summary>
    private void Join(DateTimeOffset until)
    {
        while (joining.Count > 0 && joining[0].At <= until)
        {
            var (_, scope, equity) = joining[0];
            joining.RemoveAt(0);
            curves[MoneyScope.All].Flow(equity);
            if (scope.BotName is not null)
            {
                Curve(scope).Flow(equity);
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
