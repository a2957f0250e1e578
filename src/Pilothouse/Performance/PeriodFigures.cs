using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>The figures of one UTC day, week or month, as they are stored. Rows of other programs may lack any of them.</summary>
/// <param name="Timestamp">The end of the period, for a row of the server.</param>
/// <param name="PeriodStart">The begin of the period; null in a row of another program.</param>
internal sealed record PeriodFigures(
    long Id, DateTimeOffset? Timestamp, string? Period, long? TotalTrades, long? WinningTrades, long? LosingTrades, double? WinRate, decimal? TotalPnl,
    decimal? AvgWin, decimal? AvgLoss, decimal? MaxLoss, double? SharpeRatio, double? RiskRewardRatio, decimal? MaxDrawdown, double? ProfitFactor,
    DateTimeOffset? PeriodStart)
{
    /// <summary>Returns the row of a period that has ended.</summary>
    public static PeriodFigures Of(Period period, PerformanceReport report) => new(
        0, period.End, period.Name, report.TotalTrades, report.WinningTrades, report.LosingTrades, report.WinRate, report.TotalPnl, report.AvgWin,
        report.AvgLoss, report.MaxLoss, report.SharpeRatio, report.RiskRewardRatio, report.MaxDrawdown, report.ProfitFactor, period.Start);
}

/// <summary>A UTC day, an ISO week or a month.</summary>
/// <param name="Name">daily, weekly or monthly.</param>
/// <param name="Start">Its first moment.</param>
/// <param name="End">The first moment after it.</param>
internal readonly record struct Period(string Name, DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>How many periods of each kind are made up at most.</summary>
    public static readonly IReadOnlyList<(string Name, int Most)> Kinds = [("daily", 90), ("weekly", 26), ("monthly", 24)];

    /// <summary>Returns the period in which a moment lies.</summary>
    public static Period Of(string name, DateTimeOffset moment)
    {
        var day = new DateTimeOffset(moment.UtcDateTime.Date, TimeSpan.Zero);
        var start = name switch
        {
            "weekly" => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
            "monthly" => day.AddDays(1 - day.Day),
            _ => day,
        };
        return new(name, start, name switch { "weekly" => start.AddDays(7), "monthly" => start.AddMonths(1), _ => start.AddDays(1) });
    }

    /// <summary>The period before.</summary>
    public Period Before() => Of(Name, Start.AddTicks(-1));
}

/// <summary>The rows of <c>performance_metrics</c>.</summary>
internal static class PeriodStore
{
    private const string Table = "performance_metrics";

    private const string Values = "total_trades, winning_trades, losing_trades, win_rate, total_pnl, avg_win, avg_loss, max_loss, sharpe_ratio, "
        + "risk_reward_ratio, max_drawdown, profit_factor";

    private const string Columns = $"id, time_of(timestamp), period, {Values}, period_start";

    public static readonly ListSql List = new(Table, Columns, "timestamp", ("period", "lower(period) = @period"));

    public static readonly Choices Names = new("daily", "weekly", "monthly");

    private static readonly Sql Since = new($"SELECT {Columns} FROM performance_metrics WHERE period = @period AND period_start IS NOT NULL AND period_start >= @from");

    private static readonly Sql Find = new($"SELECT {Columns} FROM performance_metrics WHERE period = @period AND period_start IS NOT NULL AND period_start = @period_start");

    private static readonly Sql One = new($"SELECT {Columns} FROM performance_metrics WHERE id = @id");

    private static readonly Sql Insert = new($"""
        INSERT INTO performance_metrics(timestamp, period, {Values}, period_start)
        VALUES (@timestamp, @period, @{Values.Replace(", ", ", @", StringComparison.Ordinal)}, @period_start) RETURNING id
        """);

    private static readonly Sql Update = new($"""
        UPDATE performance_metrics SET {string.Join(", ", Values.Split(", ").Select(static column => $"{column} = @{column}"))} WHERE id = @id
        """);

    private static readonly Sql FirstClose = new($"""
        SELECT time_of(closed_at), time_of(timestamp) FROM trades
        WHERE lower(status) = 'closed' AND {Trades.TradeStore.CloseKey} >= @from ORDER BY {Trades.TradeStore.CloseKey} LIMIT 1
        """);

    /// <summary>Returns when the first trade since then closed; null if none did.</summary>
    public static ValueTask<DateTimeOffset?> FirstCloseAsync(Session session, DateTimeOffset from) =>
        session.Prepare(FirstClose).Set("from", (DateTimeOffset?)from).FirstAsync(static row => row.Time(0) ?? row.Time(1));

    /// <summary>Returns the server's rows of one kind of period that began since then.</summary>
    public static ValueTask<List<PeriodFigures>> SinceAsync(Session session, string period, DateTimeOffset from) =>
        session.Prepare(Since).Set("period", period).Set("from", (DateTimeOffset?)from).ListAsync(Read);

    public static ValueTask<PeriodFigures?> FindAsync(Session session, long id) => session.Prepare(One).Set("id", (long?)id).FirstAsync(Read);

    /// <summary>Stores the figures of a period, or puts the row right that it has already. A period never has two rows.</summary>
    public static async ValueTask<bool> StoreAsync(Session session, PeriodFigures figures)
    {
        var known = await session.Prepare(Find).Set("period", figures.Period).Set("period_start", figures.PeriodStart).FirstAsync(Read);
        if (known is not null)
        {
            return await Bind(session.Prepare(Update).Set("id", (long?)known.Id), figures).ChangeAsync() > 0;
        }

        return await Bind(session.Prepare(Insert), figures).Set("timestamp", figures.Timestamp).Set("period", figures.Period)
            .Set("period_start", figures.PeriodStart).InsertAsync() > 0;
    }

    public static PeriodFigures Read(Row row) => new(
        row.Id(0), row.Time(1), row.Text(2), row.Whole(3), row.Whole(4), row.Whole(5), row.Number(6), row.Money(7), row.Money(8), row.Money(9), row.Money(10),
        row.Number(11), row.Number(12), row.Money(13), row.Number(14), row.Time(15));

    private static Statement Bind(Statement statement, PeriodFigures of) => statement
        .Set("total_trades", of.TotalTrades).Set("winning_trades", of.WinningTrades).Set("losing_trades", of.LosingTrades).Set("win_rate", of.WinRate)
        .Set("total_pnl", of.TotalPnl).Set("avg_win", of.AvgWin).Set("avg_loss", of.AvgLoss).Set("max_loss", of.MaxLoss).Set("sharpe_ratio", of.SharpeRatio)
        .Set("risk_reward_ratio", of.RiskRewardRatio).Set("max_drawdown", of.MaxDrawdown).Set("profit_factor", of.ProfitFactor);
}

/// <summary>The events of stored figures of periods.</summary>
internal sealed class PeriodEvents() : EventSource(
    "performance_metrics", ("recorded", "performance.recorded"), ("changed", "performance.changed"), ("removed", "performance.removed"))
{
    public override async ValueTask<List<EventRow>> ReadAsync(Session session, IReadOnlyList<long> ids)
    {
        var rows = new List<EventRow>();
        foreach (var id in ids)
        {
            if (await PeriodStore.FindAsync(session, id) is { } row)
            {
                rows.Add(new(id, JsonText.Utf8(row, PeriodJson.Default.PeriodFigures)));
            }
        }

        return rows;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Page<PeriodFigures>))]
internal sealed partial class PeriodJson : JsonSerializerContext;
