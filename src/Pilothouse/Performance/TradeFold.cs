using System.Globalization;
using Pilothouse.Contract;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>Something that is computed over closed trades without the equity, one trade at a time in the order of the closes.</summary>
internal abstract class TradeFold
{
    private ClosePlace? last;

    /// <summary>Returns an empty fold for a view; null for a view that is made from the figures.</summary>
    public static TradeFold? For(PerformanceView view, TimeZoneInfo zone, MoneyUnits units, bool converts) => view.Kind switch
    {
        ViewKind.By => new TradeSplit(view.By!, zone, EquityPlan.OneAccount(null) with { Units = units, Converted = converts ? Converted.All : Converted.None }),
        ViewKind.Distribution => new TradeDistribution(EquityPlan.OneAccount(null) with { Units = units, Converted = converts ? Converted.All : Converted.None }),
        _ => null,
    };

    /// <summary>By what amounts are converted; null if they are not.</summary>
    public Conversion? Conversion { get; set; }

    /// <summary>Whether amounts came together that must be converted, and are not.</summary>
    public abstract bool NeedsConversion { get; }

    /// <summary>Which traits of the trades it needs.</summary>
    public abstract TraitsRead Traits { get; }

    /// <summary>Adds the next trade.</summary>
    /// <returns>False if it closed before the one that was added last.</returns>
    public bool TryAdd(in TradeClosing row)
    {
        var trade = ClosedTradeReader.Of(row);
        trade = Conversion?.Price(trade) ?? trade;
        var place = new ClosePlace(trade.ClosedAt, trade.Id);
        if (last is { } before && before.CompareTo(place) >= 0)
        {
            return false;
        }

        last = place;
        Add(trade, row);
        return true;
    }

    /// <summary>Returns the answer.</summary>
    public abstract byte[] ToJson(PerformanceBasis basis);

    /// <summary>Adds a trade, priced, of a row with its traits.</summary>
    protected abstract void Add(in ClosedTrade trade, in TradeClosing row);
}

/// <summary>Splits closed trades by what they have in common.</summary>
internal sealed class TradeSplit(string by, TimeZoneInfo zone, EquityPlan plan) : TradeFold
{
    /// <summary>More groups than these are one.</summary>
    private const int MostGroups = 500;

    /// <summary>By the strategy of the trade, else that of its signal, which may change without the trade.</summary>
    public const string ByStrategy = "strategy";

    /// <summary>By what trades can be split.</summary>
    public static readonly Choices Kinds = new("pair", "side", "bot", ByStrategy, "exit_reason", "weekday", "hour")
    {
        Also = new Dictionary<string, string> { ["trading_pair"] = "pair", ["bot_name"] = "bot" },
    };

    private static readonly string[] Weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    private readonly Dictionary<string, (string? Key, PerformanceFigures Figures)> groups = new(StringComparer.Ordinal);

    /// <summary>The figures of a key as it is written.</summary>
    private readonly Dictionary<string, PerformanceFigures> byKey = new(StringComparer.Ordinal);
    private readonly CalendarDays calendar = new(zone);
    private PerformanceFigures? others;

    public override TraitsRead Traits => by == "exit_reason" ? TraitsRead.ExitReason : TraitsRead.Words;

    public override byte[] ToJson(PerformanceBasis basis)
    {
        var listed = groups.Values.Select(static group => ToFigures(group.Key, group.Figures)).ToList();
        var ordered = by is "weekday" or "hour"
            ? listed.OrderBy(static group => Place(group.Key))
            : listed.OrderByDescending(static group => group.TotalTrades).ThenBy(static group => group.Key, StringComparer.Ordinal);
        var report = new SplitReport(by, [.. ordered], others is null ? null : ToFigures(null, others), basis with { TimeZone = zone.Id });
        return JsonText.Utf8(new One<SplitReport>(true, report), PerformanceJson.Default.OneSplitReport);
    }

    protected override void Add(in ClosedTrade trade, in TradeClosing row)
    {
        var key = KeyOf(trade, row);

        if (key is null || !byKey.TryGetValue(key, out var figures))
        {
            figures = FiguresOf(key);
        }

        figures.Add(trade);
    }

    private PerformanceFigures FiguresOf(string? key)
    {
        // A pair is one in any case, and shown as it came first.
        var name = key is null ? "" : by == "pair" ? "=" + TradingPair.Upper(key) : "=" + key;
        if (!groups.TryGetValue(name, out var group))
        {
            if (groups.Count == MostGroups)
            {
                return others ??= New();
            }

            groups[name] = group = (key, New());
        }

        if (key is not null && byKey.Count < 2 * MostGroups)
        {
            byKey[key] = group.Figures;
        }

        return group.Figures;
    }

    public override bool NeedsConversion => Needs(others) || groups.Values.Any(static group => Needs(group.Figures));

    private static bool Needs(PerformanceFigures? figures) => figures?.Currencies is { MustConvert: true };

    private PerformanceFigures New() => new(plan, TimeZoneInfo.Utc);

    private static int Place(string? key) => key is null ? -1 : Array.IndexOf(Weekdays, key) is >= 0 and var day ? day : int.Parse(key, CultureInfo.InvariantCulture);

    private string? KeyOf(in ClosedTrade trade, in TradeClosing row)
    {
        var key = by switch
        {
            "pair" => row.Traits!.Pair,
            "side" => row.Traits!.Side,
            "bot" => row.BotName,
            ByStrategy => row.Traits!.Strategy,
            "exit_reason" => row.ExitReason,
            "weekday" => Weekdays[((int)calendar.Local(trade.ClosedAt).DayOfWeek + 6) % 7],
            _ => calendar.Local(trade.ClosedAt).Hour.ToString(CultureInfo.InvariantCulture),
        };
        return string.IsNullOrEmpty(key) ? null : key;
    }

    private static GroupFigures ToFigures(string? key, PerformanceFigures figures)
    {
        // Trades that settle in one asset stay in it, whatever other groups need.
        var only = figures.Currencies?.OnlyOne;
        var report = (only?.Figures ?? figures).ToReport(PerformanceBasis.Nothing);
        string[] shown = ["total_pnl", "avg_win", "avg_loss", "max_win", "max_loss", "risk_reward_ratio", "total_fees", "avg_holding_seconds",
            "profit_factor", "expectancy", "max_drawdown"];
        return new(
            key, report.TotalTrades, report.WinningTrades, report.LosingTrades, report.BreakevenTrades, report.WinRate, report.TotalPnl, report.AvgWin,
            report.AvgLoss, report.MaxWin, report.MaxLoss, report.RiskRewardRatio, report.TotalFees, report.AvgHoldingSeconds, report.ProfitFactor,
            report.Expectancy, report.MaxDrawdown, only?.Asset ?? report.Basis.Currency!,
            report.Undefined.Where(entry => shown.Contains(entry.Key)).ToDictionary(static entry => entry.Key, static entry => entry.Value));
    }
}
