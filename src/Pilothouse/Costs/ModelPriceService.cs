using Pilothouse.Auth;
using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>Stores prices of models and finds the one that held at a time.</summary>
internal sealed class ModelPriceService(TimeProvider clock)
{
    /// <summary>Stores a checked price, in the place of the one of the same model from the same time.</summary>
    /// <returns>The price as it is stored, and the one that it corrects.</returns>
    public async ValueTask<(ModelPrice Stored, ModelPrice? Before)> RecordAsync(Session session, Caller caller, NewModelPrice price)
    {
        var now = clock.GetUtcNow();
        var from = Timestamps.Cut(price.ValidFrom ?? now);
        var before = (await ModelPriceStore.OfAsync(session, price.Model!)).Find(known => known.ValidFrom == from);
        var stored = await ModelPriceStore.Table.StoreAsync(session, caller, price, now);
        PricesOfCommit.Of(session).Forget();
        return (stored, before);
    }

    /// <summary>Returns what the tokens of a use cost; null if its model had no price at its time.</summary>
    public async ValueTask<decimal?> CostAsync(Session session, NewApiCost use)
    {
        if (use.Model is not { } model)
        {
            return null;
        }

        var prices = await PricesOfCommit.Of(session).FindAsync(session, TradingPair.Lower(model));
        return ModelPriceStore.At(prices, use.Timestamp ?? clock.GetUtcNow())?.CostOf(use.InputTokens, use.OutputTokens, use.CachedTokens);
    }

    /// <summary>The prices of the models that the uses of one commit name, each read once.</summary>
    private sealed class PricesOfCommit : CommitState
    {
        private readonly Dictionary<string, Reading> known = new(StringComparer.Ordinal);

        public static PricesOfCommit Of(Session session) => session.Commit.Of(static () => new PricesOfCommit());

        public void Forget() => known.Clear();

        public async ValueTask<List<ModelPrice>> FindAsync(Session session, string model)
        {
            if (!known.TryGetValue(model, out var reading))
            {
                known[model] = reading = new Reading();
            }

            await reading.Work.RunAsync(async () => reading.Prices = await ModelPriceStore.OfAsync(session, model));
            return reading.Prices;
        }

        private sealed class Reading
        {
            public SharedWork Work { get; } = new();

            public List<ModelPrice> Prices { get; set; } = [];
        }
    }
}
