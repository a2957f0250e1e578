using System.Globalization;
using System.Text.Json.Serialization;
using Pilothouse.Contract;
using Pilothouse.Operations;
using Pilothouse.Storage;

namespace Pilothouse.Trades;

/// <summary>An entry or an exit of a trade, as a bot posts it.</summary>
internal sealed record NewFill : IInput<NewFill>
{
    /// <summary>entry or exit.</summary>
    public string? Kind { get; init; }

    /// <summary>0 is possible for an exit of a linear contract.</summary>
    public decimal? Price { get; init; }

    /// <summary>In the unit of the trade's quantity.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>Of this fill, in the trade's fee_asset; negative is a rebate.</summary>
    public decimal? Fees { get; init; }

    /// <summary>The time of the request if it is left out.</summary>
    public DateTimeOffset? FilledAt { get; init; }

    /// <summary>The exchange's own id. A fill that is posted again with the same id is stored only once.</summary>
    public string? ExternalId { get; init; }

    public static readonly Choices Kinds = new("entry", "exit");

    public bool IsEntry => Kinds.Normal(Kind) == "entry";

    public static InputRules<NewFill> Rules => FillStore.Rules;
}

/// <summary>An entry or an exit of a trade. Those of a trade without rows in the table fills are read from its own row and have no id.</summary>
internal sealed record Fill
{
    public long? Id { get; set; }

    public long? TradeId { get; set; }

    public string? Kind { get; set; }

    public decimal? Price { get; set; }

    public decimal? Quantity { get; set; }

    public decimal? Fees { get; set; }

    public DateTimeOffset? FilledAt { get; set; }

    public string? ExternalId { get; set; }

    /// <summary>What an exit earned against the average cost of what was open at its moment, less its fees, in the settle asset.</summary>
    public decimal? RealizedPnl { get; private set; }

    [JsonIgnore]
    public bool IsEntry => NewFill.Kinds.Normal(Kind) == "entry";

    public Fill With(decimal? realizedPnl) => this with { RealizedPnl = realizedPnl };
}

/// <summary>The answer to a stored fill, with the trade after it.</summary>
internal sealed record FillStored(bool Success, string Message, long FillId, Trade Data) : WriteAnswer;

/// <summary>The table <c>fills</c>.</summary>
internal static class FillStore
{
    public static readonly Table<NewFill, Fill> Table = new(
        "fills", TradeJson.Default.NewFill, TradeJson.Default.Fill, time: "filled_at",
        Column.Reference("trade_id", "trades", "trade") with { IsComputed = true },
        Column.OneOf("kind", NewFill.Kinds, required: true),
        Column.Money("price", least: 0, required: true),
        Column.Money("quantity", above: 0, required: true),
        Column.Money("fees"),
        Column.Time("filled_at"),
        Column.Text("external_id", longest: 200));

    public static readonly InputRules<NewFill> Rules = Table.Rules
        .Also("external_id", static fill => fill.ExternalId is { } id && string.IsNullOrWhiteSpace(id) ? "must not be empty" : null)
        .Also("price", static fill => fill.Price == 0 && fill.IsEntry ? "must be greater than 0" : null);

    private static readonly Sql OfTrade = new($"SELECT {Table.Selection} FROM fills WHERE trade_id = @trade_id ORDER BY time_key(filled_at), id");

    /// <summary>How many trades one statement asks for.</summary>
    private const int Slots = 32;

    private static readonly Sql OfTrades = new($"""
        SELECT {Table.Selection} FROM fills WHERE trade_id IN ({string.Join(", ", Enumerable.Range(0, Slots).Select(static slot => $"@id{slot}"))})
        ORDER BY trade_id, time_key(filled_at), id
        """);

    private static readonly Sql FindExternal = new($"SELECT {Table.Selection} FROM fills WHERE trade_id = @trade_id AND external_id = @external_id");

    private static readonly Sql FindTrade = new("SELECT trade_id FROM fills WHERE id = @id");

    private static readonly Sql Update = new("UPDATE fills SET price = @price, fees = @fees, set_time(filled_at, @filled_at) WHERE id = @id");

    /// <summary>Returns the fills of a trade in the order of time.</summary>
    public static ValueTask<List<Fill>> OfTradeAsync(Session session, long tradeId) =>
        session.Prepare(OfTrade).Set("trade_id", (long?)tradeId).ListAsync(Table.Read);

    /// <summary>Returns the fills of those trades that have rows here, each in the order of time.</summary>
    public static async ValueTask<Dictionary<long, List<Fill>>> OfTradesAsync(Session session, IReadOnlyList<Trade> trades)
    {
        var found = new Dictionary<long, List<Fill>>();
        foreach (var part in trades.Chunk(Slots))
        {
            var statement = session.Prepare(OfTrades);
            for (var slot = 0; slot < Slots; slot++)
            {
                statement = statement.Set(string.Create(CultureInfo.InvariantCulture, $"id{slot}"), slot < part.Length ? (long?)part[slot].Id : null);
            }

            await statement.EachAsync(row =>
            {
                if (Table.Read(row) is { TradeId: { } id } fill)
                {
                    found.TryAdd(id, []);
                    found[id].Add(fill);
                }
            });
        }

        return found;
    }

    public static ValueTask<Fill?> FindExternalAsync(Session session, long tradeId, string externalId) =>
        session.Prepare(FindExternal).Set("trade_id", (long?)tradeId).Set("external_id", externalId).FirstAsync(Table.Read);

    /// <summary>Returns the id of the trade of a fill; null if there is no such fill.</summary>
    public static ValueTask<long?> FindTradeAsync(Session session, long id) =>
        session.Prepare(FindTrade).Set("id", (long?)id).FirstAsync(static row => row.Whole(0));

    public static ValueTask<int> UpdateAsync(Session session, Fill fill) =>
        session.Prepare(Update).Set("price", fill.Price).Set("fees", fill.Fees).Set("filled_at", fill.FilledAt).Set("id", fill.Id).ChangeAsync();
}
