using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Performance;

/// <summary>The figures of one UTC day, week or month, as they are stored. Rows of other programs may lack any of them.</summary>
internal sealed record PeriodFigures
{
    public long Id { get; set; }

    /// <summary>The end of the period, for a row of the server.</summary>
    public DateTimeOffset? Timestamp { get; set; }

    public string? Period { get; set; }

    public long? TotalTrades { get; set; }

    public long? WinningTrades { get; set; }

    public long? LosingTrades { get; set; }

    public double? WinRate { get; set; }

    public decimal? TotalPnl { get; set; }

    public decimal? AvgWin { get; set; }

    public decimal? AvgLoss { get; set; }

    public decimal? MaxLoss { get; set; }

    public double? SharpeRatio { get; set; }

    public double? RiskRewardRatio { get; set; }

    public decimal? MaxDrawdown { get; set; }

    public double? ProfitFactor { get; set; }

    /// <summary>The begin of the period; null in a row of another program.</summary>
    public DateTimeOffset? PeriodStart { get; set; }

    /// <summary>Returns the row of a period that has ended.</summary>
    public static PeriodFigures Of(Period period, PerformanceReport report) => new()
    {
        Timestamp = period.End,
        Period = period.Name,
        TotalTrades = report.TotalTrades,
        WinningTrades = report.WinningTrades,
        LosingTrades = report.LosingTrades,
        WinRate = report.WinRate,
        TotalPnl = report.TotalPnl,
        AvgWin = report.AvgWin,
        AvgLoss = report.AvgLoss,
        MaxLoss = report.MaxLoss,
        SharpeRatio = report.SharpeRatio,
        RiskRewardRatio = report.RiskRewardRatio,
        MaxDrawdown = report.MaxDrawdown,
        ProfitFactor = report.ProfitFactor,
        PeriodStart = period.Start,
    };
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

    public static readonly RecordColumns<PeriodFigures> Columns = new(
        Table, PeriodJson.Default.PeriodFigures,
        Column.Time("timestamp"),
        Column.Text("period", longest: 20),
        Column.Whole("total_trades"),
        Column.Whole("winning_trades"),
        Column.Whole("losing_trades"),
        Column.Number("win_rate"),
        Column.Money("total_pnl"),
        Column.Money("avg_win"),
        Column.Money("avg_loss"),
        Column.Money("max_loss"),
        Column.Number("sharpe_ratio"),
        Column.Number("risk_reward_ratio"),
        Column.Money("max_drawdown"),
        Column.Number("profit_factor"),
        Column.Computed("period_start", ColumnKind.Time));

    public static readonly ListSql List = new(Table, Columns.Selection, "timestamp", ("period", "lower(period) = @period"));

    public static readonly Choices Names = new("daily", "weekly", "monthly");

    private static readonly Sql Since = new($"SELECT {Columns.Selection} FROM performance_metrics WHERE period = @period AND period_start IS NOT NULL AND period_start >= @from");

    private static readonly Sql Find = new($"SELECT {Columns.Selection} FROM performance_metrics WHERE period = @period AND period_start IS NOT NULL AND period_start = @period_start");

    private static readonly Sql One = new($"SELECT {Columns.Selection} FROM performance_metrics WHERE id = @id");

    private static readonly Sql Insert = new(RecordColumns<PeriodFigures>.InsertionOf(Table, Columns.Names) + " RETURNING id");

    private static readonly Sql Update = new($"""
        UPDATE performance_metrics SET {string.Join(", ", Columns.Names.Where(IsFigure).Select(static column => $"{column} = @{column}"))} WHERE id = @id
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
        session.Prepare(Since).Set("period", period).Set("from", (DateTimeOffset?)from).ListAsync(Columns.Read);

    public static ValueTask<PeriodFigures?> FindAsync(Session session, long id) => session.Prepare(One).Set("id", (long?)id).FirstAsync(Columns.Read);

    /// <summary>Stores the figures of a period, or puts the row right that it has already. A period never has two rows.</summary>
    public static async ValueTask<bool> StoreAsync(Session session, PeriodFigures figures)
    {
        var known = await session.Prepare(Find).Set("period", figures.Period).Set("period_start", figures.PeriodStart).FirstAsync(Columns.Read);
        return known is not null
            ? await Columns.Bind(session.Prepare(Update).Set("id", (long?)known.Id), figures, IsFigure).ChangeAsync() > 0
            : await Columns.Bind(session.Prepare(Insert), figures).InsertAsync() > 0;
    }

    /// <summary>Whether a column holds a figure, and not the period that it is of.</summary>
    private static bool IsFigure(string column) => column is not ("timestamp" or "period" or "period_start");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(MoneyJson), typeof(NumberJson), typeof(WholeJson), typeof(TextJson), typeof(TimeJson)])]
[JsonSerializable(typeof(Page<PeriodFigures>))]
internal sealed partial class PeriodJson : JsonSerializerContext;
