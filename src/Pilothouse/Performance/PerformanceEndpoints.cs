using System.Text.Json.Serialization;
using Pilothouse.Api;
using Pilothouse.Auth;
using Pilothouse.Bots;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Trades;

namespace Pilothouse.Performance;

/// <summary>GET /api/performance.</summary>
internal static class PerformanceEndpoints
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

    public static void AddPerformance(this IServiceCollection services)
    {
        services.AddSingleton<BalanceReports>();
        services.AddSingleton<StartingBalances>();
        services.AddSingleton<PerformanceLedger>();
        services.AddSingleton<SharedReads<PerformanceQuestion, PerformanceReport>>();
    }

    public static void MapPerformance(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/api/performance", Http.Read, AnswerAsync).WithTags("Performance").Named("performance", "Performance figures of closed trades")
            .Takes(Query).Answers<One<PerformanceReport>>().Refuses(400, 403, 429, 503).PerMinute(100);

    private static async Task AnswerAsync(HttpContext http, Database database, PerformanceLedger ledger, SharedReads<PerformanceQuestion, PerformanceReport> shared, StartingBalances balances, TimeProvider clock)
    {
        // Most ask for everything, without a word: that answer is kept up to date.
        if (!http.Request.QueryString.HasValue)
        {
            await JsonAnswer.WriteAsync(http, await ledger.AnswerAsync(http.RequestAborted));
            return;
        }

        var query = Query.Read(http.Request);
        var question = new PerformanceQuestion(Caller.Of(http).LongReads, query.Text("period")!,
            new ClosedTradeFilter(
                query.Time("from_date"), query.Text("trading_pair"), query.Text("side"), query.Text("bot_name"), query.Text("mode"), query.Time("to_date"), query.Text("strategy"),
                query.Text("currency")?.ToUpperInvariant()),
            query.Money("starting_balance"), query.Zone("tz"));

        // A window that cannot be is refused at once, and not when its turn has come.
        _ = question.FilterAt(clock.GetUtcNow());

        // The same question in more words.
        if (question is { Period: "all", StartingBalance: null } && question.Filter == new ClosedTradeFilter()
            && question.Zone.Id == TimeZoneInfo.Utc.Id)
        {
            await JsonAnswer.WriteAsync(http, await ledger.AnswerAsync(http.RequestAborted));
            return;
        }

        var report = await shared.RunAsync(question,
            (begun, cancel) => database.SnapshotAsync(question.Reads, session =>
            {
                begun();
                return ReportAsync(session, question, balances, clock.GetUtcNow());
            }, cancel),
            http.RequestAborted);
        await JsonAnswer.WriteAsync(http, new One<PerformanceReport>(true, report), PerformanceJson.Default.OnePerformanceReport);
    }

    private static async ValueTask<PerformanceReport> ReportAsync(
        Session session, PerformanceQuestion question, StartingBalances balances, DateTimeOffset now)
    {
        var filter = question.FilterAt(now);
        var source = await balances.FindAsync(session, question.StartingBalance, filter.BotName, filter.Mode);
        var to = filter.To ?? (filter.From is null ? null : now);

        // Days that have not come have no returns.
        var figures = await ClosedTradeReader.ReadAsync(session, filter, source, question.Zone, to > now ? now : to, CancellationToken.None);
        var basis = new PerformanceBasis(null, source.Source, question.Zone.Id, Ratios.DaysPerYear, question.Period, filter.From, to);
        return figures.ToReport(basis, source.Book);
    }
}

/// <summary>What is asked, and in which queue; equal ones have one answer.</summary>
internal sealed record PerformanceQuestion(
    ReadKind Reads, string Period, ClosedTradeFilter Filter, decimal? StartingBalance, TimeZoneInfo Zone)
{
    /// <summary>The filter with the period as it is now.</summary>
    /// <exception cref="Refusal">The period begins after the time up to which was asked.</exception>
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
