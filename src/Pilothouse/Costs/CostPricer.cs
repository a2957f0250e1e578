using Pilothouse.Contract;
using Pilothouse.Monitoring;
using Pilothouse.Storage;

namespace Pilothouse.Costs;

/// <summary>
/// Gives unpriced uses their cost as soon as the price that their model had at their time is known: uses that were stored before the price,
/// and those that another program stores with tokens alone. It follows the log of changes. A use that has a cost keeps it, whatever becomes
/// of the price. Several servers may do this at once, because only an unpriced row is changed.
/// </summary>
internal sealed partial class CostPricer(Database database, CostLedger ledger, ILogger<CostPricer> logger) : SteadyService(logger)
{
    /// <summary>Few enough that no other write waits long.</summary>
    private const int RowsAtOnce = 500;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly Sql Waiting = new($"""
        SELECT id, input_tokens, output_tokens, cached_tokens FROM cost_analytics
        WHERE {CostStore.Unpriced} AND lower(model) = @model AND time_key(timestamp) >= @from AND time_key(timestamp) < @until
        ORDER BY time_key(timestamp) LIMIT @limit
        """);

    private static readonly Sql Price = new(
        $"UPDATE cost_analytics SET estimated_cost = @cost, cost_source = 'priced' WHERE id = @id AND {CostStore.Unpriced}");

    private static readonly Sql AnyWaiting = new($"SELECT 1 FROM cost_analytics WHERE {CostStore.Unpriced} AND time_key(timestamp) >= @first LIMIT 1");

    private static readonly Sql Touched = new("""
        SELECT 1 FROM changes WHERE seq > @seq AND table_name = 'cost_analytics' AND kind <> 'removed' LIMIT 1
        """);

    private static readonly Sql Repriced = new("SELECT 1 FROM changes WHERE seq > @seq AND table_name = 'model_prices' LIMIT 1");

    private long? position;

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        position = null;
        while (true)
        {
            try
            {
                var stamp = await database.StampAsync(stoppingToken);
                await LookAsync(stoppingToken);

                // Whoever asks first for the sums finds them made.
                await ledger.ReadAsync(static _ => true, stoppingToken);
                await Task.Delay(Rest, TimeProvider.System, stoppingToken);
                await database.WaitForChangeAsync(stamp, stoppingToken);
            }
            catch (Exception error) when (MayWorkLater(error))
            {
                // The next look does it. /health reports what is wrong with the database.
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    /// <summary>Prices what waits, if uses or prices have come since the last look.</summary>
    private async Task LookAsync(CancellationToken cancel)
    {
        var (newest, isNew) = await database.SnapshotAsync(ReadKind.Own, async session =>
        {
            var seq = await ChangeLog.NewestAsync(session);
            var isTouched = position is not { } last || !await ChangeLog.ReachesAsync(session, last)
                || await session.Prepare(Repriced).Set("seq", last).AnyAsync() || await session.Prepare(Touched).Set("seq", last).AnyAsync();
            return (seq, isTouched && await session.Prepare(AnyWaiting).SetKey("first", "").AnyAsync());
        }, cancel);
        if (isNew)
        {
            var versions = await database.ReadAsync(ModelPriceStore.AllAsync, cancel);
            var priced = 0;
            foreach (var model in versions.GroupBy(static price => TradingPair.Lower(price.Model ?? ""), StringComparer.Ordinal))
            {
                // The newest price first: each holds until the one before it in this order begins.
                var until = "\uffff";
                foreach (var price in model)
                {
                    priced += await PriceAsync(model.Key, price, until, cancel);
                    until = Timestamps.ToStored(price.ValidFrom!.Value);
                }
            }

            if (priced > 0)
            {
                HasPriced(logger, priced);
            }
        }

        position = newest;
    }

    /// <summary>Prices the uses of a model from the time of a price to that of the next.</summary>
    /// <returns>How many were priced.</returns>
    private async Task<int> PriceAsync(string model, ModelPrice price, string until, CancellationToken cancel)
    {
        if (price.CostOf(0, 0, 0) is null)
        {
            return 0;
        }

        var (from, sum) = (Timestamps.ToStored(price.ValidFrom!.Value), 0);
        while (true)
        {
            var waiting = await database.ReadAsync(session => session.Prepare(Waiting).Set("model", model).SetKey("from", from).SetKey("until", until)
                .Set("limit", (long)RowsAtOnce).ListAsync(static row => (Id: row.Id(0), Input: row.Whole(1), Output: row.Whole(2), Cached: row.Whole(3))), cancel);
            var priced = waiting.Count == 0 ? 0 : await database.WriteAsync(async session =>
            {
                var changed = 0;
                foreach (var use in waiting)
                {
                    changed += price.CostOf(use.Input, use.Output, use.Cached) is { } cost
                        ? await session.Prepare(Price).Set("id", (long?)use.Id).Set("cost", (decimal?)cost).ExecuteAsync() : 0;
                }

                return changed;
            }, cancel);
            sum += priced;
            if (priced == 0 || waiting.Count < RowsAtOnce)
            {
                return sum;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Uses} uses of outside APIs have their cost now, because the prices of their models are known")]
    private static partial void HasPriced(ILogger logger, int uses);
}
