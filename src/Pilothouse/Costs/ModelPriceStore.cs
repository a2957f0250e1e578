using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>The table <c>model_prices</c>: one row for each model (in any case) and time from which its price holds.</summary>
internal static class ModelPriceStore
{
    /// <summary>No million tokens cost more dollars.</summary>
    private const decimal Highest = 1_000_000m;

    public static readonly Table<NewModelPrice, ModelPrice> Table = new(
        "model_prices", CostJson.Default.NewModelPrice, CostJson.Default.ModelPrice, time: "valid_from",
        Column.Text("model", longest: 100, required: true) with { IsKey = true, AnyCase = true, Filter = "Only of this model, in any case." },
        Column.Time("valid_from") with { IsKey = true, MayBeAhead = true },
        Column.Money("input_per_million", least: 0, most: Highest, required: true),
        Column.Money("output_per_million", least: 0, most: Highest, required: true),
        Column.Money("cached_per_million", least: 0, most: Highest),
        Column.OneOf("currency", NewModelPrice.Currencies, standard: "USD"),
        Column.Text("note", longest: 500));

    public static readonly ListSql List = new(Table) { Leaders = ["model"] };

    private static readonly Sql OfModel = new(
        $"SELECT {Table.Selection} FROM model_prices WHERE lower(model) = @model AND has_time(valid_from) ORDER BY time_key(valid_from) DESC");

    private static readonly Sql All = new($"SELECT {Table.Selection} FROM model_prices WHERE has_time(valid_from) ORDER BY time_key(valid_from) DESC");

    /// <summary>Returns the prices of a model, the newest first.</summary>
    public static ValueTask<List<ModelPrice>> OfAsync(Session session, string model) =>
        session.Prepare(OfModel).Set("model", TradingPair.Lower(model)).ListAsync(Table.Read);

    /// <summary>Returns all prices, the newest first.</summary>
    public static ValueTask<List<ModelPrice>> AllAsync(Session session) => session.Prepare(All).ListAsync(Table.Read);

    /// <summary>Returns the price that held at a time; null if the model had none.</summary>
    /// <param name="prices">The prices of one model, the newest first.</param>
    /// <param name="at">The time.</param>
    public static ModelPrice? At(IEnumerable<ModelPrice> prices, DateTimeOffset at) => prices.FirstOrDefault(price => price.ValidFrom <= at);
}
