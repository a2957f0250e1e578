using System.Text.Json.Serialization.Metadata;
using Pilothouse.Bots;
using Pilothouse.CashFlows;
using Pilothouse.Configuration;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>The operations on the profit of the trades.</summary>
internal sealed class PerformanceFeature : Feature
{
    private static readonly Choices Periods = new("daily", "weekly", "monthly", "all");

    private static readonly QueryParameter[] Filters =
    [
        QueryParameter.OneOf("period", "The last 24 hours, 7 days, 30 days, or all.", Periods, "all"),
        QueryParameter.Pair,
        QueryParameter.OneOf("side", "Only this side.", NewTrade.Sides),
        QueryParameter.BotName,
        QueryParameter.OneOf("mode", "Only trades of this mode, and the equity of accounts in it.", NewTrade.Modes),
        QueryParameter.Text("strategy", "Only trades whose signal has this strategy."),
        QueryParameter.Text("currency", "Only trades that settle in this asset, as USDT; the reporting currency also for those whose pair does not say it."),
        QueryParameter.From with { Description = "Only trades that closed from this time on, inclusive; within the period, where both are sent." },
        QueryParameter.To with { Description = "Only trades that closed up to this time, inclusive; a date alone means the end of that day." },
    ];

    private static readonly QueryParameter Zone = new("tz", QueryKind.TimeZone, "Whose calendar days.") { Default = "UTC" };

    private static readonly QueryShape Query = new([
        .. Filters,
        new QueryParameter("starting_balance", QueryKind.Money,
            "Equity at the start of the window, of one account; else STARTING_BALANCE, else the accounts of the bots, by their reports."),
        Zone]);

    private static readonly QueryShape SplitQuery = new([
        QueryParameter.OneOf("by", "By what the trades are split.", TradeSplit.Kinds, "pair"), .. Filters, Zone with { Description = "Whose weekdays and hours." }]);

    private static readonly QueryShape HistoryQuery = new(
        QueryParameter.Limit(50), QueryParameter.Cursor, QueryParameter.OneOf("period", "Only these periods.", PeriodStore.Names),
        QueryParameter.From with { Description = "Only periods that ended from this time on, inclusive." },
        QueryParameter.To with { Description = "Only periods that ended up to this time, inclusive; a date alone means the end of that day." });

    private static readonly QueryShape DistributionQuery = new(Filters);

    public override string Tag => "Performance";

    public override string About => "What the trades earned, and at which risk.";

    public override IJsonTypeInfoResolver Json => JsonTypeInfoResolver.Combine(PerformanceJson.Default, PeriodJson.Default);

    public override IEnumerable<EventSource> Events(IServiceProvider parts) =>
    [
        new FoundEvents<PeriodFigures>(
            "performance_metrics", PeriodJson.Default.PeriodFigures, PeriodStore.FindAsync, static _ => null,
            ("recorded", "performance.recorded"), ("changed", "performance.changed"), ("removed", "performance.removed")),
    ];

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton(static provider => MoneyUnits.Of(provider.GetRequiredService<Settings>()));
        services.AddSingleton<BalanceReports>();
        services.AddSingleton<StartingBalances>();
        services.AddSingleton<KeptTape>();
        services.AddSingleton<PerformanceLedger>();
        services.AddSingleton<IChangeFollower>(static provider => provider.GetRequiredService<PerformanceLedger>());
        services.AddSingleton<FlowBook>();
        services.AddSingleton<SharedReads<PerformanceQuestion, KeptBytes>>();
        services.AddSingleton<PerformanceReader>();
        services.AddHostedService<PeriodKeeper>();
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var reader = parts.GetRequiredService<PerformanceReader>();
        yield return View<PerformanceReport>("performance", "GET /api/performance", "Performance figures of closed trades", Query, static _ => PerformanceView.Report);
        yield return View<EquityReport>("equityCurve", "GET /api/performance/equity", "The equity after each close and cash flow", Query, static _ => new(ViewKind.Equity));
        yield return View<DailyReport>("dailyPerformance", "GET /api/performance/daily", "Profit of each calendar day", Query, static _ => new(ViewKind.Daily));
        yield return View<SplitReport>("splitPerformance", "GET /api/performance/by", "Closed trades, split", SplitQuery, static query => new(ViewKind.By, query.Text("by")));
        yield return View<DistributionReport>("resultDistribution", "GET /api/performance/distribution", "How results are distributed", DistributionQuery,
            static _ => new(ViewKind.Distribution));
        yield return new Read<Page<PeriodFigures>>("performanceHistory", "GET /api/performance/history", "Stored figures of days, weeks and months, newest first",
            PeriodJson.Default.PagePeriodFigures, static (session, _, query) => PeriodStore.List.PageAsync(session, query, query.Whole("limit"), PeriodStore.Columns.Read))
        { Query = HistoryQuery, PerMinute = 100 };

        Operation View<T>(string name, string route, string summary, QueryShape shape, Func<QueryValues, PerformanceView> view)
            where T : class =>
            new FreshRead<One<T>>(name, route, summary, (call, query) => reader.AnswerAsync(call, new PerformanceQuestion(
                call.Caller.LongReads, view(query), query.Text("period")!,
                new ClosedTradeFilter(
                    query.Time("from_date"), query.Text("trading_pair"), query.Text("side"), query.Text("bot_name"), query.Text("mode"), query.Time("to_date"),
                    query.Text("strategy"), query.Text("currency")?.ToUpperInvariant()),
                query.Money("starting_balance"), query.Zone("tz"))))
            { Query = shape, PerMinute = 100 };
    }
}

/// <summary>The parameters of a request, and the queue of its read. Equal questions share one answer.</summary>
internal sealed record PerformanceQuestion(
    ReadKind Reads, PerformanceView View, string Period, ClosedTradeFilter Filter, decimal? StartingBalance, TimeZoneInfo Zone)
{
    /// <summary>Whether the request asks for all closed trades, without special parameters.</summary>
    public bool IsForEverything => Period == "all" && StartingBalance is null && Filter == new ClosedTradeFilter() && Zone.Id == TimeZoneInfo.Utc.Id;

    /// <summary>Whether the answer has to do with the equity of accounts.</summary>
    public bool NeedsEquity => View.Kind is ViewKind.Report or ViewKind.Equity or ViewKind.Daily;

    /// <summary>Returns the filter, with the period counted back from now.</summary>
    /// <exception cref="Refusal">The period begins after to_date.</exception>
    public ClosedTradeFilter FilterAt(DateTimeOffset now)
    {
        DateTimeOffset? begins = Period switch
        {
            "daily" => now.AddHours(-24),
            "weekly" => now.AddHours(-7 * 24),
            "monthly" => now.AddHours(-30 * 24),
            _ => null,
        };
        return Filter.To < begins
            ? throw Refusal.Invalid("to_date", $"must not be before the {Period} period begins; leave period out, or send a later to_date")
            : Filter with { From = Filter.From is { } sent && !(sent < begins) ? sent : begins };
    }
}
