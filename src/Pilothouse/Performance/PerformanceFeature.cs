using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Pilothouse.Bots;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>The operations on the profit of the trades.</summary>
internal sealed class PerformanceFeature : Feature
{
    private static readonly Choices Periods = new("daily", "weekly", "monthly", "all");

    private static readonly QueryShape Query = new(
        QueryParameter.OneOf("period", "The last 24 hours, 7 days, 30 days, or all.", Periods, "all"),
        QueryParameter.Pair,
        QueryParameter.OneOf("side", "Only this side.", NewTrade.Sides),
        QueryParameter.BotName,
        QueryParameter.OneOf("mode", "Only trades of this mode, and the equity of accounts in it.", NewTrade.Modes),
        QueryParameter.Text("strategy", "Only trades whose signal has this strategy."),
        QueryParameter.Text("currency", "Only trades that settle in this asset, as USDT; USD also for those whose pair does not say it."),
        QueryParameter.From with { Description = "Only trades that closed from this time on, inclusive; within the period, where both are sent." },
        QueryParameter.To with { Description = "Only trades that closed up to this time, inclusive; a date alone means the end of that day." },
        new QueryParameter("starting_balance", QueryKind.Money,
            "Equity at the start of the window, of one account; else STARTING_BALANCE, else the accounts of the bots, by their reports."),
        new QueryParameter("tz", QueryKind.TimeZone, "Whose calendar days.") { Default = "UTC" });

    public override string Tag => "Performance";

    public override string About => "What the trades earned, and at which risk.";

    public override IJsonTypeInfoResolver Json => PerformanceJson.Default;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<BalanceReports>();
        services.AddSingleton<StartingBalances>();
        services.AddSingleton<PerformanceLedger>();
        services.AddSingleton<IChangeFollower>(static provider => provider.GetRequiredService<PerformanceLedger>());
        services.AddSingleton<SharedReads<PerformanceQuestion, PerformanceReport>>();
    }

    public override IEnumerable<Operation> Operations(IServiceProvider parts)
    {
        var (database, clock) = (parts.GetRequiredService<Database>(), parts.GetRequiredService<TimeProvider>());
        var (ledger, balances) = (parts.GetRequiredService<PerformanceLedger>(), parts.GetRequiredService<StartingBalances>());
        var shared = parts.GetRequiredService<SharedReads<PerformanceQuestion, PerformanceReport>>();
        yield return new FreshRead<One<PerformanceReport>>("performance", "GET /api/performance", "Performance figures of closed trades", async (call, query) =>
        {
            var question = new PerformanceQuestion(call.Caller.LongReads, query.Text("period")!,
                new ClosedTradeFilter(
                    query.Time("from_date"), query.Text("trading_pair"), query.Text("side"), query.Text("bot_name"), query.Text("mode"), query.Time("to_date"), query.Text("strategy"),
                    query.Text("currency")?.ToUpperInvariant()),
                query.Money("starting_balance"), query.Zone("tz"));

            // Most requests ask for all trades: that answer is kept up to date by the ledger.
            if (question.IsForEverything)
            {
                return await ledger.AnswerAsync(call.Cancel);
            }

            // An impossible window is refused at once, and not after waiting in the queue.
            _ = question.FilterAt(clock.GetUtcNow());
            var report = await shared.RunAsync(question,
                (begun, cancel) => database.SnapshotAsync(question.Reads, session =>
                {
                    begun();
                    return ReportAsync(session, question, balances, clock.GetUtcNow());
                }, cancel),
                call.Cancel);
            return new KeptBytes(JsonText.Utf8(new One<PerformanceReport>(true, report), PerformanceJson.Default.OnePerformanceReport));
        })
        { Query = Query, PerMinute = 100 };
    }

    private static async ValueTask<PerformanceReport> ReportAsync(
        Session session, PerformanceQuestion question, StartingBalances balances, DateTimeOffset now)
    {
        var filter = question.FilterAt(now);
        var source = await balances.FindAsync(session, question.StartingBalance, filter.BotName, filter.Mode);
        var to = filter.To ?? (filter.From is null ? null : now);

        // Days in the future have no returns.
        var figures = await ClosedTradeReader.ReadAsync(session, filter, source, question.Zone, to > now ? now : to, CancellationToken.None);
        var basis = new PerformanceBasis(null, source.Source, question.Zone.Id, Ratios.DaysPerYear, question.Period, filter.From, to);
        return figures.ToReport(basis, source.Book);
    }
}

/// <summary>The parameters of a request, and the queue of its read. Equal questions share one answer.</summary>
internal sealed record PerformanceQuestion(
    ReadKind Reads, string Period, ClosedTradeFilter Filter, decimal? StartingBalance, TimeZoneInfo Zone)
{
    /// <summary>Whether the request asks for all closed trades, without special parameters.</summary>
    public bool IsForEverything => Period == "all" && StartingBalance is null && Filter == new ClosedTradeFilter() && Zone.Id == TimeZoneInfo.Utc.Id;

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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TimeJson)])]
[JsonSerializable(typeof(One<PerformanceReport>))]
internal sealed partial class PerformanceJson : JsonSerializerContext;
