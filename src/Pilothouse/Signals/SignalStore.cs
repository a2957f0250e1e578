using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Signals;

/// <summary>The table <c>signals</c>.</summary>
internal static class SignalStore
{
    public static readonly Table<NewSignal, Signal> Table = new(
        "signals", SignalJson.Default.NewSignal, SignalJson.Default.Signal, time: "timestamp",
        Column.Time("timestamp"),
        Column.Pair(),
        Column.OneOf("signal_type", NewSignal.Types, required: true) with { Filter = "Only this type." },
        Column.Whole("signal_strength", -100, 100, required: true),
        Column.Money("price", above: 0, required: true),
        Column.Number("rsi"),
        Column.Number("macd"),
        Column.Number("macd_signal"),
        Column.Number("macd_histogram"),
        Column.Number("vwap"),
        Column.Number("ema9"),
        Column.Number("ema21"),
        Column.Number("sma50"),
        Column.Number("bb_upper"),
        Column.Number("bb_middle"),
        Column.Number("bb_lower"),
        Column.Number("volume"),
        Column.OneOf("status", NewSignal.Statuses, standard: "pending") with { Filter = "Only these." },
        Column.Bot(),
        Column.Text("strategy", longest: 100) with { Filter = "Only of this strategy." },
        Column.Text("timeframe", longest: 20) with { Filter = "Only of this timeframe." },
        Column.Number("confidence"),
        Column.Text("model", longest: 200) with { Filter = "Only of this model." });

    public static readonly ListSql List = new(Table)
    {
        Leaders = ["trading_pair", "bot_name", "strategy", "model"],
        Groups = ["signal_type status timeframe", "bot_name trading_pair strategy model signal_type status timeframe"],
    };

    private static readonly Sql ById = new($"SELECT {Table.Selection} FROM signals WHERE id = @id");

    private static readonly Sql SetStatus = new("UPDATE signals SET status = @status WHERE id = @id");

    /// <summary>Returns the signal; null if it is not stored, or not any more.</summary>
    public static ValueTask<Signal?> FindAsync(Session session, long id) => session.Prepare(ById).Set("id", (long?)id).FirstAsync(Table.Read);

    public static async ValueTask SetStatusAsync(Session session, long id, string status) =>
        await session.Prepare(SetStatus).Set("status", status).Set("id", (long?)id).ChangeAsync();
}
